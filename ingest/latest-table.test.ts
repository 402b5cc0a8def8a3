import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { observation, storeBatch } from '../test/harness/store-batch.ts';
import { LatestTable } from './latest-table.ts';

const at = (t: number, v: number | null, parts = {}) =>
  observation({ datastream: 1, t: epochMs(t), v, sent: epochMs(0), ...parts });

describe('LatestTable', () => {
  it.each([
    { name: 'a newer value', offers: [at(1, 5), at(2, 3)], v: 3 },
    { name: 'not a late one', offers: [at(2, 3), at(1, 5)], v: 3 },
    { name: 'a newer missing value', offers: [at(1, 5), at(2, null, { quality: 9 })], v: null },
    { name: 'a newer failed value', offers: [at(1, 5), at(2, 99, { quality: 4 })], v: 99 },
    { name: 'the winner of one instant', offers: [at(1, 5), at(1, null, { sent: epochMs(9) })], v: 5 },
    { name: 'the winner that comes second', offers: [at(1, 5), at(1, 4, { sent: epochMs(9) })], v: 4 },
  ])('keeps $name', ({ offers, v }) => {
    const table = new LatestTable();
    for (const offer of offers) table.offer(offer);
    expect(table.all().map(row => row.v)).toEqual([v]);
  });

  it('tells what came since a revision, and a reading that changes nothing is no news', () => {
    const table = new LatestTable();
    expect([table.revision, table.changedSince(0)]).toEqual([0, []]);
    table.offer(at(1, 5));
    table.offer(at(1, 6, { datastream: 2 }));
    const before = table.revision;
    expect(table.changedSince(0).map(row => row.v)).toEqual([5, 6]);
    expect(table.changedSince(before)).toEqual([]);
    table.offer(at(1, 5));
    table.offer(at(0, 9));
    expect(table.revision).toBe(before);
    table.offer(at(2, 7));
    expect(table.changedSince(before).map(row => row.v)).toEqual([7]);
    expect(table.changedSince(table.revision)).toEqual([]);
  });

  it('says what the store says, in whatever order readings come', async () => {
    const reading = fc
      .tuple(
        fc.constantFrom(1, 2),
        fc.nat({ max: 3 }),
        fc.constantFrom(0, 1, null),
        fc.constantFrom(0, 2),
        fc.nat({ max: 1 }),
      )
      .map(([datastream, t, v, deviceFlag, sent]) =>
        observation({ datastream, t: epochMs(1e12 + t), v, deviceFlag, sent: epochMs(sent) }),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(reading, { maxLength: 12 }), async readings => {
        const table = new LatestTable();
        const store = new MemoryTelemetryStore();
        const placed = readings.map((each, index) => ({ ...each, position: index + 1 }));
        for (const each of placed) table.offer(each);
        const newDatastreams = [1, 2].map(id => ({ id, station: `S-${id}`, property: 'water_level' }));
        await store.append(storeBatch({ newDatastreams, readings: placed }));
        const byId = table.all().toSorted((a, b) => a.datastream - b.datastream);
        expect(byId).toEqual(await store.latest());
      }),
    );
  });
});
