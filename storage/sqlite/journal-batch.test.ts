import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { JournalledEntry } from '../../domain/ports/journal.ts';
import { epochMs } from '../../domain/time/instant.ts';
import {
  BatchEncoder,
  batchHeader,
  decodeBatch,
  entryProblem,
  scanStations,
  sealBatch,
  selectMoved,
} from './journal-batch.ts';
import type { BatchKind } from './journal-batch.ts';

const POSITION = 42;

const arrival = fc.record({
  received: fc.maxSafeNat().map(epochMs),
  principal: fc.string({ unit: 'grapheme', maxLength: 20 }),
  topic: fc.string({ unit: 'grapheme', maxLength: 40 }),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  payload: fc.uint8Array({ maxLength: 300 }),
});
const moved = fc.record({
  position: fc.maxSafeNat(),
  splitBefore: fc.maxSafeNat().map(epochMs),
  received: fc.maxSafeNat().map(epochMs),
  principal: fc.string(),
  topic: fc.string(),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  payload: fc.uint8Array({ maxLength: 100 }),
});

function sealed(
  kind: BatchKind,
  entries: readonly Omit<JournalledEntry, 'position'>[],
  capacity = 64,
): Uint8Array {
  const encoder = new BatchEncoder(kind, 'live', capacity);
  for (const entry of entries) encoder.add(entry);
  const bytes = encoder.finish();
  sealBatch(bytes, POSITION);
  return bytes;
}

const plain = (entries: readonly JournalledEntry[]) =>
  entries.map(entry => ({ ...entry, payload: [...entry.payload] }));

describe('a journal batch', () => {
  it('gives back arrivals as they were added, numbered from its position', () => {
    fc.assert(
      fc.property(fc.array(arrival), fc.nat(2_000), (entries, capacity) => {
        const decoded = decodeBatch(sealed('arrivals', entries, capacity));
        const expected = entries.map((entry, index) => ({ ...entry, position: POSITION + index }));
        expect(plain(decoded)).toEqual(plain(expected));
      }),
    );
  });

  it('gives back moved entries with their own positions', () => {
    fc.assert(
      fc.property(fc.array(moved), entries => {
        expect(plain(decodeBatch(sealed('moved', entries)))).toEqual(plain(entries));
      }),
    );
  });

  it('notices every changed byte and every missing end', () => {
    fc.assert(
      fc.property(
        fc.array(arrival, { maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (entries, at, flip) => {
          const bytes = sealed('arrivals', entries);
          const changed = bytes.slice();
          changed[at % bytes.length]! ^= flip;
          const isCorrupt = (damaged: Uint8Array) => {
            try {
              decodeBatch(damaged);
              return false;
            } catch (error) {
              return isAppError(error, 'journal_corrupt');
            }
          };
          expect(isCorrupt(changed)).toBe(true);
          expect(isCorrupt(bytes.slice(0, at % bytes.length))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never fails in another way than journal_corrupt on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withHeader) => {
        const input = bytes.slice();
        if (withHeader && input.length >= 24) {
          input.set([0x57, 1, 0, 0]);
          new DataView(input.buffer).setUint32(12, input.length, true);
        }
        for (const read of [() => decodeBatch(input), () => scanStations(input, () => undefined)]) {
          try {
            read();
          } catch (error) {
            expect(isAppError(error, 'journal_corrupt')).toBe(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is laid out as version 1 for ever', () => {
    const entry = {
      received: epochMs(1_790_000_000_000),
      principal: 'G-1',
      topic: 'ww/v1/S-1/obs',
      qos: 1 as const,
      payload: Uint8Array.from([1, 2, 3]),
    };
    expect(Buffer.from(sealed('arrivals', [entry])).toString('hex')).toMatchInlineSnapshot(
      `"570100008c977694010000003d00000000000000000045400000c006450c7a42030000000d0003000100472d3177772f76312f532d312f6f6273010203"`,
    );
    const part = { ...entry, position: 7, splitBefore: epochMs(1_789_999_000_000) };
    expect(Buffer.from(sealed('moved', [part])).toString('hex')).toMatchInlineSnapshot(
      `"570101001972f0ef010000004d00000000000000000045400000c006450c7a42030000000d00030001000000000000001c4000009c12440c7a42472d3177772f76312f532d312f6f6273010203"`,
    );
  });

  it('refuses a version that it does not know', () => {
    const bytes = sealed('arrivals', []);
    bytes[1] = 2;
    sealBatch(bytes, POSITION);
    expect(() => decodeBatch(bytes)).toThrow(/version 2/);
  });

  it('finds the third level of each topic without decoding, empty where there is none', () => {
    const stationsOf = (topics: readonly string[]) => {
      const encoder = new BatchEncoder('arrivals', 'live');
      for (const topic of topics) {
        encoder.add({ received: epochMs(0), principal: 'p', topic, qos: 0, payload: new Uint8Array(3) });
      }
      const stations: string[] = [];
      scanStations(encoder.finish(), station => stations.push(station));
      return stations;
    };
    expect(stationsOf(['ww/v1/S-1/obs', 'ww/v1/S-2', 'ww/v1', '', '//水/x'])).toEqual([
      'S-1',
      'S-2',
      '',
      '',
      '水',
    ]);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '/', '位') })), topics => {
        expect(stationsOf(topics)).toEqual(topics.map(topic => topic.split('/')[2] ?? ''));
      }),
    );
  });

  it('selects moved entries by position', () => {
    fc.assert(
      fc.property(fc.uniqueArray(moved, { selector: entry => entry.position }), entries => {
        const bytes = sealed('moved', entries);
        const selected = selectMoved(bytes, position => position % 2 === 0);
        sealBatch(selected, 0);
        expect(plain(decodeBatch(selected))).toEqual(
          plain(entries.filter(entry => entry.position % 2 === 0)),
        );
        expect(batchHeader(selected).kind).toBe('moved');
      }),
    );
  });

  it('does not take texts that are longer than their length fields', () => {
    const entry = {
      received: epochMs(0),
      principal: 'p',
      topic: 't',
      qos: 1 as const,
      payload: new Uint8Array(),
    };
    expect(entryProblem({ ...entry, topic: 'x'.repeat(65_535) })).toBeUndefined();
    expect(entryProblem({ ...entry, topic: 'x'.repeat(65_536) })?.code).toBe('invalid_request');
    expect(entryProblem({ ...entry, principal: '水'.repeat(22_000) })?.code).toBe('invalid_request');
  });
});
