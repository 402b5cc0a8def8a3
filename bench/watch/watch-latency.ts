import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { GatewaySpec } from '../../domain/model/registry.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { openGatewayLink } from '../load/gateway-link.ts';
import type { FigureTable, PartContext } from '../part.ts';
import { cpuMs } from '../process-usage.ts';
import { startServerUnderTest } from '../server-under-test.ts';
import { quantile } from '../statistics.ts';
import { EpisodeProbe } from './episode-probe.ts';
import type { ProbeResult } from './episode-probe.ts';
import { WATCHED_INTERVAL_MS, gatewaysFor, watchedStations, writeWatchedRules } from './watched-fleet.ts';
import { connectedFeed, openEpisodes, reaches, watched } from './watched-server.ts';

const PROBES = 100;
const LEAST = 500;
/** More than a track remembers: what is older has to be judged from the store. */
const HISTORY = { stepMs: WATCHED_INTERVAL_MS, instants: 40 };
const DAY = { readings: 288, stepMs: 300_000, instants: 48 };
/** The day ends here, before what a track remembers. */
const DAY_ENDS_MS = 80 * 60_000;
const REFILLS_MS = 1_200_000;

type Row = FigureTable['rows'][number];

/** How soon an alarm is durable after its reading was sent, alone and while all stations send a day of backlog. */
export async function watchLatency(context: PartContext): Promise<FigureTable> {
  const { quick, say } = context;
  const size = quick
    ? { stations: 1_000, ratePerS: 200, least: 100 }
    : { stations: 10_000, ratePerS: 1_000, least: LEAST };
  const folder = join(context.folder, 'latency');
  mkdirSync(folder);
  const server = await startServerUnderTest(folder, { WW_RULES: writeWatchedRules(context.folder) });
  const stations = watchedStations(size.stations);
  const probed = watchedStations(PROBES, size.stations + 1).map(({ id }) => id);
  const live = gatewaysFor(stations, 'live');
  const late = gatewaysFor(stations, 'late');
  const prober: GatewaySpec = { kind: 'gateway', id: 'prober' as ThingId, name: 'prober', stations: probed };
  const secrets = await server.register([
    ...watchedStations(size.stations + PROBES),
    ...live,
    ...late,
    prober,
  ]);
  const httpPort = (await server.control.call('status', {})).addresses.http.port;
  const liveFeed = await connectedFeed(server.mqttPort, live, { secrets, wet: [] });
  const lateFeed = await connectedFeed(server.mqttPort, late, { secrets, wet: [] });
  const link = await openGatewayLink(server.mqttPort, { id: prober.id, secret: secrets[prober.id] ?? '' });
  const db = openEpisodes(folder);
  try {
    await reaches(httpPort, 'ww_points_judged', 2 * (size.stations + PROBES));
    const startMs = Date.now();
    const young = { from: startMs - HISTORY.instants * HISTORY.stepMs, to: startMs, ...HISTORY };
    const { readings } = await liveFeed.send({ channel: 'obs', ...young });
    await watched(folder, httpPort, readings);
    await reaches(httpPort, 'ww_watch_refills', 0);
    await liveFeed.live(size.ratePerS);
    const probe = new EpisodeProbe({ link, stations: probed, db });
    say('watch: probes to warm up');
    await probe.probe(PROBES, sleep(quick ? 1_000 : 5_000));
    const rows: Row[] = [];
    const measure = async (label: string, until: Promise<unknown>): Promise<void> => {
      say(`watch: probes, ${label}`);
      const startedMs = performance.now();
      const before = cpuMs(server.pid);
      const result = await probe.probe(size.least, until);
      const elapsedMs = performance.now() - startedMs;
      rows.push(rowOf(label, result, { elapsedMs, cpuMs: cpuMs(server.pid) - before }));
    };
    await measure('no backlog', Promise.resolve());
    const now = Date.now();
    const to = now - DAY_ENDS_MS;
    const before = (await server.ingest()).acceptedReadings;
    const day = lateFeed.send({ channel: 'backlog', from: to - DAY.readings * DAY.stepMs, to, ...DAY });
    await measure(
      'a day of backlog of all of them',
      day.then(sent => watched(folder, httpPort, before + sent.readings)),
    );
    await measure('that day judged anew', reaches(httpPort, 'ww_watch_refills', 0));
    await liveFeed.quiet();
    await server.settled(REFILLS_MS);
    return {
      title: `Publish to durable episode; ${size.stations.toLocaleString('en-US')} stations, ${size.ratePerS} messages a second of all in turn, 50 probes a second; milliseconds`,
      columns: [
        'beside',
        'probes',
        'lost',
        'p50',
        'p99',
        'p99.9',
        'max',
        'lasted, s',
        'server CPU, % of one core',
      ],
      rows,
    };
  } finally {
    db.close();
    link.cut();
    await liveFeed.stop();
    await lateFeed.stop();
    await server.stop();
  }
}

function rowOf(
  label: string,
  { spansMs, lost }: ProbeResult,
  spent: { readonly elapsedMs: number; readonly cpuMs: number },
): Row {
  const at = (share: number): number => quantile(spansMs, share);
  return [
    label,
    spansMs.length,
    lost,
    at(0.5),
    at(0.99),
    at(0.999),
    at(1),
    spent.elapsedMs / 1_000,
    (100 * spent.cpuMs) / spent.elapsedMs,
  ];
}
