import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { AppError } from '../../domain/errors.ts';
import type { LoadCount } from '../../sensors-sim/load/load-account.ts';
import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadStationId, loadThings } from '../../sensors-sim/load/load-registry.ts';
import { findProgram } from '../child-program.ts';
import { Fleet } from '../load/fleet.ts';
import type { BenchPart, FigureTable, PartContext, TargetCheck } from '../part.ts';
import { PlainChain } from '../reference/plain-chain.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { rounded } from '../statistics.ts';
import { until } from '../wait.ts';

const LIVE_STATIONS = 200;
const LIVE_RATE_PER_S = 1_000;
/** The stations with a backlog come after the live ones. */
const FIRST_BEHIND = LIVE_STATIONS + 1;
const BACKLOG_READINGS = 288;
const PROPERTIES = 2;
const SETTLE_MS = 600_000;
const TARGETS_MS = { alone: 50, backlog: 250 };

interface Scene {
  /** Stations that send a day of backlog while the others are live; 0 for none. */
  readonly behind: number;
}

interface Latency {
  readonly listenerMs: Quantiles;
  readonly ackMs: Quantiles;
  /** How long that lasted: until the backlog was with the listener, seconds. */
  readonly elapsedS: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long a live reading is under way, alone and while many stations send a day of backlog. */
export const latency: BenchPart = {
  name: 'latency',
  summary:
    'publish to listener and to PUBACK at 1,000 msg/s, alone and beside a fleet that sends a day of backlog',
  run: async context => {
    const mosquitto = findProgram('mosquitto');
    const influxd = findProgram('influxd');
    const programs = mosquitto === undefined || influxd === undefined ? undefined : { mosquitto, influxd };
    const rows: FigureTable['rows'][number][] = [];
    const targets: TargetCheck[] = [];
    for (const behind of context.quick ? [0, 500] : [0, 2_000, 10_000]) {
      const scene = { behind };
      const label = behind === 0 ? 'alone' : `${behind.toLocaleString('en-US')} with a day of backlog`;
      context.say(`latency: ${label}`);
      const ours = await server(context, scene);
      const theirs = programs === undefined ? undefined : await chain(programs, context, scene);
      rows.push(rowOf([label, 'waterwarden'], ours, theirs));
      if (theirs !== undefined) rows.push(rowOf(['', 'plain chain'], theirs));
      const limitMs = behind === 0 ? TARGETS_MS.alone : TARGETS_MS.backlog;
      targets.push({
        target: `publish to listener, ${label}: p99 at most ${limitMs} ms`,
        measured: `${rounded(ours.listenerMs.p99)} ms`,
        met: ours.listenerMs.p99 <= limitMs,
      });
    }
    return {
      tables: [
        {
          title: `${LIVE_RATE_PER_S} live messages a second of ${LIVE_STATIONS} stations, QoS 1; milliseconds`,
          columns: [
            'backlog',
            'system',
            'listener p50',
            'p99',
            'max',
            'PUBACK p50',
            'p99',
            'max',
            'p99 ratio',
            'lasted, s',
          ],
          rows,
        },
      ],
      targets,
      notes: [
        'Listener: here from receivedTime at the broker to the in-process listener, in whole milliseconds; in the',
        'plain chain from `sent` to the message event of the worker. PUBACK: as the device sees it; after an fsync',
        'here, after nothing at mosquitto. Measured until the backlog has reached the listener. The generators share',
        `the processor with what they measure: a day of backlog is ${BACKLOG_READINGS * PROPERTIES} readings a station,`,
        'sent as fast as it is acknowledged.',
        ...(programs === undefined
          ? ['SKIPPED: the plain chain; mosquitto or InfluxDB 1.6.7 is not installed.']
          : []),
      ],
    };
  },
};

function rowOf(
  labels: readonly [string, string],
  mine: Latency,
  reference?: Latency,
): FigureTable['rows'][number] {
  const { listenerMs, ackMs } = mine;
  return [
    ...labels,
    listenerMs.p50,
    listenerMs.p99,
    listenerMs.max,
    ackMs.p50,
    ackMs.p99,
    ackMs.max,
    reference === undefined ? undefined : listenerMs.p99 / reference.listenerMs.p99,
    mine.elapsedS,
  ];
}

async function server(context: PartContext, scene: Scene): Promise<Latency> {
  const folder = join(context.folder, `server-${scene.behind}`);
  mkdirSync(folder);
  const started = await startServerUnderTest(folder);
  try {
    const secrets = await started.register([
      ...loadThings(completeLoadPlan(LIVE_PLAN)),
      ...(scene.behind === 0 ? [] : loadThings(completeLoadPlan(backlogPlan(scene.behind)))),
    ]);
    const played = await play(context, scene, {
      port: started.mqttPort,
      secrets,
      listenerMs: async behind => {
        await until(
          'the backlog to be decoded',
          async () => ((await started.ingest()).acceptedReadings >= behind.readings ? true : undefined),
          { timeoutMs: SETTLE_MS, intervalMs: 100 },
        );
        return (await started.ingest()).latency;
      },
    });
    // The reference is not asked for it, but a run that lost something measured nothing.
    await started.settled(SETTLE_MS);
    return played;
  } finally {
    await started.stop();
  }
}

async function chain(
  programs: { readonly mosquitto: string; readonly influxd: string },
  context: PartContext,
  scene: Scene,
): Promise<Latency> {
  const folder = join(context.folder, `chain-${scene.behind}`);
  mkdirSync(folder);
  const started = await PlainChain.start(programs, folder);
  try {
    const secrets = Object.fromEntries(
      Array.from({ length: LIVE_STATIONS + scene.behind }, (_, index) => [
        loadStationId(index + 1),
        'reference',
      ]),
    );
    return await play(context, scene, {
      port: started.broker.port,
      secrets,
      listenerMs: async behind => {
        await until(
          'the backlog to be parsed',
          async () => ((await started.report()).messages >= behind.messages ? true : undefined),
          { timeoutMs: SETTLE_MS, intervalMs: 100 },
        );
        const { p50Ms, p99Ms, maxMs } = await started.report();
        return { p50: p50Ms, p99: p99Ms, max: maxMs };
      },
    });
  } finally {
    await started.stop();
  }
}

interface Target {
  readonly port: number;
  readonly secrets: Readonly<Record<string, string>>;
  /** Waits until so much has reached the listener, and answers how long live readings were under way so far. */
  readonly listenerMs: (behind: LoadCount) => Promise<Quantiles>;
}

/** The live fleet is under way first; the others connect all at once, as after an outage, and end the run. */
async function play({ quick }: PartContext, { behind }: Scene, target: Target): Promise<Latency> {
  const { port, secrets, listenerMs } = target;
  const live = new Fleet();
  const late = behind === 0 ? undefined : new Fleet();
  try {
    const startedMs = performance.now();
    await live.start({ plan: LIVE_PLAN, port, secrets });
    await late?.start({ plan: backlogPlan(behind), port, secrets });
    const sent = (await late?.account())?.acknowledged;
    if (sent === undefined) await sleep(quick ? 15_000 : 60_000);
    const heardMs = await listenerMs(sent ?? { messages: 0, readings: 0 });
    const elapsedS = (performance.now() - startedMs) / 1_000;
    const account = await live.finish();
    if (account === undefined) throw new AppError('internal_error', 'The live fleet gave no account.');
    const { p50Ms, p99Ms, maxMs } = account.latency;
    return { listenerMs: heardMs, ackMs: { p50: p50Ms, p99: p99Ms, max: maxMs }, elapsedS };
  } finally {
    await live.stop();
    await late?.stop();
  }
}

const LIVE_PLAN: GivenLoadPlan = {
  stations: LIVE_STATIONS,
  properties: PROPERTIES,
  readingsPerMessage: PROPERTIES,
  ratePerStation: LIVE_RATE_PER_S / LIVE_STATIONS,
  durationMs: Infinity,
};

function backlogPlan(stations: number): GivenLoadPlan {
  return {
    stations,
    firstStation: FIRST_BEHIND,
    properties: PROPERTIES,
    messagesPerStation: 0,
    // So that the backlog ends 80 minutes ago: readings of the last half hour count as live in any lane.
    ratePerStation: 1 / 2_400,
    backlog: { stationShare: 1, readings: BACKLOG_READINGS, readingsPerMessage: 96 },
    connectsPerS: 2_000,
    drainMs: SETTLE_MS,
  };
}
