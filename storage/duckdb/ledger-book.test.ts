import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { COUNTER, COUNTERS, LedgerBook } from './ledger-book.ts';
import type { Counter } from './ledger-book.ts';
import { StationIndex } from './station-index.ts';

const increments = fc.array(
  fc.record({
    station: fc.oneof(fc.constantFrom('S-1', 'S-2', '第一站'), fc.string({ minLength: 1, maxLength: 64 })),
    counter: fc.constantFrom(...(Object.values(COUNTER) as Counter[])),
    increment: fc.oneof(fc.integer({ min: -3, max: 300 }), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
  }),
  { maxLength: 40 },
);

describe('LedgerBook', () => {
  it('gives back through bytes, and through columns, what was added', () => {
    fc.assert(
      fc.property(increments, all => {
        const stations = new StationIndex();
        const book = new LedgerBook(stations);
        const expected = new Map<string, number[]>();
        for (const { station, counter, increment } of all) {
          book.add(stations.of(station), counter, increment);
          const counts = expected.get(station) ?? Array.from({ length: COUNTERS }, () => 0);
          counts[counter] = counts[counter]! + increment;
          expected.set(station, counts);
        }
        const mapOf = (of: LedgerBook) => {
          const { stations: names, counts } = of.columns();
          return new Map(
            names.map((name, index) => [
              name,
              [...counts.subarray(index * COUNTERS, (index + 1) * COUNTERS)].map(count => count + 0),
            ]),
          );
        };
        const packed = new LedgerBook(new StationIndex());
        packed.addEncoded(book.encode());
        const copied = new LedgerBook(new StationIndex());
        copied.addColumns(book.columns());
        const summed = new LedgerBook(stations);
        summed.addAll(book);
        for (const other of [book, packed, copied, summed]) expect(mapOf(other)).toEqual(expected);
      }),
    );
  });

  it('packs the usual increments of a station into its name and five bytes', () => {
    const stations = new StationIndex();
    const book = new LedgerBook(stations);
    for (const counter of [COUNTER.messagesDecoded, COUNTER.readingsDecoded, COUNTER.stored]) {
      book.add(stations.of('S-0001'), counter, 1);
    }
    expect(book.encode()).toHaveLength('S-0001'.length + 5);
  });
});
