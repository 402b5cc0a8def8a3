import { expect, it } from 'vitest';

import type { StoredDatastream } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import { observation } from '../test/harness/store-batch.ts';
import { WatchHistory } from './watch-history.ts';

const PAGE = 50_000;

it('names datastreams as rules do, also those that are numbered later', () => {
  const known: StoredDatastream[] = [{ id: 1, station: 'S', property: 'water_level' }];
  const history = new WatchHistory({
    datastreams: start => known.slice(start),
    storedAtStart: 1,
    reader: { range: () => Promise.resolve([]) },
  });
  expect(history.inputOf(1)).toBe('S/water_level');
  expect(history.inputOf(2)).toBeUndefined();
  known.push({ id: 2, station: 'S', property: 'pump_running', instance: '3' });
  expect(history.inputOf(2)).toBe('S/pump_running.3');
  expect(['S/water_level', 'S/pump_running.3'].map(input => history.wasStored(input))).toEqual([true, false]);
});

it('reads everything from an instant on, page by page, and nothing of what has no number', async () => {
  const all = Array.from({ length: 2 * PAGE + 7 }, (_, at) =>
    observation({ datastream: 1, t: epochMs(1e12 + at * 1_000) }),
  );
  let queries = 0;
  const history = new WatchHistory({
    datastreams: start => [{ id: 1, station: 'S', property: 'water_level' }].slice(start),
    storedAtStart: 1,
    reader: {
      range: ({ datastream, from, to, limit }) => {
        queries += 1;
        const rows = all.filter(row => row.datastream === datastream && row.t >= from && row.t < to);
        return Promise.resolve(rows.slice(0, limit));
      },
    },
  });
  const readings = await history.readings('S/water_level', epochMs(1e12 + 5_000));
  expect(readings.map(({ t }) => t)).toEqual(all.slice(5).map(({ t }) => t));
  expect(readings[0]).toMatchObject({ kind: 'reading', input: 'S/water_level', received: all[5]?.received });
  expect(queries).toBe(3);
  expect(await history.readings('S/rainfall', epochMs(0))).toEqual([]);
  expect(queries).toBe(3);
});
