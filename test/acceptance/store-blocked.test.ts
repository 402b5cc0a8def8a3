import { setTimeout as pause } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { settledLedger } from '../harness/acknowledged.ts';
import { loadStarter } from '../harness/background-load.ts';
import type { BackgroundLoad } from '../harness/background-load.ts';
import { printFigure } from '../harness/print-figure.ts';
import { metric, readiness, residentMiB } from '../harness/server-probes.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();
const startLoad = loadStarter();

/** Comparing every datastream takes more requests than one client may make by default. */
const MANY_REQUESTS = { WW_HTTP_REQUESTS_PER_SECOND: '100000', WW_HTTP_BURST: '100000' };
const PROBE = 'load-00001/water_level';

interface Progress {
  readonly acknowledged: number;
  readonly heard: number;
  readonly latest: number;
  readonly rows: number;
}

/** How far acknowledgements, listeners, last values and range reads have come. */
async function progressOf(server: ServerProcess, load: BackgroundLoad): Promise<Progress> {
  const { ingest } = await server.control.call('status', {});
  const { items } = (await server.get(
    `/api/v1/datastreams/${PROBE}/observations?from=0&to=4000000000000&limit=50000`,
  )) as { items: unknown[] };
  return {
    acknowledged: load.acknowledged(),
    heard: ingest.acceptedReadings,
    latest: await latestOf(server, PROBE),
    rows: items.length,
  };
}

async function latestOf(server: ServerProcess, key: string): Promise<number> {
  const [station, property] = key.split('/');
  const { items } = (await server.get(`/api/v1/latest?station=${station}`)) as {
    items: { property: string; t: number }[];
  };
  return items.find(each => each.property === property)?.t ?? 0;
}

const storedOf = async (server: ServerProcess) => (await server.ledger()).readings.stored;

/** Blocks the store; answers how much was stored when nothing more came through. */
async function block(server: ServerProcess): Promise<number> {
  await server.injectFault('store', 'block');
  // A transaction that was past the block still commits.
  let stored = await storedOf(server);
  await waitFor('the store to stand still', async () => {
    const before = stored;
    await pause(1_500);
    stored = await storedOf(server);
    return stored === before;
  });
  return stored;
}

it(
  'goes on acknowledging, publishing and answering while the store is blocked for a minute, and loses nothing',
  { timeout: 240_000 },
  async () => {
    const server = await startServer({ dataDir: temporary.path, env: MANY_REQUESTS, allowFaults: true });
    const load = await startLoad(server, {
      plan: { seed: 3, stations: 300, properties: 5, readingsPerMessage: 5, durationMs: Infinity },
    });
    await waitFor('stored readings', async () => (await storedOf(server)) > 0, { timeoutMs: 60_000 });
    const resident = [await residentMiB(server)];
    const stored = await block(server);
    const blockedFrom = performance.now();
    let progress = await progressOf(server, load);
    let refusal: Awaited<ReturnType<typeof readiness>> | undefined;
    while (performance.now() - blockedFrom < 60_000) {
      const before = progress;
      await waitFor(
        'more of everything',
        async () => {
          progress = await progressOf(server, load);
          return Object.entries(progress).every(([what, value]) => value > before[what as keyof Progress]);
        },
        { timeoutMs: 30_000, intervalMs: 200 },
      );
      const ready = await readiness(server);
      if (ready.status === 503) refusal ??= ready;
      resident.push(await residentMiB(server));
      await pause(Math.min(5_000, Math.max(0, 60_000 - (performance.now() - blockedFrom))));
    }
    await load.stop();
    expect(await storedOf(server)).toBe(stored);
    expect(refusal?.reasons.map(({ code }) => code)).toEqual(['store_unavailable']);
    await waitFor('a range read of everything acknowledged', () => load.sent.compare(server), {
      until: ({ problems }) => problems.length === 0,
      timeoutMs: 60_000,
    });
    const blocked = await server.ledger();
    expect(blocked.balanced).toBe(true);
    await server.injectFault('store', 'unblock');
    const ledger = await settledLedger(server, 60_000);
    await waitFor('readiness', async () => (await readiness(server)).status === 200, { timeoutMs: 30_000 });
    resident.push(await residentMiB(server));
    const compared = await load.sent.compare(server);
    expect(compared.problems.slice(0, 10)).toEqual([]);
    expect(ledger.balanced).toBe(true);
    expect(ledger.readings.stored).toBe(compared.stored);
    expect(await server.control.call('ledgerAudit', {})).toEqual({ agrees: true, differences: [] });
    printFigure(
      `store blocked for 60 s: ${load.acknowledged()} messages acknowledged, ${blocked.messages.inFlight} in flight ` +
        `at its end, ${compared.stored} readings stored, 0 missing; "${refusal?.reasons[0]?.message}"; ` +
        `resident MiB before, during, after: ${resident.join(' ')}`,
    );
    expect(await server.stop()).toBe(0);
  },
);

it(
  'keeps in memory only as much as it may while the store is blocked, and the rest in the journal',
  { timeout: 300_000 },
  async () => {
    const limit = 10_000;
    /** The largest piece that the live lane takes from the journal at once. */
    const piece = 25_000;
    const server = await startServer({
      dataDir: temporary.path,
      env: { ...MANY_REQUESTS, WW_MAX_OUTSTANDING_READINGS: String(limit) },
      allowFaults: true,
    });
    await server.injectFault('store', 'block');
    const load = await startLoad(server, {
      plan: { seed: 4, stations: 20, ratePerStation: 'max', readingsPerMessage: 50, durationMs: Infinity },
    });
    const resident: number[] = [];
    for (const acknowledged of [1_000, 2_000, 3_000, 4_000]) {
      await waitFor(`${acknowledged} PUBACKs`, () => load.acknowledged() >= acknowledged, {
        timeoutMs: 60_000,
      });
      resident.push(await residentMiB(server));
      const { ingest } = await server.control.call('status', {});
      expect(ingest.outstandingReadings).toBeLessThan(limit + piece);
      expect(await metric(server, 'ww_store_staged_readings')).toBeLessThan(limit + piece);
    }
    await load.stop();
    await server.injectFault('store', 'unblock');
    const ledger = await settledLedger(server, 180_000);
    const compared = await load.sent.compare(server);
    expect(compared.problems.slice(0, 10)).toEqual([]);
    expect(ledger.balanced).toBe(true);
    expect(ledger.readings.stored).toBe(compared.stored);
    printFigure(
      `store blocked at ${limit} readings: ${compared.stored} readings acknowledged meanwhile, all stored; ` +
        `resident MiB: ${resident.join(' ')}`,
    );
    expect(await server.stop()).toBe(0);
  },
);
