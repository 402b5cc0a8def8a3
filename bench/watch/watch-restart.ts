import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { connectControl } from '../../server/control/control-client.ts';
import type { FigureTable, PartContext } from '../part.ts';
import { cpuMs, residentMiB } from '../process-usage.ts';
import { serverMetrics } from '../server-metrics.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { median, spread } from '../statistics.ts';
import { timedStart } from '../timed-start.ts';
import type { TimedStart } from '../timed-start.ts';
import { WATCHED_INTERVAL_MS, gatewaysFor, watchedStations, writeWatchedRules } from './watched-fleet.ts';
import { auditEpisodes, connectedFeed, reaches, watched, wetOf } from './watched-server.ts';

const HISTORY_INTERVALS = 40;
/** Older readings go to `backlog`, as devices send what they have buffered. */
const LIVE_INTERVALS = 25;
/** Longer than the silence after which a datastream is absent. */
const LONG_STOP_MS = 11 * WATCHED_INTERVAL_MS;
const SETTLE_MS = 600_000;

interface Restart extends Pick<TimedStart, 'readyMs' | 'cpuMs' | 'residentMiB'> {
  /** From the first message after the start until every station has reported and no track waits to be opened. */
  readonly openMs: number;
  readonly openCpuMs: number;
  readonly openMiB: number;
  /** The slowest of these messages from the broker to the listeners. */
  readonly slowestMs: number;
  readonly alarms: number;
}

type Ending = readonly [label: string, signal: 'SIGKILL' | 'SIGTERM', pauseMs: number];

export interface WatchRestart {
  readonly table: FigureTable;
  readonly findings: FigureTable;
  readonly worstReadyMs: number;
  /** What must be none. */
  readonly wrong: number;
}

/** How a server comes back whose rules stand in the middle of things. */
export async function watchRestart(context: PartContext): Promise<WatchRestart> {
  const folder = join(context.folder, 'restart');
  mkdirSync(folder);
  const env = { WW_RULES: writeWatchedRules(context.folder) };
  const size = context.quick ? { stations: 1_000, wet: 30 } : { stations: 10_000, wet: 300 };
  const stations = watchedStations(size.stations);
  const gateways = gatewaysFor(stations, 'gateway');
  const wet = wetOf(stations, size.wet);
  context.say(`watch: ${size.stations} stations with ${HISTORY_INTERVALS} intervals`);
  const first = await startServerUnderTest(folder, env);
  const secrets = await first.register([...stations, ...gateways]);
  const httpPort = (await first.control.call('status', {})).addresses.http.port;
  const feed = await connectedFeed(first.mqttPort, gateways, { secrets, wet });
  // A registry is taken over with the next tick of the watch; what comes before it is judged by the one before.
  await reaches(httpPort, 'ww_points_judged', 2 * size.stations);
  const now = Date.now();
  const since = (intervals: number): number => now - intervals * WATCHED_INTERVAL_MS;
  const spans = { stepMs: WATCHED_INTERVAL_MS, instants: HISTORY_INTERVALS };
  const old = await feed.send({
    ...spans,
    channel: 'backlog',
    from: since(HISTORY_INTERVALS),
    to: since(LIVE_INTERVALS),
  });
  const young = await feed.send({ ...spans, channel: 'obs', from: since(LIVE_INTERVALS), to: now });
  const last = await feed.report();
  await feed.stop();
  await watched(folder, httpPort, old.readings + young.readings + last.readings);
  await reaches(httpPort, 'ww_watch_refills', 0);
  await first.settled(SETTLE_MS);
  const alarmsBefore = await alarmsIn(httpPort);
  context.say(`watch: ${alarmsBefore} alarms in force`);
  await first.stop('SIGKILL');

  const restarts = new Map<string, Restart[]>();
  let ending: Ending = ['kill -9', 'SIGKILL', 0];
  for (const next of endings(context)) {
    const [label, , pauseMs] = ending;
    if (pauseMs > 0) context.say(`watch: waiting ${pauseMs / 1_000} s as a server that is down`);
    await sleep(pauseMs);
    context.say(`watch: start after ${label}`);
    const start = await timedStart(folder, env);
    const { mqtt } = (await (await connectControl(folder)).call('status', {})).addresses;
    const again = await connectedFeed(mqtt.port, gateways, { secrets, wet });
    const beforeMs = performance.now();
    const { readings } = await again.report();
    await watched(folder, start.httpPort, readings);
    const openMs = performance.now() - beforeMs;
    const { pid } = start.child;
    const { max } = (await (await connectControl(folder)).call('status', {})).ingest.latency;
    const usage = { openCpuMs: cpuMs(pid) - start.cpuMs, openMiB: residentMiB(pid), slowestMs: max };
    const restart = { ...start, openMs, ...usage, alarms: await alarmsIn(start.httpPort) };
    restarts.set(label, [...(restarts.get(label) ?? []), restart]);
    await again.stop();
    await start.child.stop(next[1]);
    ending = next;
  }
  const audit = auditEpisodes(folder);
  const all = [...restarts.values()].flat();
  const lost = Math.max(...all.map(({ alarms }) => Math.abs(alarms - alarmsBefore)));
  return {
    worstReadyMs: Math.max(...all.map(({ readyMs }) => readyMs)),
    wrong: audit.absences + audit.repeated + lost + Math.abs(alarmsBefore - size.wet),
    table: {
      title: `${size.stations.toLocaleString('en-US')} stations × 2 datastreams, ${alarmsBefore} alarms in force; start, then one reading of every datastream`,
      columns: [
        'start',
        'ready, ms',
        'rounds',
        'CPU ms',
        'MiB',
        'all tracks open, ms',
        'CPU ms',
        'MiB',
        'slowest live, ms',
      ],
      rows: [...restarts].map(([label, rounds]) => rowOf(label, rounds)),
    },
    findings: {
      title: `What ${all.length} restarts have done to the findings`,
      columns: ['what', 'count'],
      rows: [
        ['outages of our own in the log', audit.outages],
        ['alarms in force before', alarmsBefore],
        ['alarms in force after, furthest from it', alarmsBefore + lost],
        ['absences found', audit.absences],
        ['steps told twice', audit.repeated],
        ['episodes open at the end', audit.open],
      ],
    },
  };
}

/** How each run after the first ends; the last one is not followed by a start. */
function endings({ quick }: PartContext): readonly Ending[] {
  const killed: Ending = ['kill -9', 'SIGKILL', 0];
  const orderly: Ending = ['an orderly stop', 'SIGTERM', 0];
  const long: Ending = ['a stop of 11 intervals', 'SIGTERM', LONG_STOP_MS];
  return quick ? [orderly, killed] : [orderly, killed, orderly, killed, orderly, long, orderly];
}

function rowOf(label: string, rounds: readonly Restart[]): FigureTable['rows'][number] {
  const middle = (of: (restart: Restart) => number): number => median(rounds.map(of));
  return [
    label,
    middle(({ readyMs }) => readyMs),
    spread(rounds.map(({ readyMs }) => readyMs)),
    middle(restart => restart.cpuMs),
    middle(restart => restart.residentMiB),
    middle(({ openMs }) => openMs),
    middle(({ openCpuMs }) => openCpuMs),
    middle(({ openMiB }) => openMiB),
    middle(({ slowestMs }) => slowestMs),
  ];
}

async function alarmsIn(httpPort: number): Promise<number> {
  return (await serverMetrics(httpPort)).get('ww_alarms_in_force') ?? 0;
}
