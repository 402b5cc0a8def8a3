import { afterEach, describe, expect, it, vi } from 'vitest';

import type { Datastream } from '../wire.ts';
import { curveColumns, valueRange, withLive, withNewer } from './curve-data.ts';
import { planCurve, readCurve } from './curve-request.ts';

const stage: Datastream = {
  name: 'water_level',
  property: 'water_level',
  instance: null,
  unit: 'm',
  datum: null,
  interpolation: 'instantaneous',
  intervalMs: 60_000,
  thresholds: null,
  state: { alarm: 'unknown', severity: null, data: 'good' },
  latest: null,
};
const sump = { ...stage, name: 'sump_level', intervalMs: 10_000 };
const rain: Datastream = { ...stage, name: 'rainfall', interpolation: 'period_total', intervalMs: 300_000 };

const good = (t: number, v = 1) => ({ t, v, flag: 1 });

describe('planCurve', () => {
  it.each([
    { what: 'a minute of stage', of: stage, range: '7d' as const, bucket: undefined },
    { what: 'a fast sump', of: sump, range: '24h' as const, bucket: undefined },
    { what: 'a fast sump', of: sump, range: '7d' as const, bucket: '5m' },
    { what: 'rain', of: rain, range: '24h' as const, bucket: undefined },
    { what: 'rain', of: rain, range: '7d' as const, bucket: '1h' },
    { what: 'hourly rain', of: { ...rain, intervalMs: 3_600_000 }, range: '7d' as const, bucket: undefined },
  ])('reads $what over $range in buckets of $bucket', ({ of, range, bucket }) => {
    expect(planCurve(of, range).bucket).toBe(bucket);
  });

  it('lets no short total stand beside hourly ones', () => {
    expect(planCurve(rain, '7d').takesReadings).toBe(false);
    expect(planCurve(rain, '24h').takesReadings).toBe(true);
    expect(planCurve(sump, '7d').takesReadings).toBe(true);
  });
});

describe('readCurve', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('follows the pages to the end, and says when the server refuses', async () => {
    const asked: string[] = [];
    const pages = [
      { items: [good(1)], next: 'more' },
      { items: [good(2)], next: null },
    ];
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path);
      return Promise.resolve(
        Response.json(pages[asked.length - 1] ?? {}, { status: asked.length > 2 ? 503 : 200 }),
      );
    });
    const query = { station: 'A', datastream: stage, plan: planCurve(stage, '3h'), from: 0.5, to: 9.5 };
    const { signal } = new AbortController();
    expect(await readCurve(query, signal)).toEqual([good(1), good(2)]);
    expect(asked[0]).toBe('/api/v1/datastreams/A/water_level/observations?from=0&to=10');
    expect(asked[1]).toContain('cursor=more');
    await expect(readCurve(query, signal)).rejects.toThrow('503');
  });

  it('makes rows of buckets', async () => {
    const items = [
      { t: 1, mean: 2, min: 1, max: 3 },
      { t: 2, mean: null, min: null, max: null },
    ];
    vi.stubGlobal('fetch', (path: string) => {
      expect(path).toContain('interval=5m&agg=mean%2Cmin%2Cmax');
      return Promise.resolve(Response.json({ items, next: null }));
    });
    const query = { station: 'A', datastream: sump, plan: planCurve(sump, '7d'), from: 0, to: 9 };
    expect(await readCurve(query, new AbortController().signal)).toEqual([
      { t: 1, v: 2, flag: 1, low: 1, high: 3 },
      { t: 2, v: null, flag: 1 },
    ]);
  });
});

describe('curveColumns', () => {
  it('breaks the line only where more than three intervals are missing', () => {
    const { times, line, gaps } = curveColumns([good(0), good(30), good(61)], 10);
    expect(times).toEqual([0, 30, 45.5, 61]);
    expect(line).toEqual([1, 1, null, 1]);
    expect(gaps).toBe(1);
  });

  it('marks flags; what is no measurement leaves the line', () => {
    const rows = [good(0), { t: 1, v: 5, flag: 3 }, { t: 2, v: 99, flag: 4 }, { t: 3, v: null, flag: 9 }];
    const { line, marks } = curveColumns(rows, 1);
    expect(line).toEqual([1, 5, null, null]);
    expect(marks).toEqual([
      { t: 1, v: 5, kind: 'suspect' },
      { t: 2, v: 99, kind: 'bad' },
      { t: 3, v: null, kind: 'bad' },
    ]);
  });

  it('carries the extremes of buckets', () => {
    const { low, high } = curveColumns([{ ...good(0), low: 0.5, high: 2 }, good(1)], 1);
    expect([low, high]).toEqual([
      [0.5, null],
      [2, null],
    ]);
  });
});

describe('withLive', () => {
  it('appends what is newer and nothing else', () => {
    const rows = [good(1), good(2)];
    expect(withLive(rows, good(3, 7))).toEqual([...rows, good(3, 7)]);
    expect(withLive(rows, good(2, 7))).toBe(rows);
    expect(withLive(rows, null)).toBe(rows);
    expect(withLive([], good(3))).toEqual([good(3)]);
  });
});

describe('withNewer', () => {
  it('takes the rows as they are, and keeps of those before what is newer', () => {
    const rows = [good(1), good(2, 5), good(4)];
    expect(withNewer(rows, [good(1), good(2), good(4, 7)])).toBe(rows);
    expect(withNewer(rows, [good(2), good(5), good(6)])).toEqual([...rows, good(5), good(6)]);
    expect(withNewer([], [good(1)])).toEqual([good(1)]);
  });
});

describe('valueRange', () => {
  const warning = { name: 'warning', value: 11.5 };
  const crest = { name: 'crest', value: 20 };

  it('takes in near thresholds and leaves far ones out', () => {
    const [min, max] = valueRange([10, null, 11], [warning, crest], 0.001);
    expect(min).toBeLessThan(10);
    expect(max).toBeGreaterThan(11.5);
    expect(max).toBeLessThan(13);
  });

  it('gives a constant and an empty curve so much height that the marks of the axis differ', () => {
    const [min, max] = valueRange([5, 5], [], 0.1);
    expect([min, max]).toEqual([4.5, 5.5]);
    expect(valueRange([], [], 0.1)).toEqual([0, 1]);
  });
});
