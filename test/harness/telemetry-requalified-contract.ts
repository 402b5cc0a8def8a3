import { describe, expect, it } from 'vitest';

import { QUALITY } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { observation } from './store-batch.ts';
import { useStore } from './store-under-test.ts';
import type { StorePlace } from './store-under-test.ts';
import { observationsOf } from './telemetry-model.ts';

const T0 = 1_790_000_000_000;
const t = (n: number) => epochMs(T0 + n * 60_000);
const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 10_000 };
const at = (n: number, v: number, position = n + 1) =>
  observation({ datastream: 1, t: t(n), v, position, sent: epochMs(T0 + position) });
const flag = (n: number, quality: 1 | 3 | 4) => ({ datastream: 1, t: t(n), quality });

/** What a store does with flags of readings that it took before. */
export function telemetryRequalifiedContract(name: string, create: () => StorePlace): void {
  describe(`${name} takes newer flags`, () => {
    const under = useStore(create);
    const stored = async () =>
      (await under.store.range({ ...ALWAYS, datastream: 1 })).map(({ v, quality }) => [v, quality]);

    it('for durable rows, staged ones, and rows of the same batch', async () => {
      await under.announce();
      await under.append({ readings: [at(0, 5)] });
      const durable = [
        under.append({ readings: [at(1, 6)], requalified: [flag(0, QUALITY.suspect)] }),
        under.append({
          readings: [at(2, 7)],
          requalified: [flag(1, QUALITY.fail), flag(2, QUALITY.suspect)],
        }),
      ];
      const expected = [
        [5, QUALITY.suspect],
        [6, QUALITY.fail],
        [7, QUALITY.suspect],
      ];
      expect(await stored()).toEqual(expected);
      expect((await under.store.latest()).map(({ quality }) => quality)).toEqual([QUALITY.suspect]);
      await Promise.all(durable);
      expect(await stored()).toEqual(expected);
      await under.reopen();
      expect(await stored()).toEqual(expected);
      expect((await under.store.resume()).latest.map(({ quality }) => quality)).toEqual([QUALITY.suspect]);
    });

    it('and counts in aggregates by them', async () => {
      await under.announce();
      await under.append({ readings: [at(0, 5), at(1, 6)] });
      const sum = async () => {
        const query = { ...ALWAYS, datastreams: [1], bucket: '1d', aggregates: ['sum'] } as const;
        return (await under.store.aggregate(query)).map(({ values }) => values.sum);
      };
      const durable = under.append({ requalified: [flag(0, QUALITY.fail)] });
      expect(await sum()).toEqual([6]);
      await durable;
      expect(await sum()).toEqual([6]);
      await under.append({ requalified: [flag(0, QUALITY.good)] });
      expect(await sum()).toEqual([11]);
    });

    it('but none for a reading that is yet to come', async () => {
      await under.announce();
      const durable = [
        under.append({ requalified: [flag(0, QUALITY.suspect)] }),
        under.append({ readings: [at(0, 5)] }),
      ];
      expect(await stored()).toEqual([[5, QUALITY.good]]);
      await Promise.all(durable);
      expect(await stored()).toEqual([[5, QUALITY.good]]);
      expect(await under.readingsOf('S-1')).toMatchObject({ stored: 1, duplicate: 0, corrected: 0 });
    });

    it('in the order of the batches, and a correction brings its own', async () => {
      await under.announce();
      const all = [
        under.append({ readings: [at(0, 5, 1), at(1, 8, 1)], requalified: [flag(1, QUALITY.suspect)] }),
        under.append({ requalified: [flag(0, QUALITY.suspect)] }),
        // The one wins, the other loses: that changes no flag.
        under.append({ readings: [at(0, 6, 2), { ...at(1, 7, 2), sent: epochMs(0) }] }),
      ];
      const expected = [
        [6, QUALITY.good],
        [8, QUALITY.suspect],
      ];
      expect(await stored()).toEqual(expected);
      await Promise.all(all);
      expect(await stored()).toEqual(expected);
      const losers = await under.store.corrections({ ...ALWAYS, datastream: 1 });
      expect(losers.map(({ v, quality }) => [v, quality])).toEqual([
        [5, QUALITY.unknown],
        [7, QUALITY.unknown],
      ]);
    });

    it('and answers the winners of several datastreams, each of its own stretch', async () => {
      await under.announce();
      await under.append({
        readings: [at(0, 5), at(1, 6), at(2, 7), observation({ datastream: 2, t: t(-90_000), v: 1 })],
      });
      const staged = under.append({
        readings: [observation({ datastream: 3, t: t(1), v: 4 }), at(1, 6.5, 9)],
        requalified: [flag(0, QUALITY.suspect), flag(2, QUALITY.fail)],
      });
      const winners = async () => {
        const rows = observationsOf(
          await under.store.winners([
            { datastream: 1, from: t(1), to: t(3) },
            { datastream: 2, from: t(-100_000), to: t(0) },
            { datastream: 3, from: t(0), to: t(1) },
            { datastream: 4, from: t(0), to: t(9) },
          ]),
        );
        return rows
          .map(({ datastream, v, quality }) => [datastream, v, quality])
          .sort(([a = 0, v = 0], [b = 0, w = 0]) => Number(a) - Number(b) || Number(v) - Number(w));
      };
      const expected = [
        [1, 6.5, QUALITY.good],
        [1, 7, QUALITY.fail],
        [2, 1, QUALITY.good],
      ];
      expect(await winners()).toEqual(expected);
      await staged;
      expect(await winners()).toEqual(expected);
      expect(observationsOf(await under.store.winners([]))).toEqual([]);
    });
  });
}
