import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { observation, storeBatch } from './store-batch.ts';
import { contentOf } from './store-content.ts';
import { useStore } from './store-under-test.ts';
import type { StorePlace } from './store-under-test.ts';
import { CONTRACT_DATASTREAMS } from './telemetry-reader-contract.ts';

const T0 = 1_790_000_000_000;
const t = (n: number) => epochMs(T0 + n * 60_000);
const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 10_000 };

/** Few instants, values, flags and senders, so that every kind of conflict is met. */
const candidate: fc.Arbitrary<Observation> = fc
  .record({
    datastream: fc.constantFrom(1, 3),
    minute: fc.integer({ min: 0, max: 3 }),
    v: fc.option(fc.constantFrom(0, 1, 2.5), { nil: null }),
    deviceFlag: fc.constantFrom(0, 0, 2, 4),
    source: fc.constantFrom(SOURCE_RANK.device, SOURCE_RANK.device, SOURCE_RANK.operator),
    sent: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ datastream, minute, v, deviceFlag, source, sent }) =>
    observation({
      datastream,
      t: t(minute),
      v,
      deviceFlag,
      source,
      sent: epochMs(T0 + sent),
      quality: v === null ? QUALITY.missing : deviceFlag === 4 ? QUALITY.fail : QUALITY.good,
    }),
  );

/** What becomes of readings with the same identity: one row, the winner of the fixed order, every loser kept. */
export function telemetryMergeContract(name: string, create: () => StorePlace): void {
  describe(`${name} merges readings as the telemetry store contract says`, () => {
    const under = useStore(create);

    it('counts identities as stored, further contents as corrected, the rest as duplicate', async () => {
      const at = (parts: Partial<Observation>) => observation({ datastream: 1, t: t(0), ...parts });
      await under.append({
        newDatastreams: CONTRACT_DATASTREAMS,
        readings: [
          at({ v: 1, position: 1 }),
          at({ v: 1, position: 2, sent: t(5) }),
          at({ v: 2, position: 3 }),
          observation({ datastream: 3, t: t(0), position: 4 }),
        ],
      });
      await under.append({
        readings: [at({ v: 2, position: 5 }), at({ v: 1, position: 6 }), at({ v: 3, position: 7 })],
      });
      expect(await under.readingsOf('S-1')).toMatchObject({ stored: 1, corrected: 2, duplicate: 3 });
      expect(await under.readingsOf('S-2')).toMatchObject({ stored: 1, corrected: 0, duplicate: 0 });
      expect(Object.fromEntries(await under.store.countRows())).toEqual({ 'S-1': 1, 'S-2': 1 });
    });

    it('lets the fixed order decide who wins, and keeps every loser', async () => {
      const at = (parts: Partial<Observation>) => observation({ datastream: 1, t: t(0), ...parts });
      const ranked = [
        at({ v: 1, source: SOURCE_RANK.operator, deviceFlag: 2, sent: t(0), position: 6 }),
        at({ v: 9, sent: t(2), position: 5 }),
        at({ v: 8, sent: t(2), position: 4 }),
        at({ v: 99, sent: t(1), position: 3 }),
        at({ v: 99, deviceFlag: 4, quality: QUALITY.fail, sent: t(9), position: 2 }),
        at({ v: null, quality: QUALITY.missing, sent: t(9), position: 1 }),
      ];
      await under.announce();
      // Worst first, one batch each: every one of them wins for a while.
      for (const reading of ranked.toReversed()) await under.append({ readings: [reading] });
      expect(await under.store.range({ ...ALWAYS, datastream: 1 })).toEqual(ranked.slice(0, 1));
      const losers = [...(await under.store.corrections({ ...ALWAYS, datastream: 1 }))];
      const winner = { v: 1, deviceFlag: 2, source: SOURCE_RANK.operator };
      expect(losers.sort((a, b) => b.position - a.position)).toEqual(
        ranked.slice(1).map(loser => ({ ...loser, quality: QUALITY.unknown, winner })),
      );
    });

    it('pages corrections from ≤ t < to, oldest first', async () => {
      await under.announce();
      const readings = [0, 1, 2, 3].flatMap(n =>
        [1, 2].map(v => observation({ datastream: 1, t: t(n), v, position: n * 2 + v })),
      );
      await under.append({ readings });
      const query = { datastream: 1, from: t(1), to: t(3), limit: 10 };
      expect((await under.store.corrections(query)).map(row => row.t)).toEqual([t(1), t(2)]);
      expect((await under.store.corrections({ ...query, limit: 1 })).map(row => row.t)).toEqual([t(1)]);
      expect(await under.store.corrections({ ...query, datastream: 2 })).toEqual([]);
    });

    it('ends with the same rows, corrections and counts in whatever order and batches readings come', async () => {
      const shuffled = fc
        .array(candidate, { minLength: 1, maxLength: 30 })
        .map(readings => readings.map((reading, index) => ({ ...reading, position: index + 1 })))
        .chain(readings =>
          fc.record({
            readings: fc.constant(readings),
            order: fc.shuffledSubarray(readings, { minLength: readings.length }),
            sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
          }),
        );
      const contents = async (readings: readonly Observation[], sizes: readonly number[]) => {
        const own = create();
        const mine = await own.open();
        await mine.store.append(storeBatch({ newDatastreams: CONTRACT_DATASTREAMS }));
        for (let at = 0, turn = 0; at < readings.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          const durable = mine.store.append(storeBatch({ readings: readings.slice(at, at + size) }));
          if (turn % 2 === 0) await durable;
          at += size;
        }
        await mine.store.flush();
        const content = await contentOf(mine.store);
        await mine.close();
        await own.remove();
        return content;
      };
      await fc.assert(
        fc.asyncProperty(shuffled, async ({ readings, order, sizes }) => {
          expect(await contents(order, sizes)).toEqual(await contents(readings, [readings.length]));
        }),
        { numRuns: 15 },
      );
    });
  });
}
