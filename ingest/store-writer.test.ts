import { beforeEach, describe, expect, it } from 'vitest';

import { AppError } from '../domain/errors.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import { benchRegistry, readerWith } from '../test/harness/ingest-bench.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { MemoryJournal } from '../test/harness/memory-journal.ts';
import { MemoryTelemetryStore, diskRefusal } from '../test/harness/memory-telemetry-store.ts';
import { observation, quarantineItem } from '../test/harness/store-batch.ts';
import { BatchBuilder } from './batch-builder.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { StoreWriter } from './store-writer.ts';

let clock: ManualClock;
let store: MemoryTelemetryStore;
let directory: DatastreamDirectory;
let told: Cursors[];
let failures: unknown[];
let settling: Promise<void> | undefined;
let writer: StoreWriter;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryTelemetryStore();
  directory = new DatastreamDirectory();
  directory.setRegistry(benchRegistry('S-1'));
  told = [];
  failures = [];
  settling = undefined;
  const reader = readerWith(new MemoryJournal(), {
    advance: async (_, cursors) => {
      await Promise.resolve();
      told.push(cursors);
    },
  });
  const onFailure = (error: unknown) => void failures.push(error);
  writer = new StoreWriter(
    {
      clock,
      log: SILENT_LOG,
      store,
      reader,
      directory,
      close: (builder, rest) => builder.take(rest),
      onFailure,
      settledBefore: () => settling,
    },
    { live: 0, backlog: 0 },
  );
});

const turns = async (count = 10) => {
  for (let n = 0; n < count; n += 1) await new Promise(resolve => setImmediate(resolve));
};

/** A builder with this many readings of a datastream that is numbered with the first of them. */
function readings(count: number, first = 0): BatchBuilder {
  const builder = new BatchBuilder();
  const datastream = directory.resolve('S-1', 'water_level');
  if (typeof datastream === 'string') throw new Error(datastream);
  for (let n = 0; n < count; n += 1) {
    builder.addReading(observation({ datastream: datastream.id, t: epochMs(1e12 + first + n) }));
  }
  return builder;
}

