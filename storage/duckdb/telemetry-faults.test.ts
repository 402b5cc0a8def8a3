import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { StoreBatch, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ledgerDelta, observation, storeBatch } from '../../test/harness/store-batch.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { CONTRACT_DATASTREAMS } from '../../test/harness/telemetry-reader-contract.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import type { TelemetryOptions } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';
import type { TelemetryStoreClient } from './telemetry-store.ts';

const T0 = Date.UTC(2026, 5, 1);
const ALWAYS = { datastream: 1, from: epochMs(0), to: epochMs(4e12), limit: 100_000 };
const folder = temporaryFolder();
let telemetry: DuckdbTelemetry;
let store: TelemetryStoreClient;

async function start(options: Partial<TelemetryOptions> = {}): Promise<void> {
  telemetry = new DuckdbTelemetry({ directory: folder.path, lingerMs: 1, allowFaults: true, ...options });
  await telemetry.start();
  store = createTelemetryStore(telemetry.openStore());
}
afterEach(async () => {
  await telemetry.stop();
  store?.close();
});

/** Batch n: readings n × size … of datastream 1, a minute apart, and the cursor n. */
function batch(n: number, size = 1): StoreBatch {
  const readings = Array.from({ length: size }, (_, index) =>
    observation({ datastream: 1, t: epochMs(T0 + (n * size + index) * 60_000), v: n, position: n + 1 }),
  );
  return storeBatch({
    newDatastreams: n === 0 ? CONTRACT_DATASTREAMS : [],
    readings,
    ledger: [ledgerDelta('S-1', { readingsDecoded: size })],
    cursors: { live: n },
  });
}
const readingsOf = async (of: TelemetryStore) => (await of.ledger()).stations.get('S-1')?.readings;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'durable',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );

describe('the telemetry store on a disk that refuses', () => {
  it('shows what it took while it is blocked, counts nothing of it, and goes on', async () => {
    await start();
    await store.append(batch(0));
    await telemetry.injectFault('block');
    let durable = 0;
    const taken = [1, 2, 3].map(n => store.append(batch(n, 1)).then(() => (durable += 1)));
    expect(await store.staged()).toBe(3);
    expect((await store.range(ALWAYS)).map(row => row.v)).toEqual([0, 1, 2, 3]);
    expect((await store.latest()).map(row => row.v)).toEqual([3]);
    expect([durable, (await store.ledger()).cursors.live, (await store.countRows()).get('S-1')]).toEqual([
      0, 0, 1,
    ]);
    const { waitingMs } = await telemetry.stats();
    await waitFor('the wait to be told', async () => (await telemetry.stats()).waitingMs > waitingMs);
    await telemetry.injectFault('unblock');
    await store.flush();
    await Promise.all(taken);
    expect((await telemetry.stats()).waitingMs).toBe(0);
    expect([await store.staged(), (await store.ledger()).cursors.live]).toEqual([0, 3]);
    expect((await store.countRows()).get('S-1')).toBe(4);
  });

  it('tries again until the disk works, and tells why it does not', async () => {
    const lines: string[] = [];
    const note = (line: string) => void lines.push(line);
    await start({ log: { error: note, warn: note, info: note, debug: note } });
    await store.append(batch(0));
    await telemetry.injectFault('fail');
    const taken = [1, 2].map(n => codeOf(store.append(batch(n))));
    await waitFor('a repeated failure', async () => (await telemetry.stats()).failures > 1);
    expect(await telemetry.stats()).toMatchObject({
      stagedReadings: 2,
      lastError: 'A test lets commits fail.',
    });
    expect((await store.range(ALWAYS)).length).toBe(3);
    expect(await readingsOf(store)).toMatchObject({ decoded: 1, stored: 1 });
    await telemetry.injectFault('heal');
    expect(await Promise.all(taken)).toEqual(['durable', 'durable']);
    expect(await readingsOf(store)).toMatchObject({ decoded: 3, stored: 3, duplicate: 0 });
    const { lastError, commits } = await telemetry.stats();
    expect([lastError, commits >= 2]).toEqual([undefined, true]);
    await waitFor('both log lines', () => lines.length === 2);
    expect(lines).toEqual([
      'The telemetry store cannot commit; it tries again.',
      'The telemetry store commits again.',
    ]);
  });

  it('does not store a batch twice whose commit happened although the answer was an error', async () => {
    await start();
    await store.append(batch(0));
    await telemetry.injectFault('forget');
    await store.append(batch(1, 3));
    await store.append(batch(2, 3));
    expect(await readingsOf(store)).toMatchObject({ decoded: 7, stored: 7, duplicate: 0 });
    expect((await store.countRows()).get('S-1')).toBe(7);
    expect((await telemetry.stats()).failures).toBe(1);
  });

  it('gives up what the disk refuses when it stops; the file is as of the last commit', async () => {
    await start();
    await store.append(batch(0));
    await telemetry.injectFault('fail');
    const given = codeOf(store.append(batch(1)));
    const flushed = codeOf(store.flush());
    await waitFor('a failure', async () => (await telemetry.stats()).failures > 0);
    await telemetry.stop();
    expect([await given, await flushed]).toEqual(['shutting_down', 'shutting_down']);
    await start();
    expect((await store.resume()).cursors.live).toBe(0);
    expect(await store.range(ALWAYS)).toHaveLength(1);
  });

  it('can be stopped while it is blocked', async () => {
    await start();
    await telemetry.injectFault('block');
    const given = codeOf(store.append(batch(0)));
    await store.staged();
    await telemetry.stop();
    expect(await given).toBe('shutting_down');
  });
});

