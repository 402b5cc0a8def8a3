import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { findProgram } from '../child-program.ts';
import { Fleet } from '../load/fleet.ts';
import type { BenchPart, PartContext, PartReport } from '../part.ts';
import { cpuMs, openFilesLimit, residentMiB } from '../process-usage.ts';
import { startMosquitto } from '../reference/mosquitto.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { median, medianRatio, spread } from '../statistics.ts';

/** What a fleet that only stays connected does to a broker. */
interface IdleCost {
  readonly kibPerStation: number;
  readonly residentMiB: number;
  /** Share of one core while nothing but pings comes in, per cent. */
  readonly cpuPercent: number;
}

const KEEP_ALIVE_S = 300;

/** Memory and CPU of stations that are connected and silent. */
export const connections: BenchPart = {
  name: 'connections',
  summary: 'memory of an idle station at 1,000, 5,000 and 10,000 connections, beside mosquitto',
  run: async context => {
    const mosquitto = findProgram('mosquitto');
    const possible = openFilesLimit() - 1_000;
    const wanted = context.quick ? [1_000] : [1_000, 5_000, 10_000];
    const sizes = wanted.filter(size => size <= possible);
    const rounds = context.quick ? 1 : 3;
    const rows: PartReport['tables'][number]['rows'][number][] = [];
    for (const size of sizes) {
      const ours: IdleCost[] = [];
      const theirs: IdleCost[] = [];
      for (let round = 1; round <= rounds; round++) {
        context.say(`connections: ${size}, round ${round}`);
        ours.push(await server(context, size, round));
        if (mosquitto !== undefined) theirs.push(await broker(mosquitto, context, size));
      }
      rows.push(rowOf(size, 'waterwarden', { costs: ours, reference: theirs }));
      if (mosquitto !== undefined) rows.push(rowOf('', 'mosquitto', { costs: theirs, reference: theirs }));
    }
    return {
      tables: [
        {
          title:
            'Idle stations, one connection each, medians; memory above that with the same registry and nobody connected',
          columns: [
            'stations',
            'broker',
            'KiB/station',
            'rounds',
            'ratio',
            'resident MiB',
            'CPU % of one core',
          ],
          rows,
        },
      ],
      targets: [],
      notes: [
        'Resident memory right after the connects, with what the collector has not freed yet; kernel buffers of the',
        'sockets are not in it on either side. Each station said "online" (journalled and stored here, retained there).',
        ...(sizes.length < wanted.length
          ? [`SKIPPED: more than ${possible} connections; the limit of open files is too low (ulimit -n).`]
          : []),
        ...(mosquitto === undefined ? ['SKIPPED: mosquitto is not installed.'] : []),
      ],
    };
  },
};

function rowOf(
  size: number | string,
  name: string,
  { costs, reference }: { readonly costs: readonly IdleCost[]; readonly reference: readonly IdleCost[] },
): PartReport['tables'][number]['rows'][number] {
  const kib = costs.map(cost => cost.kibPerStation);
  return [
    size,
    name,
    median(kib),
    spread(kib),
    medianRatio(
      kib,
      reference.map(cost => cost.kibPerStation),
    ),
    median(costs.map(cost => cost.residentMiB)),
    median(costs.map(cost => cost.cpuPercent)),
  ];
}

async function server(context: PartContext, size: number, round: number): Promise<IdleCost> {
  const folder = join(context.folder, `server-${size}-${round}`);
  mkdirSync(folder);
  const started = await startServerUnderTest(folder);
  try {
    const secrets = await started.register(loadThings(completeLoadPlan(planOf(size))));
    return await idle(context, { pid: started.pid, port: started.mqttPort, size, secrets });
  } finally {
    await started.stop();
  }
}

async function broker(program: string, context: PartContext, size: number): Promise<IdleCost> {
  const started = await startMosquitto(program, context.folder);
  try {
    const secrets = Object.fromEntries(
      loadThings(completeLoadPlan(planOf(size))).map(({ id }) => [id, 'reference']),
    );
    return await idle(context, { pid: started.pid, port: started.port, size, secrets });
  } finally {
    await started.stop();
  }
}

async function idle(
  { quick }: PartContext,
  target: {
    readonly pid: number;
    readonly port: number;
    readonly size: number;
    readonly secrets: Readonly<Record<string, string>>;
  },
): Promise<IdleCost> {
  const { pid, port, size, secrets } = target;
  const restMs = quick ? 3_000 : 6_000;
  await sleep(restMs);
  const before = residentMiB(pid);
  const fleet = new Fleet();
  try {
    await fleet.start({ plan: planOf(size), port, secrets });
    // The statuses of the connects are stored, and what they left behind has had time to be collected.
    await sleep(restMs);
    const cpu = cpuMs(pid);
    await sleep(restMs);
    const resident = residentMiB(pid);
    return {
      kibPerStation: ((resident - before) * 1_024) / size,
      residentMiB: resident,
      cpuPercent: (100 * (cpuMs(pid) - cpu)) / restMs,
    };
  } finally {
    await fleet.stop();
  }
}

/** One message each in eleven days: connected and silent. */
function planOf(stations: number): GivenLoadPlan {
  return {
    stations,
    properties: 2,
    ratePerStation: 1e-6,
    durationMs: Infinity,
    connectsPerS: 500,
    keepAliveS: KEEP_ALIVE_S,
  };
}
