import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { FigureTable, PartContext } from '../part.ts';
import { cpuMs } from '../process-usage.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { median, medianRatio } from '../statistics.ts';
import {
  WATCHED_INTERVAL_MS,
  gatewaysFor,
  watchedStations,
  writeIdleRules,
  writeWatchedRules,
} from './watched-fleet.ts';
import { connectedFeed, reaches, watched, wetOf } from './watched-server.ts';

/** All live: a reading of the last half hour is. */
const INTERVALS = 25;
const SETTLE_MS = 600_000;
const WET_SHARE = 33;

/** What the rules add to the cost of a reading: the whole server under the same load with and without them, in turn. */
export async function ingestCost(context: PartContext): Promise<FigureTable> {
  const { quick, say } = context;
  const count = quick ? 1_000 : 10_000;
  const contenders = [
    { label: 'with the rules', rules: writeWatchedRules(context.folder), judged: 2 * count },
    { label: 'without', rules: writeIdleRules(context.folder), judged: 0 },
  ];
  const spent = new Map<string, number[]>();
  for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
    for (const { label, rules, judged } of contenders) {
      say(`watch: ingest ${label}, round ${round}`);
      const folder = join(context.folder, `ingest-${round}-${judged}`);
      mkdirSync(folder);
      const cost = await cpuUsAReading(folder, { rules, judged, count });
      spent.set(label, [...(spent.get(label) ?? []), cost]);
    }
  }
  const reference = spent.get('without') ?? [];
  return {
    title: `Ingest of ${INTERVALS} minutes of ${count.toLocaleString('en-US')} stations × 2 datastreams as fast as it is acknowledged, two readings a message; the whole server`,
    columns: ['ingest', 'CPU µs a reading', 'ratio'],
    rows: [...spent].map(([label, rounds]) => [label, median(rounds), medianRatio(rounds, reference)]),
  };
}

async function cpuUsAReading(
  folder: string,
  { rules, judged, count }: { readonly rules: string; readonly judged: number; readonly count: number },
): Promise<number> {
  const server = await startServerUnderTest(folder, { WW_RULES: rules });
  const stations = watchedStations(count);
  const gateways = gatewaysFor(stations, 'gateway');
  const secrets = await server.register([...stations, ...gateways]);
  const httpPort = (await server.control.call('status', {})).addresses.http.port;
  const wet = wetOf(stations, Math.ceil(count / WET_SHARE));
  const feed = await connectedFeed(server.mqttPort, gateways, { secrets, wet });
  try {
    await reaches(httpPort, 'ww_points_judged', judged);
    const to = Date.now();
    const from = to - INTERVALS * WATCHED_INTERVAL_MS;
    // The first two minutes open the tracks and compile the program.
    const warmTo = from + 2 * WATCHED_INTERVAL_MS;
    const span = { channel: 'obs', stepMs: WATCHED_INTERVAL_MS, instants: 1 } as const;
    const warm = await feed.send({ ...span, from, to: warmTo });
    await watched(folder, httpPort, warm.readings);
    await server.settled(SETTLE_MS);
    const before = cpuMs(server.pid);
    const sent = await feed.send({ ...span, from: warmTo, to });
    await server.settled(SETTLE_MS);
    return (1_000 * (cpuMs(server.pid) - before)) / sent.readings;
  } finally {
    await feed.stop();
    await server.stop();
  }
}
