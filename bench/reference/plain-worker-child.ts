// What people write by hand: subscribe, parse, collect lines in an array, write them by a timer. Nothing is checked,
// nothing is kept: a batch that the store refuses is lost.
import { Agent, request } from 'node:http';

import mqtt from 'mqtt';

import { LatencyHistogram } from '../../sensors-sim/load/latency-histogram.ts';
import { answerParent } from '../child-program.ts';
import type { PlainWorkerReport, PlainWorkerRequest } from './plain-chain.ts';

const BATCH_LINES = 1_000;
const LINGER_MS = 250;

interface Message {
  readonly seq: number;
  readonly sent: number;
  readonly obs: readonly { readonly p: string; readonly t: number; readonly v: number | null }[];
}

const agent = new Agent({ keepAlive: true, maxSockets: 2 });
let latency = new LatencyHistogram();
let messages = 0;
let lines: string[] = [];
let timer: NodeJS.Timeout | undefined;
let path = '';
let influxPort = 0;

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (lines.length === 0) return;
  const body = lines.join('\n');
  lines = [];
  const sent = request({ host: '127.0.0.1', port: influxPort, agent, method: 'POST', path }, response => {
    response.resume();
  });
  sent.on('error', error => process.stderr.write(`${error.message}\n`));
  sent.end(body);
}

function take(topic: string, payload: Buffer): void {
  const { seq, sent, obs } = JSON.parse(payload.toString()) as Message;
  const [, , station = ''] = topic.split('/');
  for (const { p, t, v } of obs)
    lines.push(`reading,station=${station},property=${p} value=${v},seq=${seq}i ${t}`);
  messages += 1;
  if (topic.endsWith('/obs')) latency.add(Date.now() - sent);
  if (lines.length >= BATCH_LINES) flush();
  else timer ??= setTimeout(flush, LINGER_MS);
}

async function start(ports: { readonly mqttPort: number; readonly influxPort: number }): Promise<void> {
  influxPort = ports.influxPort;
  path = '/write?db=water&precision=ms';
  const client = await mqtt.connectAsync({ host: '127.0.0.1', port: ports.mqttPort, protocolVersion: 4 });
  client.on('message', take);
  await client.subscribeAsync(['ww/v1/+/obs', 'ww/v1/+/backlog'], { qos: 1 });
}

answerParent<PlainWorkerRequest>(async order => {
  if (order.kind === 'start') await start(order);
  const report: PlainWorkerReport = {
    messages,
    p50Ms: latency.quantile(0.5),
    p99Ms: latency.quantile(0.99),
    maxMs: latency.maxMs,
  };
  if (order.kind === 'reset') latency = new LatencyHistogram();
  return report;
});
