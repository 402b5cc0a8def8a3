import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { QUALITY } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type {
  AggregateQuery,
  AggregateRow,
  StoredDatastream,
  TelemetryReader,
} from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { observation } from './store-batch.ts';

/** A reader over an empty store. `seed` makes winners readable, each identity once, before it resolves. */
export interface ReaderUnderTest {
  readonly reader: TelemetryReader;
  seed(datastreams: readonly StoredDatastream[], readings: readonly Observation[]): Promise<void>;
  close(): Promise<void>;
}

/** The datastreams of the contract: one of each interpolation kind, one with an instance, one never reported. */
export const CONTRACT_DATASTREAMS: readonly StoredDatastream[] = [
  { id: 1, station: 'S-1', property: 'water_level' },
  { id: 2, station: 'S-1', property: 'rainfall' },
  { id: 3, station: 'S-2', property: 'rainfall_counter' },
  { id: 4, station: 'S-2', property: 'pump_running', instance: '2' },
  { id: 5, station: 'S-3', property: 'ph' },
];
const LEVEL = 1;
const RAIN = 2;
const COUNTER = 3;
const PUMP = 4;
const SILENT = 5;

const at = (iso: string) => epochMs(Date.parse(iso));
/** Local time of the first of June. */
const june = (time: string) => at(`2026-06-01T${time}+08:00`);
const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 1_000 };

/** What every store of people knows of an observation. */
const essence = ({ datastream, t, v, quality }: Observation) => ({ datastream, t, v, quality });

