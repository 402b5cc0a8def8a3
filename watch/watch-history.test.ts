import { expect, it } from 'vitest';

import type { SeriesSpan, StoredDatastream } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import { observation, storeBatch } from '../test/harness/store-batch.ts';
import { WatchHistory } from './watch-history.ts';

it('names datastreams as rules do, also those that are numbered later', () => {
  const known: StoredDatastream[] = [{ id: 1, station: 'S', property: 'water_level' }];
  const history = new WatchHistory({
    datastreams: start => known.slice(start),
    storedAtStart: 1,
    reader: { winners: () => Promise.reject(new Error('Nothing is to be read.')) },
  });
  expect(history.inputOf(1)).toBe('S/water_level');
  expect(history.inputOf(2)).toBeUndefined();
  known.push({ id: 2, station: 'S', property: 'pump_running', instance: '3' });
  expect(history.inputOf(2)).toBe('S/pump_running.3');
  expect(['S/water_level', 'S/pump_running.3'].map(input => history.wasStored(input))).toEqual([true, false]);
});

it('reads several inputs at once, each from its own instant on, and nothing of what has no number', async () => {
  const rows = [
    observation({ datastream: 1, t: epochMs(5_000), v: 1.5 }),
    observation({ datastream: 2, t: epochMs(7_000), v: null }),
    observation({ datastream: 1, t: epochMs(6_000), v: 2.5 }),
  ];
  const asked: SeriesSpan[][] = [];
  const history = new WatchHistory({
    datastreams: start =>
      [
        { id: 1, station: 'S', property: 'water_level' },
        { id: 2, station: 'S', property: 'rainfall' },
      ].slice(start),
    storedAtStart: 2,
    reader: {
      winners: spans => {
        asked.push([...spans]);
        return Promise.resolve(storeBatch({ readings: rows }).readings);
      },
    },
  });
  const from = new Map([
    ['S/water_level', epochMs(5_000)],
    ['S/rainfall', epochMs(0)],
    ['S/ponding_depth', epochMs(0)],
  ]);
  const readings = await history.readings(from, epochMs(9_000));
  expect(asked).toEqual([
    [
      { datastream: 1, from: 5_000, to: 9_001 },
      { datastream: 2, from: 0, to: 9_001 },
    ],
  ]);
  expect(readings.get('S/water_level')?.map(({ t, v }) => [t, v])).toEqual([
    [5_000, 1.5],
    [6_000, 2.5],
  ]);
  const { datastream: _, ...rain } = rows[1]!;
  expect(readings.get('S/rainfall')).toEqual([{ ...rain, kind: 'reading', input: 'S/rainfall' }]);
  expect(await history.readings(new Map([['S/ponding_depth', epochMs(0)]]))).toEqual(new Map());
  expect(asked).toHaveLength(1);
});
