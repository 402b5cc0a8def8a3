import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { freePorts, startProgram } from '../child-program.ts';
import type { ChildProgram } from '../child-program.ts';
import { until } from '../wait.ts';

const INFLUX_DATABASE = 'water';

/** One series of an answer: columns named by the query, times in epoch milliseconds. */
export interface InfluxSeries {
  readonly tags?: Readonly<Record<string, string>>;
  readonly values: readonly (readonly (number | string | null)[])[];
}

/** `soon`: data at rest soon has the form and size of old data; `default`: as delivered. */
export type InfluxCompaction = 'soon' | 'default';

/** Debian's InfluxDB 1.6.7 with the `tsi1` index, over its HTTP interface. */
export class ReferenceInflux {
  readonly folder: string;
  readonly #program: string;
  readonly #compaction: InfluxCompaction;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  #child: ChildProgram | undefined;
  port = 0;

  constructor(program: string, folder: string, compaction: InfluxCompaction) {
    this.#compaction = compaction;
    this.#program = program;
    this.folder = join(folder, 'influxdb');
  }

  get pid(): number {
    if (this.#child === undefined) throw new AppError('internal_error', 'InfluxDB does not run.');
    return this.#child.pid;
  }

  /** Starts on the same data each time; resolves when it answers queries. */
  async start(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const first = await freePorts(2);
    this.port = first;
    const file = join(this.folder, 'influxdb.conf');
    writeFileSync(file, configuration(this.folder, first, this.#compaction));
    this.#child = startProgram(this.#program, ['-config', file]);
    await until(
      'InfluxDB',
      async () => {
        await this.query(`CREATE DATABASE ${INFLUX_DATABASE}`, 'POST');
        return true;
      },
      { timeoutMs: 120_000, intervalMs: 20 },
    );
  }

  /** Line protocol with times in milliseconds; resolves when it says that it has stored them. */
  async write(body: string): Promise<void> {
    await this.#call('POST', `/write?db=${INFLUX_DATABASE}&precision=ms`, body);
  }

  async query(text: string, method: 'GET' | 'POST' = 'GET'): Promise<readonly InfluxSeries[]> {
    const path = `/query?db=${INFLUX_DATABASE}&epoch=ms&q=${encodeURIComponent(text)}`;
    const answer = JSON.parse(await this.#call(method, path)) as {
      readonly results: readonly { readonly series?: readonly InfluxSeries[]; readonly error?: string }[];
    };
    const [result] = answer.results;
    if (result?.error !== undefined) throw new AppError('internal_error', result.error);
    return result?.series ?? [];
  }

  /** Points it was asked to write since its start, by its own counters. */
  async pointsWritten(): Promise<number> {
    const counters = JSON.parse(await this.#call('GET', '/debug/vars')) as Readonly<
      Record<string, { readonly values?: { readonly pointReq?: number } }>
    >;
    let points = 0;
    for (const [name, { values }] of Object.entries(counters)) {
      if (name.startsWith('write')) points += values?.pointReq ?? 0;
    }
    return points;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.#child?.stop(signal);
    this.#child = undefined;
  }

  #call(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: this.port, agent: this.#agent, method, path, timeout: 120_000 },
        response => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', reject);
          response.on('end', () => {
            if ((response.statusCode ?? 500) < 300) resolve(text);
            else reject(new AppError('internal_error', `InfluxDB answered ${response.statusCode}: ${text}`));
          });
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error('InfluxDB did not answer in time.')));
      sent.end(body);
    });
  }
}

/** Settings that make InfluxDB compact data after seconds without a write, where its defaults wait for minutes and hours. */
const COMPACT_SOON = `  cache-snapshot-write-cold-duration = "10s"
  compact-full-write-cold-duration = "20s"
`;

function configuration(folder: string, port: number, compaction: InfluxCompaction): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${port + 1}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  index-version = "tsi1"
${compaction === 'soon' ? COMPACT_SOON : ''}[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
`;
}
