import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { DeviceLink } from '../../sensors-sim/device/link.ts';
import { answerParent } from '../child-program.ts';
import { measuredBy } from '../watch/watched-fleet.ts';
import { openGatewayLink } from './gateway-link.ts';
import type { FeedCount, FeedHistory, FeedRequest, FeedTarget } from './station-feed.ts';

const TICK_MS = 5;
/** Messages without an answer on one connection, at full speed. */
const WINDOW = 50;

interface Line {
  readonly link: DeviceLink;
  readonly stations: readonly string[];
}

interface Turn {
  readonly link: DeviceLink;
  readonly station: string;
}

let lines: readonly Line[] = [];
let turns: readonly Turn[] = [];
let wet: ReadonlySet<string> = new Set();
let endLive: (() => Promise<FeedCount>) | undefined;

async function connect(target: FeedTarget): Promise<object> {
  wet = new Set(target.wet);
  const open = async (line: FeedTarget['lines'][number]): Promise<Line> => ({
    link: await openGatewayLink(target.port, line),
    stations: line.stations,
  });
  lines = await Promise.all(target.lines.map(open));
  turns = lines.flatMap(({ link, stations }) => stations.map(station => ({ link, station })));
  return {};
}

function payload(station: string, times: readonly number[]): Uint8Array {
  const obs = times.flatMap(t => {
    const { level, depth } = measuredBy(station, t, wet.has(station));
    return [
      { p: 'water_level', t, v: level },
      { p: 'ponding_depth', t, v: depth },
    ];
  });
  return encodeObservations({ sent: Date.now(), obs });
}

function publish(
  { link, station }: Turn,
  message: { channel: string; times: readonly number[] },
): Promise<void> {
  const topic = `ww/v1/${station}/${message.channel}`;
  return new Promise(resolve => {
    link.publish({ topic, payload: payload(station, message.times), qos: 1, retain: false }, resolve);
  });
}

async function send({ channel, from, to, stepMs, instants }: FeedHistory): Promise<FeedCount> {
  const times = Array.from({ length: Math.ceil((to - from) / stepMs) }, (_, step) => from + step * stepMs);
  const parts: (readonly number[])[] = [];
  for (let at = 0; at < times.length; at += instants) parts.push(times.slice(at, at + instants));
  await Promise.all(lines.map(line => sendOver(line, channel, parts)));
  const messages = turns.length * parts.length;
  return { messages, readings: turns.length * times.length * 2 };
}

/** Station by station within a part, so that all come back at once. */
async function sendOver(
  { link, stations }: Line,
  channel: string,
  parts: readonly (readonly number[])[],
): Promise<void> {
  const queue = parts.flatMap(times => stations.map(station => ({ station, times })));
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let job = queue[next++]; job !== undefined; job = queue[next++]) {
      await publish({ link, station: job.station }, { channel, times: job.times });
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
}

function live(ratePerS: number): object {
  const startedMs = performance.now();
  let sent = 0;
  let isOver = false;
  let last = Promise.resolve();
  const tick = (): void => {
    if (isOver) return;
    const due = Math.floor(((performance.now() - startedMs) * ratePerS) / 1_000);
    for (; sent < due; sent++) {
      const turn = turns[sent % turns.length];
      // Acknowledged in the order in which they were sent, on each connection; the last one is close enough.
      if (turn !== undefined) last = publish(turn, { channel: 'obs', times: [Date.now()] });
    }
    setTimeout(tick, TICK_MS);
  };
  tick();
  endLive = async () => {
    isOver = true;
    await last;
    return { messages: sent, readings: sent * 2 };
  };
  return {};
}

answerParent<FeedRequest>(async request => {
  if ('lines' in request) return await connect(request);
  if ('channel' in request) return await send(request);
  if ('ratePerS' in request) return live(request.ratePerS);
  return (await endLive?.()) ?? { messages: 0, readings: 0 };
});
