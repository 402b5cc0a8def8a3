import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { MemoryTelemetryStore, diskRefusal } from './memory-telemetry-store.ts';
import { ledgerDelta, observation, storeBatch } from './store-batch.ts';
import { CONTRACT_DATASTREAMS } from './telemetry-reader-contract.ts';
import { telemetryStoreContract } from './telemetry-store-contract.ts';

telemetryStoreContract('MemoryTelemetryStore', () => {
  let last = new MemoryTelemetryStore();
  return {
    open: () => {
      last = last.reopened();
      return Promise.resolve({ store: last, close: () => last.flush() });
    },
    remove: () => Promise.resolve(),
  };
});

const T0 = 1_790_000_000_000;
const batch = (n: number) =>
  storeBatch({
    newDatastreams: n === 1 ? CONTRACT_DATASTREAMS : [],
    readings: [observation({ datastream: 1, t: epochMs(T0 + n), position: n })],
    ledger: [ledgerDelta('S-1', { readingsDecoded: 1 })],
    cursors: { live: n },
  });
const ALWAYS = { datastream: 1, from: epochMs(0), to: epochMs(4e12), limit: 100 };
const turn = () => new Promise(resolve => setImmediate(resolve));

describe('MemoryTelemetryStore under a fault', () => {
  it('shows readings while held, but commits nothing; a new process finds what was committed', async () => {
    const store = new MemoryTelemetryStore();
    await store.append(batch(1));
    store.hold();
    let durable = 0;
    for (const n of [2, 3, 4]) void store.append(batch(n)).then(() => (durable += 1));
    await turn();
    expect([durable, await store.staged(), (await store.ledger()).cursors.live]).toEqual([0, 3, 1]);
    expect(await store.range(ALWAYS)).toHaveLength(4);
    store.commitOldest(1);
    await turn();
    expect([durable, await store.staged(), (await store.ledger()).cursors.live]).toEqual([1, 2, 2]);
    const next = store.reopened();
    expect(await next.range(ALWAYS)).toHaveLength(2);
    expect((await next.resume()).cursors).toEqual({ live: 2, backlog: 0 });
  });

  it('goes on with what waits after a release', async () => {
    const store = new MemoryTelemetryStore();
    store.hold();
    const durable = store.append(batch(1));
    store.release();
    await durable;
    expect(await store.staged()).toBe(0);
  });

  it('rejects while the disk refuses, keeps the batch, and commits it once the disk works', async () => {
    const store = new MemoryTelemetryStore();
    store.refuseWith(diskRefusal());
    await expect(store.append(batch(1))).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
    });
    await expect(store.flush()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.staged()).toBe(1);
    store.refuseWith(undefined);
    await store.flush();
    expect((await store.ledger()).stations.get('S-1')?.readings).toMatchObject({ decoded: 1, stored: 1 });
  });
});
