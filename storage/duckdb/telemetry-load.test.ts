import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Observation } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ledgerDelta, observation, storeBatch } from '../../test/harness/store-batch.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DuckdbTelemetry, TELEMETRY_FILE } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';
import type { TelemetryStoreClient } from './telemetry-store.ts';

const T0 = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const folder = temporaryFolder();
let telemetry: DuckdbTelemetry;
let store: TelemetryStoreClient;

async function open(lingerMs = 1): Promise<void> {
  telemetry = new DuckdbTelemetry({ directory: folder.path, lingerMs });
  await telemetry.start();
  store = createTelemetryStore(telemetry.openStore());
}
async function reopen(): Promise<void> {
  await telemetry.stop();
  store.close();
  await open();
}
beforeEach(() => open());
afterEach(async () => {
  await telemetry.stop();
  store.close();
});

const DATASTREAMS = Array.from({ length: 50 }, (_, index) => ({
  id: index + 1,
  station: `S-${index % 5}`,
  property: 'water_level',
}));
const at = (datastream: number, minute: number, v: number, parts: Partial<Observation> = {}): Observation =>
  observation({ datastream, t: epochMs(T0 + minute * MINUTE), v, ...parts });

/** The same numbers every time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('the telemetry store at work', () => {
  it('never shows a reading twice or not at all while its commit ends', async () => {
    await store.append(storeBatch({ newDatastreams: DATASTREAMS }));
    const progress = { appended: 0, ended: false };
    const writing = (async () => {
      for (let n = 0; n < 300; n += 1) {
        const durable = store.append(storeBatch({ readings: [at(1, n, n, { position: n })] }));
        progress.appended = n + 1;
        // Both kinds of moment: commits that end while the next batch comes, and groups.
        if (n % 3 === 0) await durable;
      }
      await store.flush();
      progress.ended = true;
    })();
    const query = { from: epochMs(0), to: epochMs(4e12), limit: 1_000 };
    let looks = 0;
    while (!progress.ended) {
      const before = progress.appended;
      const rows = await store.range({ ...query, datastream: 1 });
      const [bucket] = await store.aggregate({
        ...query,
        datastreams: [1],
        bucket: '1d',
        aggregates: ['count', 'sum', 'difference'],
      });
      const [latest] = await store.latest();
      expect(rows.map(row => row.v)).toEqual(rows.map((_, index) => index));
      expect(rows.length).toBeGreaterThanOrEqual(before);
      const count = bucket?.values.count ?? 0;
      expect(count).toBeGreaterThanOrEqual(rows.length);
      if (count > 0) {
        expect(bucket?.values).toEqual({ count, sum: (count * (count - 1)) / 2, difference: count - 1 });
        expect(latest?.v).toBeGreaterThanOrEqual(count - 1);
      }
      looks += 1;
    }
    await writing;
    expect(looks).toBeGreaterThan(5);
  });

  it('merges a large late backlog with duplicates and corrections, and counts it right', async () => {
    await store.append(storeBatch({ newDatastreams: DATASTREAMS }));
    const random = randomFrom(7);
    const sent: Observation[] = [];
    for (let position = 1; position <= 40_000; position += 1) {
      const datastream = 1 + Math.floor(random() * 50);
      const minute = Math.floor(random() * 500);
      sent.push(at(datastream, minute, Math.floor(random() * 2), { position }));
    }
    for (let from = 0; from < sent.length; from += 700) {
      void store.append(storeBatch({ readings: sent.slice(from, from + 700) }));
    }
    await store.flush();
    const contents = new Map<string, Set<number>>();
    for (const { datastream, t, v } of sent) {
      const identity = `${datastream}@${t}`;
      contents.set(identity, (contents.get(identity) ?? new Set()).add(v ?? 0));
    }
    const stored = contents.size;
    const corrected = [...contents.values()].reduce((sum, values) => sum + values.size - 1, 0);
    await reopen();
    const totals = { stored: 0, corrected: 0, duplicate: 0 };
    for (const { readings } of (await store.ledger()).stations.values()) {
      totals.stored += readings.stored;
      totals.corrected += readings.corrected;
      totals.duplicate += readings.duplicate;
    }
    expect(totals).toEqual({ stored, corrected, duplicate: sent.length - stored - corrected });
    const rows = [...(await store.countRows()).values()].reduce((sum, count) => sum + count, 0);
    expect(rows).toBe(stored);
  });

  it('keeps the ledger and the last station states over many commits and starts', async () => {
    await store.append(storeBatch({ newDatastreams: DATASTREAMS }));
    for (let n = 1; n <= 600; n += 1) {
      await store.append(
        storeBatch({
          readings: [at(1, n, n, { position: n })],
          ledger: [ledgerDelta(`S-${n % 3}`, { messagesDecoded: 1, readingsRejected: n })],
          cursors: { live: n },
          stationStates: [{ station: `S-${n % 2}`, state: `${n}` }],
        }),
      );
      if (n % 250 === 0) await reopen();
    }
    await reopen();
    const { stations, cursors } = await store.ledger();
    expect(cursors).toEqual({ live: 600, backlog: 0 });
    expect([...stations.values()].map(({ messages }) => messages.decoded)).toEqual([200, 200, 200]);
    expect([...stations.values()].reduce((sum, { readings }) => sum + readings.rejected, 0)).toBe(180_300);
    expect(stations.get('S-0')?.readings.stored).toBe(600);
    expect((await store.resume()).stationStates).toEqual([
      { station: 'S-0', state: '600' },
      { station: 'S-1', state: '599' },
    ]);
  }, 60_000);

  it('does not let its log grow with what was written', async () => {
    await store.append(storeBatch({ newDatastreams: DATASTREAMS }));
    const random = randomFrom(3);
    let most = 0;
    for (let round = 0; round < 50; round += 1) {
      const readings: Observation[] = [];
      for (let n = 0; n < 200; n += 1) {
        for (const { id } of DATASTREAMS) readings.push(at(id, round * 200 + n, random(), { position: n }));
      }
      await store.append(storeBatch({ readings }));
      const log = join(folder.path, `${TELEMETRY_FILE}.wal`);
      most = Math.max(most, existsSync(log) ? statSync(log).size : 0);
    }
    const { bytes } = await telemetry.stats();
    expect(most).toBeGreaterThan(1e6);
    expect(most).toBeLessThan(20e6);
    expect(bytes).toBeLessThan(50e6);
  }, 60_000);
});
