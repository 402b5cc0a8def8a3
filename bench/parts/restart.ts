import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { completeLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { loadThings } from '../../sensors-sim/load/load-registry.ts';
import { findProgram } from '../child-program.ts';
import { Fleet } from '../load/fleet.ts';
import type { BenchPart, FigureTable, PartContext } from '../part.ts';
import { ReferenceInflux } from '../reference/influxdb.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { median, medianRatio, rounded, spread } from '../statistics.ts';
import { timedStart } from '../timed-start.ts';
import type { TimedStart } from '../timed-start.ts';

const TARGET_MS = 5_000;
const PROPERTIES = 2;
const FILL_MS = 1_800_000;

type Start = Pick<TimedStart, 'readyMs' | 'cpuMs' | 'residentMiB'>;

/** From the start of the process to readiness, with a full registry and a full store. */
export const restart: BenchPart = {
  name: 'restart',
  summary: 'process start to /readyz 200 with 10,000 stations and some million rows',
  run: async context => {
    const folder = join(context.folder, 'server');
    mkdirSync(folder);
    const { stations, readings } = context.quick
      ? { stations: 1_000, readings: 100 }
      : { stations: 10_000, readings: 150 };
    context.say('restart: filling the store');
    const stored = await fill(folder, stations, readings);
    const influx = await filledInflux(context, stations, readings);
    const orderly: Start[] = [];
    const killed: Start[] = [];
    const reference: number[] = [];
    for (let round = 1; round <= (context.quick ? 1 : 5); round++) {
      context.say(`restart: round ${round}`);
      orderly.push(await startAndEnd(folder, 'SIGKILL'));
      killed.push(await startAndEnd(folder, 'SIGTERM'));
      if (influx !== undefined) reference.push(await restartInflux(influx));
    }
    await influx?.stop();
    const rowOf = (label: string, starts: readonly Start[]): FigureTable['rows'][number] => {
      const ready = starts.map(({ readyMs }) => readyMs);
      return [
        label,
        median(ready),
        spread(ready),
        medianRatio(ready, reference),
        median(starts.map(start => start.cpuMs)),
        median(starts.map(start => start.residentMiB)),
      ];
    };
    const worst = Math.max(...[...orderly, ...killed].map(({ readyMs }) => readyMs));
    return {
      tables: [
        {
          title: `${stations.toLocaleString('en-US')} stations, ${stored.toLocaleString('en-US')} readings stored; milliseconds from the start of the process`,
          columns: ['start', 'ready', 'rounds', 'ratio', 'CPU ms', 'resident MiB'],
          rows: [
            rowOf('waterwarden after an orderly stop', orderly),
            rowOf('waterwarden after kill -9', killed),
            ...(reference.length === 0
              ? []
              : [['InfluxDB 1.6.7 with as many points', median(reference), spread(reference), 1] as const]),
          ],
        },
      ],
      targets: [
        {
          target: `ready in at most ${TARGET_MS} ms`,
          measured: `${rounded(worst)} ms at worst`,
          met: worst <= TARGET_MS,
        },
      ],
      notes: [
        'InfluxDB: until its first answer to a query of one series; there is neither registry nor broker in it.',
        ...(reference.length === 0 ? ['SKIPPED: InfluxDB 1.6.7 is not installed.'] : []),
      ],
    };
  },
};

function planOf(stations: number, readings: number): GivenLoadPlan {
  return {
    stations,
    properties: PROPERTIES,
    messagesPerStation: 0,
    backlog: { stationShare: 1, readings, readingsPerMessage: 100 },
    drainMs: FILL_MS,
  };
}

/** Through the front door, so that journal, cursors and ledger are those of a server that has run. */
async function fill(folder: string, stations: number, readings: number): Promise<number> {
  const server = await startServerUnderTest(folder);
  const fleet = new Fleet();
  try {
    const plan = planOf(stations, readings);
    const secrets = await server.register(loadThings(completeLoadPlan(plan)));
    await fleet.start({ plan, port: server.mqttPort, secrets });
    await fleet.account();
    await server.settled(FILL_MS);
    return await server.storedReadings();
  } finally {
    await fleet.stop();
    await server.stop();
  }
}

/** @param endWith how this run ends, and so what the next start finds */
async function startAndEnd(folder: string, endWith: 'SIGTERM' | 'SIGKILL'): Promise<Start> {
  const { child, ...start } = await timedStart(folder);
  await child.stop(endWith);
  return start;
}

async function filledInflux(
  { folder }: PartContext,
  stations: number,
  readings: number,
): Promise<ReferenceInflux | undefined> {
  const program = findProgram('influxd');
  if (program === undefined) return undefined;
  const influx = new ReferenceInflux(program, folder, 'soon');
  await influx.start();
  for (let age = readings; age > 0; age--) {
    const t = Date.UTC(2026, 5, 1) - age * 300_000;
    const lines: string[] = [];
    for (let station = 0; station < stations; station++) {
      for (let property = 0; property < PROPERTIES; property++) {
        const value = (station % 10) + age / 1_000;
        lines.push(`reading,station=s${station},property=p${property} value=${value},quality=1i ${t}`);
      }
    }
    await influx.write(lines.join('\n'));
  }
  return influx;
}

async function restartInflux(influx: ReferenceInflux): Promise<number> {
  await influx.stop();
  const startedMs = performance.now();
  await influx.start();
  await influx.query("SELECT value FROM reading WHERE station = 's1' AND property = 'p1' LIMIT 1");
  return performance.now() - startedMs;
}