/** What every reader of history promises; `open` gives a new, empty one. */
export function telemetryReaderContract(name: string, open: () => Promise<ReaderUnderTest>): void {
  describe(`${name} keeps the reader contract`, () => {
    let under: ReaderUnderTest;
    const seed = (readings: readonly Observation[]) => under.seed(CONTRACT_DATASTREAMS, readings);
    const aggregate = (query: Partial<AggregateQuery> & Pick<AggregateQuery, 'datastreams'>) =>
      under.reader.aggregate({ ...ALWAYS, bucket: '1h', aggregates: ['count', 'sum'], ...query });
    const values = (rows: readonly AggregateRow[]) => rows.map(row => [row.t, row.values]);

    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => {
      await under.close();
    });

    describe('latest', () => {
      it('is empty before the first reading', async () => {
        await seed([]);
        expect(await under.reader.latest()).toEqual([]);
      });

      it('is the newest reading of each datastream, whenever it came and whatever its quality', async () => {
        await seed([
          observation({ datastream: LEVEL, t: june('10:00'), v: 3 }),
          observation({ datastream: RAIN, t: june('10:00'), v: null, quality: QUALITY.missing }),
          observation({ datastream: PUMP, t: june('10:00'), v: 7, quality: QUALITY.fail }),
        ]);
        await seed([
          observation({ datastream: LEVEL, t: june('09:00'), v: 9 }),
          observation({ datastream: RAIN, t: june('09:00'), v: 2 }),
        ]);
        const latest = [...(await under.reader.latest())].sort((a, b) => a.datastream - b.datastream);
        expect(latest.map(essence)).toEqual([
          { datastream: LEVEL, t: june('10:00'), v: 3, quality: QUALITY.good },
          { datastream: RAIN, t: june('10:00'), v: null, quality: QUALITY.missing },
          { datastream: PUMP, t: june('10:00'), v: 7, quality: QUALITY.fail },
        ]);
      });
    });

    describe('range', () => {
      it('answers nothing for a datastream that never reported or does not exist', async () => {
        await seed([observation({ datastream: LEVEL, t: june('10:00') })]);
        expect(await under.reader.range({ ...ALWAYS, datastream: SILENT })).toEqual([]);
        expect(await under.reader.range({ ...ALWAYS, datastream: 999 })).toEqual([]);
      });

      it('holds from and not to, oldest first, of the one datastream', async () => {
        await seed([
          observation({ datastream: LEVEL, t: june('10:02'), v: 3 }),
          observation({ datastream: LEVEL, t: june('10:00'), v: 1 }),
          observation({ datastream: LEVEL, t: june('10:03'), v: 4 }),
          observation({ datastream: LEVEL, t: epochMs(june('10:00') - 1), v: 0 }),
          observation({ datastream: LEVEL, t: june('10:01'), v: 2 }),
          observation({ datastream: RAIN, t: june('10:01'), v: 77 }),
        ]);
        const query = { datastream: LEVEL, from: june('10:00'), to: june('10:03'), limit: 100 };
        expect((await under.reader.range(query)).map(row => row.v)).toEqual([1, 2, 3]);
        expect(await under.reader.range({ ...query, to: query.from })).toEqual([]);
      });

      it('answers at most limit rows, the oldest, so that the next page begins after the last', async () => {
        const minute = (n: number) => epochMs(june('10:00') + n * 60_000);
        await seed([5, 3, 1, 4, 2, 0].map(n => observation({ datastream: LEVEL, t: minute(n), v: n })));
        const page = await under.reader.range({ ...ALWAYS, datastream: LEVEL, limit: 4 });
        expect(page.map(row => row.v)).toEqual([0, 1, 2, 3]);
        const from = epochMs(page.at(-1)!.t + 1);
        const rest = await under.reader.range({ ...ALWAYS, datastream: LEVEL, from, limit: 4 });
        expect(rest.map(row => row.v)).toEqual([4, 5]);
      });

      it('gives values back bit for bit, a missing one as null, with their quality', async () => {
        const exact = [0, -0.05, 0.1 + 0.2, 1e-7, 123_456.789012, -8_999.999_999, Number.MIN_VALUE];
        await seed([
          ...exact.map((v, n) => observation({ datastream: LEVEL, t: epochMs(june('10:00') + n), v })),
          observation({ datastream: LEVEL, t: june('11:00'), v: null, quality: QUALITY.missing }),
          observation({ datastream: LEVEL, t: june('12:00'), v: 5, quality: QUALITY.suspect }),
          observation({ datastream: LEVEL, t: june('13:00'), v: 5, quality: QUALITY.unknown }),
        ]);
        const rows = await under.reader.range({ ...ALWAYS, datastream: LEVEL });
        expect(rows.map(row => row.v)).toEqual([...exact, null, 5, 5]);
        expect(rows.slice(-3).map(row => row.quality)).toEqual([9, 3, 2]);
      });

      it('keeps readings from the first accepted instant to the far end of the years', async () => {
        const times = [at('2000-01-01T00:00:00Z'), june('10:00'), at('2038-01-19T03:14:08Z')];
        await seed(times.map(t => observation({ datastream: LEVEL, t })));
        const rows = await under.reader.range({ ...ALWAYS, datastream: LEVEL });
        expect(rows.map(row => row.t)).toEqual(times);
      });
    });

    describe('aggregate', () => {
      it('answers exactly the aggregates asked for', async () => {
        await seed([4, 1, 7, 2].map((v, n) => observation({ datastream: LEVEL, t: june(`10:0${n}`), v })));
        const all = { count: 4, min: 1, max: 7, mean: 3.5, sum: 14, last: 2, difference: 1 + 6 + 2 };
        const names = ['count', 'min', 'max', 'mean', 'sum', 'last', 'difference'] as const;
        expect(await aggregate({ datastreams: [LEVEL], aggregates: names })).toEqual([
          { datastream: LEVEL, t: june('10:00'), values: all },
        ]);
        for (const name of names) {
          expect(values(await aggregate({ datastreams: [LEVEL], aggregates: [name] }))).toEqual([
            [june('10:00'), { [name]: all[name] }],
          ]);
        }
      });

      it('leaves out what is FAIL, MISSING or null, keeps SUSPECT, and has no bucket without a value', async () => {
        await seed([
          observation({ datastream: LEVEL, t: june('10:00'), v: 1 }),
          observation({ datastream: LEVEL, t: june('10:10'), v: 2, quality: QUALITY.suspect }),
          observation({ datastream: LEVEL, t: june('10:15'), v: 4, quality: QUALITY.unknown }),
          observation({ datastream: LEVEL, t: june('10:20'), v: 100, quality: QUALITY.fail }),
          observation({ datastream: LEVEL, t: june('10:30'), v: 100, quality: QUALITY.missing }),
          observation({ datastream: LEVEL, t: june('10:40'), v: null, quality: QUALITY.missing }),
          observation({ datastream: LEVEL, t: june('11:00'), v: null, quality: QUALITY.missing }),
          observation({ datastream: LEVEL, t: june('11:10'), v: 100, quality: QUALITY.fail }),
          observation({ datastream: LEVEL, t: june('13:00'), v: 5 }),
        ]);
        const rows = await aggregate({ datastreams: [LEVEL], aggregates: ['count', 'max', 'last'] });
        expect(values(rows)).toEqual([
          [june('10:00'), { count: 3, max: 4, last: 4 }],
          [june('13:00'), { count: 1, max: 5, last: 5 }],
        ]);
      });

      it('puts a state at the edge into the bucket that begins there', async () => {
        await seed([
          observation({ datastream: LEVEL, t: june('10:00'), v: 1 }),
          observation({ datastream: LEVEL, t: epochMs(june('11:00') - 1), v: 2 }),
          observation({ datastream: LEVEL, t: june('11:00'), v: 4 }),
        ]);
        expect(values(await aggregate({ datastreams: [LEVEL] }))).toEqual([
          [june('10:00'), { count: 2, sum: 3 }],
          [june('11:00'), { count: 1, sum: 4 }],
        ]);
      });

      it('puts a period total at the edge into the bucket that ends there', async () => {
        await seed([
          observation({ datastream: RAIN, t: june('10:00'), v: 1 }),
          observation({ datastream: RAIN, t: epochMs(june('10:00') + 1), v: 2 }),
          observation({ datastream: RAIN, t: june('11:00'), v: 4 }),
        ]);
        expect(values(await aggregate({ datastreams: [RAIN] }))).toEqual([
          [june('09:00'), { count: 1, sum: 1 }],
          [june('10:00'), { count: 2, sum: 6 }],
        ]);
      });

      it('chooses buckets by their start, from included and to not, whole ones', async () => {
        await seed([
          ...['09:30', '10:00', '10:30', '11:00', '11:30'].map(time =>
            observation({ datastream: LEVEL, t: june(time), v: 1 }),
          ),
          ...['10:00', '10:30', '11:00', '11:30', '12:00'].map(time =>
            observation({ datastream: RAIN, t: june(time), v: 1 }),
          ),
        ]);
        const window = { from: june('10:00'), to: june('11:00') };
        for (const datastream of [LEVEL, RAIN]) {
          const rows = await aggregate({ datastreams: [datastream], ...window });
          expect(values(rows)).toEqual([[june('10:00'), { count: 2, sum: 2 }]]);
        }
      });

      it('aligns days to local midnight and hydrological days to 08:00', async () => {
        await seed(
          [
            at('2026-05-31T23:59:59.999+08:00'),
            june('00:00'),
            june('07:59:59.999'),
            june('08:00'),
            june('23:00'),
          ].flatMap(t => [LEVEL, RAIN].map(datastream => observation({ datastream, t, v: 1 }))),
        );
        const counts = async (datastream: number, bucket: '1d' | 'hd') =>
          (await aggregate({ datastreams: [datastream], bucket, aggregates: ['count'] })).map(row => [
            new Date(row.t + 8 * 3_600_000).toISOString().slice(0, 16),
            row.values.count,
          ]);
        expect(await counts(LEVEL, '1d')).toEqual([
          ['2026-05-31T00:00', 1],
          ['2026-06-01T00:00', 4],
        ]);
        expect(await counts(RAIN, '1d')).toEqual([
          ['2026-05-31T00:00', 2],
          ['2026-06-01T00:00', 3],
        ]);
        expect(await counts(LEVEL, 'hd')).toEqual([
          ['2026-05-31T08:00', 3],
          ['2026-06-01T08:00', 2],
        ]);
        expect(await counts(RAIN, 'hd')).toEqual([
          ['2026-05-31T08:00', 4],
          ['2026-06-01T08:00', 1],
        ]);
      });

      it('sums what a counter grew, across bucket edges and before the window, a reset counting whole', async () => {
        await seed([
          observation({ datastream: COUNTER, t: june('09:30'), v: 100 }),
          observation({ datastream: COUNTER, t: june('10:30'), v: 103 }),
          observation({ datastream: COUNTER, t: june('10:45'), v: 999, quality: QUALITY.fail }),
          observation({ datastream: COUNTER, t: june('11:00'), v: 103.5 }),
          observation({ datastream: COUNTER, t: june('11:10'), v: 2 }),
          observation({ datastream: COUNTER, t: june('11:20'), v: 2 }),
          observation({ datastream: COUNTER, t: june('12:00'), v: 5 }),
          // Four hours of silence: what fell meanwhile is known only as a sum, which the next value brings.
          observation({ datastream: COUNTER, t: june('16:30'), v: 6 }),
        ]);
        const query = { datastreams: [COUNTER], aggregates: ['difference'] as const };
        expect(values(await aggregate(query))).toEqual([
          // The first value ever has nothing to differ from.
          [june('09:00'), { difference: 0 }],
          [june('10:00'), { difference: 3.5 }],
          [june('11:00'), { difference: 2 + 0 + 3 }],
          [june('16:00'), { difference: 1 }],
        ]);
        expect(values(await aggregate({ ...query, from: june('16:00'), to: june('17:00') }))).toEqual([
          [june('16:00'), { difference: 1 }],
        ]);
      });

      it('answers several datastreams, each by its own kind, and passes over those without values', async () => {
        await seed([
          observation({ datastream: LEVEL, t: june('11:00'), v: 1 }),
          observation({ datastream: RAIN, t: june('11:00'), v: 2 }),
          observation({ datastream: PUMP, t: june('11:00'), v: 0 }),
        ]);
        const rows = await aggregate({ datastreams: [LEVEL, RAIN, SILENT, PUMP, 999] });
        const sorted = [...rows].sort((a, b) => a.datastream - b.datastream);
        expect(sorted).toEqual([
          { datastream: LEVEL, t: june('11:00'), values: { count: 1, sum: 1 } },
          { datastream: RAIN, t: june('10:00'), values: { count: 1, sum: 2 } },
          { datastream: PUMP, t: june('11:00'), values: { count: 1, sum: 0 } },
        ]);
        expect(await aggregate({ datastreams: [] })).toEqual([]);
      });

      it('answers at most limit buckets, the oldest', async () => {
        await seed(
          ['13:00', '10:00', '12:00', '11:00'].map(t => observation({ datastream: LEVEL, t: june(t) })),
        );
        const rows = await aggregate({ datastreams: [LEVEL], limit: 3 });
        expect(rows.map(row => row.t)).toEqual(['10:00', '11:00', '12:00'].map(june));
      });
    });
  });
}
