import { expect, it } from 'vitest';

import type { GivenLoadPlan } from '../../sensors-sim/load/load-plan.ts';
import { SentReadings, settledLedger } from '../harness/acknowledged.ts';
import { loadStarter, registerLoad } from '../harness/background-load.ts';
import type { BackgroundLoad } from '../harness/background-load.ts';
import { printFigure } from '../harness/print-figure.ts';
import { metric, residentMiB } from '../harness/server-probes.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();
const startLoad = loadStarter();

/** Comparing every datastream takes more requests than one client may make by default. */
const ENV = { WW_HTTP_REQUESTS_PER_SECOND: '100000', WW_HTTP_BURST: '100000' };
/** A reading every five minutes. */
const A_DAY = { stationShare: 1, readings: 288, stepMs: 300_000, readingsPerMessage: 100 } as const;
const NOTHING_LOST = { problems: [], balanced: true, uncounted: 0, differences: [] };

/** Stations that measure and publish steadily. */
function steady(stations: number, rest: GivenLoadPlan): GivenLoadPlan {
  const backOff = { baseMs: 50, maxMs: 500 };
  return { seed: 31, stations, properties: 1, ratePerStation: 1, backOff, ...rest };
}

/** Stations that come back all at once with a day of readings, and then are silent. */
function returning(firstStation: number, stations: number, channel: 'backlog' | 'obs'): GivenLoadPlan {
  return {
    seed: 32,
    firstStation,
    stations,
    properties: 1,
    messagesPerStation: 0,
    backlog: { ...A_DAY, channel },
    connectsPerS: Infinity,
    drainMs: 120_000,
  };
}

/** What is wrong after everything was acknowledged; see NOTHING_LOST. */
async function verdict(server: ServerProcess, sent: SentReadings) {
  const ledger = await settledLedger(server, 120_000);
  const { stored, problems } = await sent.compare(server);
  const { differences } = await server.control.call('ledgerAudit', {});
  return {
    ledger,
    outcome: {
      problems: problems.slice(0, 10),
      balanced: ledger.balanced,
      uncounted: ledger.readings.stored - stored,
      differences,
    },
  };
}

async function latencyOf(server: ServerProcess): Promise<string> {
  const { count, p50, p99, max } = (await server.control.call('status', {})).ingest.latency;
  return `p50 ${p50} p99 ${p99} max ${max} ms (${count} live readings)`;
}

/** Batches of the backlog stream that the worker has not taken yet. */
async function untakenBacklog(server: ServerProcess): Promise<number> {
  const { committed, taken } = (await server.control.call('status', {})).ingest;
  const lag = await metric(server, 'ww_journal_lag_batches{stream="backlog"}');
  return committed.backlog + lag - taken.backlog;
}

/** Waits until every acknowledged reading of the steady stations has reached the last-value table. */
async function waitUntilHeard(server: ServerProcess, load: BackgroundLoad, stations: number): Promise<void> {
  await waitFor(
    'the newest live readings',
    async () => {
      const { items } = (await server.get('/api/v1/latest')) as {
        items: { station: string; property: string; t: number }[];
      };
      const heard = items.filter(({ station, property, t }) => {
        const newest = load.newest(`${station}/${property}`);
        return newest !== undefined && t >= newest;
      });
      return heard.length === stations;
    },
    { timeoutMs: 60_000, intervalMs: 50 },
  );
}

it(
  'takes the day of 2,000 stations that reconnect at once while 200 publish, and loses nothing',
  { timeout: 300_000 },
  async () => {
    const dataDir = temporary.path;
    // So short that nothing of the backlog is live: the histogram is of the steady stations alone.
    const env = { ...ENV, WW_LIVE_WINDOW_MS: '60000' };
    const first = await startServer({ dataDir, env });
    const sent = new SentReadings();
    const plans = [returning(201, 1_000, 'backlog'), returning(1_201, 1_000, 'obs')];
    const secrets = await Promise.all(plans.map(plan => registerLoad(first, plan)));
    // On new data the live lane waits once, until the store knows where it splits messages.
    await waitFor('the first commit', () => metric(first, 'ww_store_commits_total'), { timeoutMs: 30_000 });
    const live = await startLoad(first, { plan: steady(200, { durationMs: Infinity }), sent });
    await waitFor('live readings', () => live.acknowledged() >= 1_500, { timeoutMs: 60_000 });
    const without = await latencyOf(first);
    // The restart is what makes stations reconnect all at once, and it begins the histogram anew.
    const { port } = first.addresses.mqtt;
    expect(await first.stop()).toBe(0);
    const server = await startServer({ dataDir, env: { ...env, WW_MQTT_PORT: String(port) } });
    const before = live.acknowledged();
    const storm = await Promise.all(
      plans.map((plan, index) => startLoad(server, { plan, secrets: secrets[index] ?? new Map(), sent })),
    );
    const accounts = await Promise.all(storm.map(load => load.finished));
    const { inFlight } = (await server.ledger()).messages;
    expect(accounts.map(({ unacknowledged }) => unacknowledged.messages)).toEqual([0, 0]);
    await waitFor('the backlog to be taken', async () => (await untakenBacklog(server)) === 0, {
      timeoutMs: 120_000,
      intervalMs: 100,
    });
    const during = await latencyOf(server);
    const liveMessages = live.acknowledged() - before;
    const resident = await residentMiB(server);
    await live.stop();
    const { ledger, outcome } = await verdict(server, sent);
    printFigure(`live latency without backlog: ${without}`);
    printFigure(`live latency with the day of 2,000 stations: ${during}`);
    const tookMs = Math.round(Math.max(...accounts.map(({ elapsedMs }) => elapsedMs)));
    printFigure(
      `reconnect storm: ${ledger.readings.stored} readings stored, all acknowledged after ${tookMs} ms with ` +
        `${inFlight} messages in flight; ${liveMessages} live messages meanwhile; ${resident} MiB resident`,
    );
    expect(outcome).toEqual(NOTHING_LOST);
    expect(await server.stop()).toBe(0);
  },
);

it('lets live readings pass a backlog that cannot go on, on either topic', { timeout: 120_000 }, async () => {
  // The backlog may fill half of the memory and one piece more; what these stations send does not fit.
  const env = { ...ENV, WW_MAX_OUTSTANDING_READINGS: '100000' };
  const server = await startServer({ dataDir: temporary.path, env, allowFaults: true });
  const sent = new SentReadings();
  const warm = await startLoad(server, { plan: returning(1_000, 1, 'obs'), sent });
  await warm.finished;
  await settledLedger(server);
  await server.injectFault('store', 'block');
  const plans = [returning(201, 200, 'backlog'), returning(401, 200, 'obs')];
  const storm = await Promise.all(plans.map(plan => startLoad(server, { plan, sent })));
  const accounts = await Promise.all(storm.map(load => load.finished));
  expect(accounts.map(({ unacknowledged }) => unacknowledged.messages)).toEqual([0, 0]);
  const live = await startLoad(server, { plan: steady(50, { messagesPerStation: 5 }), sent });
  await live.finished;
  await waitUntilHeard(server, live, 50);
  expect(await untakenBacklog(server)).toBeGreaterThan(0);
  await server.injectFault('store', 'unblock');
  expect((await verdict(server, sent)).outcome).toEqual(NOTHING_LOST);
  expect(await untakenBacklog(server)).toBe(0);
  expect(await server.stop()).toBe(0);
});
