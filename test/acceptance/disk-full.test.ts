import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { afterRestart, settledLedger } from '../harness/acknowledged.ts';
import type { SentReadings } from '../harness/acknowledged.ts';
import { loadStarter } from '../harness/background-load.ts';
import { mountProblem, testMounts } from '../harness/mounted-folder.ts';
import { printFigure } from '../harness/print-figure.ts';
import { RawClient, connectFrame, publishFrame } from '../harness/raw-mqtt.ts';
import { readiness } from '../harness/server-probes.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

// Unmounted last: hooks after a test run in reverse order of their declaration.
const mounts = testMounts();
const temporary = temporaryFolder();
forbidLeftServers();
const startLoad = loadStarter();

const PLAN = {
  seed: 11,
  stations: 40,
  properties: 2,
  ratePerStation: 5,
  readingsPerMessage: 10,
  qosWeights: [0, 2, 1],
  backOff: { baseMs: 50, maxMs: 500 },
} as const;

/** Writes until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const bytes of [1 << 20, 4_096, 1]) {
      const block = Buffer.alloc(bytes, 1);
      while (isWritten(file, block));
    }
  } finally {
    closeSync(file);
  }
}

function isWritten(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

/** A device that does not try again. */
const OBSERVER: StationSpec = {
  kind: 'station',
  id: 'observer' as ThingId,
  name: 'observer',
  datastreams: [{ property: 'water_level', datum: '1985国家高程基准', intervalMs: 60_000 }],
};

async function registerObserver(server: ServerProcess): Promise<string> {
  return (await server.register([OBSERVER]))[OBSERVER.id] ?? '';
}

const codesOf = ({ reasons }: { reasons: readonly { code: string }[] }) => reasons.map(({ code }) => code);

/** How many messages devices sent that were refused since the journal did not take them. */
async function unavailable(server: ServerProcess): Promise<number> {
  const { refused } = await server.ledger();
  return refused
    .filter(({ reason }) => reason === 'journal_unavailable')
    .reduce((sum, { count }) => sum + count, 0);
}

/** Publishes as the observer; the connection has to end without a PUBACK. */
async function expectNoPuback(server: ServerProcess, secret: string): Promise<void> {
  const client = RawClient.to(server.addresses.mqtt.port);
  const payload = JSON.stringify({ sent: Date.now(), obs: [{ p: 'water_level', t: Date.now(), v: 1 }] });
  client.send(
    connectFrame({ id: OBSERVER.id, username: OBSERVER.id, password: secret }),
    publishFrame({ topic: `ww/v1/${OBSERVER.id}/obs`, payload }),
  );
  await client.receive('connack');
  await waitFor('the end of the connection', () => client.isClosed, { timeoutMs: 60_000 });
  expect(client.of('puback')).toEqual([]);
}

/** Everything acknowledged is there once, the ledger balances and agrees with the rows. */
async function expectComplete(server: ServerProcess, sent: SentReadings): Promise<Ledger> {
  const ledger = await settledLedger(server, 60_000);
  const { stored, problems } = await sent.compare(server);
  expect(problems.slice(0, 10)).toEqual([]);
  expect(ledger.balanced).toBe(true);
  // What the observer sent was not acknowledged: it may be there all the same.
  const observed = (await server.ledger(OBSERVER.id)).readings.stored;
  expect(ledger.readings.stored).toBe(stored + observed);
  expect(await server.control.call('ledgerAudit', {})).toEqual({ agrees: true, differences: [] });
  return ledger;
}

/** What a restart must not change. */
const countsOf = ({ messages, readings }: Ledger) => ({ messages, readings });