describe('StoreWriter', () => {
  it('announces a datastream with its first reading, and tells the journal only what is durable', async () => {
    store.hold();
    const durable = [writer.write(readings(2), { live: 1 }), writer.write(readings(1, 2), { backlog: 4 })];
    await turns();
    expect([told, writer.committed, writer.outstanding]).toEqual([[], { live: 0, backlog: 0 }, 3]);
    store.commitOldest(1);
    await turns();
    expect([told, writer.outstanding]).toEqual([[{ live: 1, backlog: 0 }], 1]);
    store.release();
    await Promise.all(durable);
    await turns();
    expect(told).toEqual([
      { live: 1, backlog: 0 },
      { live: 1, backlog: 4 },
    ]);
    const { datastreams } = await store.resume();
    expect(datastreams).toEqual([{ id: 1, station: 'S-1', property: 'water_level' }]);
  });

  it('gives room again when batches become durable', async () => {
    store.hold();
    void writer.write(readings(3), {});
    let hasRoom = false;
    void writer.room(4).then(() => (hasRoom = true));
    await turns();
    expect(hasRoom).toBe(true);
    hasRoom = false;
    void writer.room(3).then(() => (hasRoom = true));
    await turns();
    expect(hasRoom).toBe(false);
    store.release();
    await turns();
    expect(hasRoom).toBe(true);
  });

  it('counts the bytes of what is quarantined and held as readings', async () => {
    store.hold();
    const builder = new BatchBuilder();
    builder.quarantine(quarantineItem({ payload: new Uint8Array(6_400) }));
    void writer.write(builder, {});
    let hasRoom = false;
    const room = writer.room(100).then(() => (hasRoom = true));
    await turns();
    expect([hasRoom, writer.outstanding]).toEqual([false, 0]);
    store.release();
    await room;
    expect(hasRoom).toBe(true);
  });

  it('bounds the batches too, since each takes memory whatever is in it', async () => {
    store.hold();
    for (let n = 0; n < 1_999; n += 1) void writer.write(readings(1, n), {});
    await writer.room(16_000);
    void writer.write(readings(1, 1_999), {});
    let hasRoom = false;
    const room = writer.room(16_000).then(() => (hasRoom = true));
    await turns();
    expect([hasRoom, writer.outstanding]).toEqual([false, 2_000]);
    store.commitOldest(1);
    await room;
    expect(hasRoom).toBe(true);
    store.release();
  });

  it('lets nobody wait for room once it is closing', async () => {
    store.hold();
    void writer.write(readings(3), {});
    const room = writer.room(1);
    writer.close();
    await room;
    await expect(writer.room(1)).resolves.toBeUndefined();
  });

  it('commits what a disk refused when it works again, also what came meanwhile, and never goes back', async () => {
    store.refuseWith(diskRefusal());
    const durable: number[] = [];
    for (const live of [1, 2]) void writer.write(readings(1, live), { live }).then(() => durable.push(live));
    await turns();
    clock.advance(1_000);
    await turns();
    void writer.write(readings(1, 3), { live: 3 }).then(() => durable.push(3));
    await turns();
    expect([durable, writer.outstanding, clock.timers]).toEqual([[], 3, 1]);
    store.refuseWith(undefined);
    void writer.write(readings(1, 4), { live: 4 }).then(() => durable.push(4));
    await turns();
    clock.advance(1_000);
    await turns();
    expect(durable.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    expect([writer.committed.live, writer.outstanding, clock.timers]).toEqual([4, 0, 0]);
    expect(told.map(({ live }) => live)).toEqual(told.map(({ live }) => live).toSorted((a, b) => a - b));
    expect([failures, (await store.countRows()).get('S-1')]).toEqual([[], 4]);
  });

  it('rejects what a disk refuses to the last when it is drained', async () => {
    store.refuseWith(diskRefusal());
    const refused = writer.write(readings(1), { live: 1 });
    const outcome = refused.catch((error: unknown) => error);
    await turns();
    await expect(writer.drain()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await outcome).toMatchObject({ code: 'store_unavailable' });
    expect(clock.timers).toBe(0);
  });

  it('tells of a batch that the store gives up for good, also to those who wait for room', async () => {
    const fatal = new AppError('store_corrupt', 'No.');
    store.refuseWith(fatal);
    await expect(writer.write(readings(5), { live: 1 })).rejects.toBe(fatal);
    expect(failures).toEqual([fatal]);
    expect(writer.committed).toEqual({ live: 0, backlog: 0 });
    store.refuseWith(undefined);
    await expect(writer.drain()).rejects.toMatchObject({ code: 'store_unavailable', cause: fatal });
    expect(told).toEqual([]);
  });

  it('offers nothing to the store before what must be durable before it is, and keeps the order', async () => {
    store.hold();
    let settle: () => void = () => undefined;
    settling = new Promise(resolve => {
      settle = resolve;
    });
    const durable: number[] = [];
    const write = (live: number): void =>
      void writer.write(readings(1, live), { live }).then(() => durable.push(live));
    write(1);
    settling = undefined;
    write(2);
    let isOffered = false;
    void writer.offered().then(() => (isOffered = true));
    await turns();
    const all = { datastream: 1, from: epochMs(0), to: epochMs(2e12), limit: 9 };
    expect([await store.range(all), writer.outstanding, isOffered]).toEqual([[], 2, false]);
    settle();
    await writer.offered();
    // Reads see at once what the store was offered.
    expect(await store.range(all)).toHaveLength(2);
    write(3);
    for (const expected of [[1], [1, 2], [1, 2, 3]]) {
      store.commitOldest(1);
      await turns();
      expect([durable, told.map(({ live }) => live)]).toEqual([expected, expected]);
    }
    store.release();
  });

  it('never stores what it waits for in vain', async () => {
    const fatal = new AppError('store_corrupt', 'The other store is broken.');
    settling = Promise.reject(fatal);
    const written = writer.write(readings(1), { live: 1 });
    settling = undefined;
    const behind = writer.write(readings(1, 1), { live: 2 });
    await expect(written).rejects.toBe(fatal);
    await expect(behind).rejects.toBe(fatal);
    expect([await store.countRows(), writer.committed.live]).toEqual([new Map(), 0]);
    expect(failures).toEqual([fatal, fatal]);
    await expect(writer.drain()).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('drains what waits too', async () => {
    settling = new Promise(resolve => setImmediate(resolve));
    void writer.write(readings(2), { live: 7 });
    await writer.drain();
    expect([await store.staged(), told.at(-1)]).toEqual([0, { live: 7, backlog: 0 }]);
  });

  it('drains: everything is durable and the journal knows', async () => {
    void writer.write(readings(2), { live: 7 });
    await writer.drain();
    expect(await store.staged()).toBe(0);
    expect(told.at(-1)).toEqual({ live: 7, backlog: 0 });
  });
});