describe('the telemetry store on a file system without space', () => {
  const mounted: string[] = [];
  afterEach(async () => {
    await telemetry.stop();
    for (const path of mounted.splice(0)) spawnSync('umount', ['--lazy', path]);
  });

  it('waits for space on a full tmpfs and answers reads, without a loss or a restart', async context => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status !== 0) {
      if (process.env['CI'] === 'true') throw new Error('This test has to mount a tmpfs, which needs root.');
      context.skip('A tmpfs cannot be mounted here: only root may.');
    }
    mounted.push(disk);
    await start({ directory: join(disk, 'data') });
    await store.append(batch(0));
    writeFileSync(join(disk, 'filler'), Buffer.alloc(20 * 1024 * 1024));
    const size = 2_000;
    let durable = 0;
    const taken: Promise<unknown>[] = [];
    for (let n = 1; n <= 50; n += 1) taken.push(store.append(batch(n, size)).then(() => (durable += 1)));
    await waitFor('the disk to be full', async () => (await telemetry.stats()).failures > 1);
    expect((await telemetry.stats()).lastError).toMatch(/No space left|space/);
    const readable = await store.range({ ...ALWAYS, from: epochMs(T0 + size * 60_000) });
    expect([readable.length, durable < 50]).toEqual([50 * size, true]);
    rmSync(join(disk, 'filler'));
    await Promise.all(taken);
    expect(await readingsOf(store)).toMatchObject({ decoded: 50 * size + 1, stored: 50 * size + 1 });
    expect((await store.countRows()).get('S-1')).toBe(50 * size + 1);
  });
});

describe('a telemetry store whose thread or file is broken', () => {
  it('tells once that its thread ended; every call rejects and stop returns', async () => {
    const fatal: Error[] = [];
    await start({ onFatal: error => fatal.push(error) });
    await telemetry.injectFault('block');
    const open = codeOf(store.append(batch(0)));
    // The thread may be gone before its answer arrives.
    await telemetry.injectFault('crash').catch(() => undefined);
    expect(await open).toBe('worker_failed');
    await waitFor('the news of the end', () => fatal.length > 0);
    expect(await codeOf(store.latest())).toBe('worker_failed');
    await telemetry.stop();
    expect(fatal).toHaveLength(1);
  });

  it('cannot be started where there is no folder, and can be stopped', async () => {
    telemetry = new DuckdbTelemetry({ directory: '/dev/null/data' });
    expect(await codeOf(telemetry.start())).toBe('store_unavailable');
    await telemetry.stop();
  });

  it('refuses a batch with a datastream that nobody announced', async () => {
    await start();
    expect(await codeOf(store.append(batch(1)))).toBe('store_corrupt');
    expect(await store.staged()).toBe(0);
  });

  it('lets nobody inject faults unless it was told to', async () => {
    await start({ allowFaults: false });
    expect(await codeOf(telemetry.injectFault('block'))).toBe('unsupported');
  });

  it('ends calls after a stop with an error', async () => {
    await start();
    await telemetry.stop();
    expect(await codeOf(store.append(batch(0)))).toBe('worker_failed');
    expect(() => telemetry.stats()).toThrow('not open');
  });
});