describe.skipIf(mountProblem(false) !== undefined)('the data directory on a file system of 64 MiB', () => {
  it(
    'acknowledges nothing while it is full, says so, and goes on without a restart when there is room',
    { timeout: 180_000 },
    async () => {
      const { path: dataDir } = mounts.memory(64);
      const server = await startServer({ dataDir });
      const secret = await registerObserver(server);
      const load = await startLoad(server, { plan: { ...PLAN, durationMs: 8_000 } });
      await waitFor('stored readings', async () => (await server.ledger()).readings.stored > 100, {
        timeoutMs: 60_000,
      });
      const filler = join(dataDir, 'filler');
      let acknowledged = load.acknowledged();
      let still = 0;
      await waitFor(
        'acknowledgements to stand still and the server to say why',
        async () => {
          // What the stores free on the way is taken too.
          fill(filler);
          const { status, reasons } = await readiness(server);
          const isStill = load.acknowledged() === acknowledged && status === 503;
          still = isStill && codesOf({ reasons }).includes('journal_full') ? still + 1 : 0;
          acknowledged = load.acknowledged();
          return still >= 10;
        },
        { timeoutMs: 60_000, intervalMs: 100 },
      );
      // The journal gives up waiting messages in the end; the devices keep them and come again.
      await expectNoPuback(server, secret);
      const full = await readiness(server);
      expect(codesOf(full)).toContain('journal_full');
      expect(load.acknowledged()).toBe(acknowledged);
      expect((await server.ledger()).balanced).toBe(true);
      const refused = await unavailable(server);
      rmSync(filler);
      await waitFor('readiness', async () => (await readiness(server)).status === 200, { timeoutMs: 60_000 });
      const account = await load.finished;
      expect(account.unacknowledged).toEqual({ messages: 0, readings: 0 });
      expect(account.repeated).toBeGreaterThan(0);
      const ledger = await expectComplete(server, load.sent);
      expect(await server.stop()).toBe(0);
      const again = await startServer({ dataDir });
      expect(countsOf(await expectComplete(again, load.sent))).toEqual(countsOf(afterRestart(ledger)));
      printFigure(
        `full tmpfs: ${acknowledged} messages acknowledged before, ${refused} refused meanwhile, ` +
          `${account.acknowledged.messages} in the end (${account.repeated} sent again), ` +
          `${ledger.readings.stored} readings stored, 0 missing; reasons: ${codesOf(full).join(', ')}`,
      );
      expect(await again.stop()).toBe(0);
    },
  );

  it('refuses to start where it may not write, says why, and starts once it may', async () => {
    const folder = mounts.memory(64);
    const first = await startServer({ dataDir: folder.path });
    await registerObserver(first);
    const load = await startLoad(first, { plan: { ...PLAN, messagesPerStation: 5 } });
    await load.finished;
    // The kernel lets nobody take the right to write from open files.
    expect(() => folder.remount('ro')).toThrow('busy');
    const ledger = await expectComplete(first, load.sent);
    expect(await first.stop()).toBe(0);
    folder.remount('ro');
    await expect(startServer({ dataDir: folder.path, site: 'config/demo' })).rejects.toThrow(
      /operations\.db cannot be opened: EROFS: read-only file system/,
    );
    folder.remount('rw');
    const second = await startServer({ dataDir: folder.path });
    expect(countsOf(await expectComplete(second, load.sent))).toEqual(countsOf(afterRestart(ledger)));
    expect(await second.stop()).toBe(0);
  });
});

it(
  'acknowledges nothing while the journal is read-only, says so, and goes on without a restart',
  { timeout: 120_000 },
  async () => {
    const server = await startServer({ dataDir: temporary.path, allowFaults: true });
    const secret = await registerObserver(server);
    const load = await startLoad(server, { plan: { ...PLAN, durationMs: 5_000 } });
    await waitFor('acknowledgements', () => load.acknowledged() > 0, { timeoutMs: 30_000 });
    await server.injectFault('journal', 'query_only = ON');
    const refusal = await waitFor('a reason', () => readiness(server), {
      until: ({ status }) => status === 503,
      timeoutMs: 30_000,
    });
    expect(codesOf(refusal)).toEqual(['journal_readonly']);
    const acknowledged = load.acknowledged();
    await expectNoPuback(server, secret);
    expect(load.acknowledged()).toBe(acknowledged);
    await server.injectFault('journal', 'query_only = OFF');
    expect((await load.finished).unacknowledged).toEqual({ messages: 0, readings: 0 });
    await expectComplete(server, load.sent);
    expect((await readiness(server)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  },
);

describe.skipIf(mountProblem(true) !== undefined)('the data directory on a disk that stalls', () => {
  it(
    'acknowledges nothing meanwhile, says so, and goes on without a restart',
    { timeout: 120_000 },
    async () => {
      const disk = mounts.disk(128);
      const server = await startServer({ dataDir: disk.path });
      const secret = await registerObserver(server);
      const load = await startLoad(server, { plan: { ...PLAN, durationMs: 5_000 } });
      await waitFor('acknowledgements', () => load.acknowledged() > 0, { timeoutMs: 30_000 });
      disk.freeze();
      try {
        const refusal = await waitFor('a reason', () => readiness(server), {
          until: ({ status }) => status === 503,
          timeoutMs: 30_000,
        });
        expect(codesOf(refusal)).toContain('journal_stalled');
        const acknowledged = load.acknowledged();
        await expectNoPuback(server, secret);
        expect(load.acknowledged()).toBe(acknowledged);
      } finally {
        // Nothing that writes to a frozen file system can be killed.
        disk.thaw();
      }
      expect((await load.finished).unacknowledged).toEqual({ messages: 0, readings: 0 });
      await expectComplete(server, load.sent);
      await waitFor('readiness', async () => (await readiness(server)).status === 200, { timeoutMs: 60_000 });
      expect(await server.stop()).toBe(0);
    },
  );
});
