import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SOURCE_RANK } from '../model/observation.ts';
import { compareCandidates } from '../model/winner.ts';
import { durationMs, epochMs, MINUTE_MS } from '../time/instant.ts';
import type { EpochMs } from '../time/instant.ts';
import { rollUp } from './quality-finding.ts';
import type { PackedFlags } from './quality-finding.ts';
import { QualityNetwork } from './quality-network.ts';
import type { NetworkMember } from './quality-network.ts';
import type { QualityParameters, TimeSpan } from './quality-parameters.ts';
import { affectedBy, windowFor } from './quality-parameters.ts';
import { qualifySeries } from './qualify-series.ts';
import type { ReadingQuality } from './qualify-series.ts';
import { QualitySeries } from './quality-series.ts';
import type { QualityChange } from './quality-series.ts';
import { SeriesWindow } from './series-window.ts';
import type { SeriesPoint } from './series-window.ts';

const minutes = (count: number): number => count * MINUTE_MS;

const LEVEL: QualityParameters = {
  maxGapMs: minutes(3),
  suspectAtMost: true,
  grossRange: { failSpan: [0, 5], suspectSpan: [0, 4] },
  timeGap: { suspectThresholdMs: minutes(2) },
  spike: { suspectThreshold: 1, failThreshold: 2 },
  rateOfChange: { suspectThreshold: 2, perMs: minutes(4) },
  flatLine: { tolerance: 0.5, suspectThresholdMs: minutes(4), failThresholdMs: minutes(6) },
  neighbour: { overMs: minutes(2), maxAgeMs: minutes(2), suspectThreshold: 1, minNeighbours: 1 },
};
const STILL: QualityParameters = {
  maxGapMs: minutes(3),
  suspectAtMost: false,
  grossRange: { failSpan: [0, 5] },
  flatLine: { tolerance: 0, suspectThresholdMs: minutes(4), failThresholdMs: minutes(6) },
};
const RIVER_IN_RAIN: QualityParameters = {
  ...LEVEL,
  suspectAtMost: false,
  flatLine: { tolerance: 0, suspectThresholdMs: minutes(3), minRainMm: 3 },
};
const RAIN: QualityParameters = {
  maxGapMs: minutes(2),
  suspectAtMost: true,
  rainKind: 'period_total',
  grossRange: { failSpan: [0, 5] },
  rainIntensity: { limits: [{ overMs: minutes(5), suspectThreshold: 6 }] },
  rainNeighbour: { overMs: minutes(4), wetMm: 3, ratio: 2, minNeighbours: 1 },
};
const COUNTER: QualityParameters = {
  maxGapMs: minutes(2),
  suspectAtMost: true,
  rainKind: 'counter',
  grossRange: { failSpan: [0, 5] },
  rainIntensity: { limits: [{ overMs: minutes(5), suspectThreshold: 3 }] },
  counterReset: { resetMaxMm: 1 },
};

/** Every reading has a part in the flags of half an hour. */
const COUNTER_FAST: QualityParameters = {
  ...COUNTER,
  grossRange: { failSpan: [0, 1e6] },
  rainIntensity: { limits: [{ overMs: minutes(30), suspectThreshold: 1e6 }] },
};

const point: fc.Arbitrary<SeriesPoint> = fc.record({
  t: fc.integer({ min: 0, max: 40 }).map(minute => epochMs(minutes(minute))),
  v: fc.option(fc.integer({ min: -1, max: 6 }), { nil: null, freq: 12 }),
  deviceFlag: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 4),
  source: fc.constantFrom(SOURCE_RANK.device, SOURCE_RANK.operator),
  sent: fc.integer({ min: 0, max: 3 }).map(epochMs),
  received: fc.constant(epochMs(0)),
  position: fc.integer({ min: 1, max: 1_000 }),
});

/** Readings with doubles, in an order of arrival, cut into batches. */
const arrival: fc.Arbitrary<readonly (readonly SeriesPoint[])[]> = fc
  .array(point, { minLength: 1, maxLength: 60 })
  .chain(points =>
    fc.tuple(
      fc.shuffledSubarray([...points, ...points.slice(0, 10)], {
        minLength: points.length + Math.min(10, points.length),
      }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 10 }),
    ),
  )
  .map(([order, sizes]) => cut(order, sizes));

function cut(points: readonly SeriesPoint[], sizes: readonly number[]): readonly (readonly SeriesPoint[])[] {
  const batches: SeriesPoint[][] = [];
  for (let at = 0; at < points.length;) {
    const size = sizes[batches.length % sizes.length] ?? 1;
    batches.push(points.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** The winners in order of time, found without any of the code under test. */
function accepted(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const winners = new Map<number, SeriesPoint>();
  for (const candidate of points) {
    const standing = winners.get(candidate.t);
    if (standing === undefined || compareCandidates(candidate, standing) > 0)
      winners.set(candidate.t, candidate);
  }
  return [...winners.values()].sort((a, b) => a.t - b.t);
}

/** Values that often stay the same, with some readings left out. */
const dense: fc.Arbitrary<readonly SeriesPoint[]> = fc
  .array(fc.constantFrom(1, 1, 1, 1, 2, undefined), { minLength: 10, maxLength: 40 })
  .map(values => values.flatMap((v, minute) => (v === undefined ? [] : [reading(minute, v)])));

const ALL = { from: epochMs(0), to: epochMs(Number.MAX_SAFE_INTEGER) };
const rolledUp = (flags: number | undefined) =>
  flags === undefined ? undefined : rollUp(flags as PackedFlags);
const asMap = (list: readonly ReadingQuality[]): Map<number, number> =>
  new Map(list.map(({ t, flags }) => [t, flags]));

describe('QualitySeries', () => {
  it.each([
    { name: 'level', parameters: LEVEL },
    { name: 'level with fails', parameters: { ...LEVEL, suspectAtMost: false } },
    { name: 'rain', parameters: RAIN },
    { name: 'counter', parameters: COUNTER },
  ])('$name: any arrival leads to the flags of the sorted series', ({ parameters }) => {
    fc.assert(
      fc.property(arrival, batches => {
        const series = new QualitySeries(parameters, {
          horizonMs: durationMs(minutes(60)),
          maxReadings: 1_000,
        });
        const told = new Map<number, number>();
        for (const batch of batches) {
          const { changes, stale } = series.offer(batch);
          expect(stale).toEqual([]);
          for (const { t, flags, before } of changes) {
            expect(told.get(t)).not.toBe(flags);
            expect(before).toBe(rolledUp(told.get(t)));
            told.set(t, flags);
          }
        }
        expect(told).toEqual(asMap(qualifySeries(accepted(batches.flat()), parameters, ALL)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('within a short horizon the flags are those of the sorted series, and it says where they are not', () => {
    fc.assert(
      fc.property(arrival, batches => {
        const limits = { horizonMs: durationMs(minutes(8)), maxReadings: 1_000 };
        const series = new QualitySeries(LEVEL, limits);
        const told = new Map<number, number>();
        const taken: SeriesPoint[] = [];
        const old: TimeSpan[] = [];
        for (const batch of batches) {
          const { changes, stale } = series.offer(batch);
          for (const { t, flags } of changes) told.set(t, flags);
          taken.push(...batch);
          old.push(...stale);
          for (const [t, flags] of asMap(qualifySeries(accepted(taken), LEVEL, ALL))) {
            if (told.get(t) === flags) continue;
            expect(t).toBeLessThan(series.edge);
            expect(old.some(({ from, to }) => from <= t && t <= to)).toBe(true);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps no more readings than allowed, and judges on by what is left', () => {
    const series = new QualitySeries(LEVEL, { horizonMs: durationMs(minutes(1_000)), maxReadings: 4 });
    for (let minute = 0; minute < 200; minute += 1) {
      const { changes } = series.offer([reading(minute, minute % 2 === 0 ? 1 : 1.8)]);
      expect(changes.map(({ t }) => t)).toContain(minutes(minute));
      expect(series.window.size).toBeLessThanOrEqual(4);
    }
    const edge = series.edge;
    // What was told of so dense a series stays: there is no end of it in the store either.
    expect(series.offer([reading(3, 1)]).stale).toEqual([]);
    expect(series.offer([reading(198.5, 1)]).stale).toEqual([]);
    expect(series.edge).toBeGreaterThanOrEqual(edge);
    expect(series.offer([reading(200, 1)]).changes.map(({ t }) => t)).toContain(minutes(200));
  });

  it('finds nothing stale in what it knows already', () => {
    const series = new QualitySeries(LEVEL, { horizonMs: durationMs(minutes(2)), maxReadings: 100 });
    for (let minute = 0; minute < 10; minute += 1) series.offer([reading(minute, 1)]);
    expect(series.offer([reading(5, 1)])).toEqual({ changes: [], stale: [], touched: undefined });
    expect(series.offer([{ ...reading(5, 2), sent: epochMs(1) }]).stale).toHaveLength(1);
    expect(series.window.qualityAt(series.window.indexOf(minutes(5)))).toBeUndefined();
    series.settle(epochMs(minutes(5)), 3);
    expect(series.window.qualityAt(series.window.indexOf(minutes(5)))).toBe(3);
  });

  it('goes on with what is restored as if it had never stopped', () => {
    fc.assert(
      fc.property(arrival, fc.nat(), (batches, cutAt) => {
        const limits = { horizonMs: durationMs(minutes(8)), maxReadings: 1_000 };
        const whole = new QualitySeries(LEVEL, limits);
        const place = cutAt % (batches.length + 1);
        for (const batch of batches.slice(0, place)) whole.offer(batch);
        const again = new QualitySeries(LEVEL, limits);
        again.noteNewest(whole.newest);
        again.restore(
          accepted(batches.slice(0, place).flat()).map(point => {
            const at = whole.window.indexOf(point.t);
            return { ...point, quality: (at < 0 ? undefined : whole.window.qualityAt(at)) ?? 2 };
          }),
        );
        for (const batch of batches.slice(place)) {
          const rolled = (changes: readonly QualityChange[]) =>
            changes.flatMap(({ t, before, quality }) => (before === quality ? [] : [[t, quality]]));
          const outcome = whole.offer(batch);
          const repeated = again.offer(batch);
          expect(rolled(repeated.changes)).toEqual(rolled(outcome.changes));
          expect(repeated.stale).toEqual(outcome.stale);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves most to the store where a late reading touches very many', () => {
    const series = new QualitySeries(COUNTER_FAST, {
      horizonMs: durationMs(minutes(60)),
      maxReadings: 5_000,
    });
    const at = (second: number) => ({ ...reading(0, second), t: epochMs(second * 1_000) });
    for (let second = 0; second < 1_800; second += 1) if (second !== 100) series.offer([at(second)]);
    const { stale } = series.offer([at(100)]);
    expect(stale).toHaveLength(1);
    expect(stale[0]!.from).toBeLessThan(minutes(4));
    expect(series.window.flagsAt(120)).toBeDefined();
    expect(series.window.flagsAt(1_000)).toBeUndefined();
    expect(series.window.qualityAt(1_000)).toBe(1);
    series.settle(epochMs(1_000_000), 3);
    expect(series.window.qualityAt(1_000)).toBe(3);
    expect(series.offer([at(1_800)]).stale).toEqual([]);
  });

  it('lets go of readings beyond the horizon and its reach', () => {
    const series = new QualitySeries(LEVEL, { horizonMs: durationMs(minutes(10)), maxReadings: 1_000 });
    for (let minute = 0; minute < 500; minute += 1) series.offer([reading(minute, 1)]);
    expect(series.window.size).toBeLessThan(25);
  });

  it('tells a spike when the next reading is there, and takes it back when a late one explains it', () => {
    const series = new QualitySeries(LEVEL, { horizonMs: durationMs(minutes(60)), maxReadings: 100 });
    series.offer([reading(0, 1), reading(2, 3.5)]);
    const spiked = series.offer([reading(4, 1)]).changes.find(({ t }) => t === minutes(2));
    expect(spiked).toMatchObject({ before: 3, quality: 3 });
    expect(series.explain(epochMs(minutes(2)))).toContainEqual({
      test: 'spike',
      flag: 3,
      t: minutes(2),
      detail: { height: 2.5, failThreshold: 2 },
    });
    expect(series.offer([reading(3, 3.4)]).changes.map(({ t }) => t)).toContain(minutes(2));
    expect(series.explain(epochMs(minutes(2)))?.find(({ test }) => test === 'spike')?.flag).toBe(1);
  });
});

function reading(minute: number, v: number): SeriesPoint {
  return {
    t: epochMs(minutes(minute)),
    v,
    deviceFlag: 0,
    source: SOURCE_RANK.device,
    sent: epochMs(0),
    received: epochMs(0),
    position: minute + 1,
  };
}

describe('qualifySeries', () => {
  it('needs no more than the window for what a late reading affects', () => {
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 5, maxLength: 80 }),
        fc.constantFrom(LEVEL, RAIN, COUNTER),
        (points, parameters) => {
          const series = accepted(points);
          const late = series[Math.floor(series.length / 2)]!;
          const span = affectedBy(late.t, parameters);
          const { from, to } = windowFor(span, parameters);
          const cutOut = series.filter(({ t }) => t >= from && t <= to);
          const whole = asMap(qualifySeries(series, parameters, ALL));
          const without = asMap(
            qualifySeries(
              series.filter(({ t }) => t !== late.t),
              parameters,
              ALL,
            ),
          );
          const judged = asMap(qualifySeries(cutOut, parameters, span));
          const inSpan = (t: number): boolean => t >= span.from && t <= span.to;
          const expected = [...whole].filter(([t]) => inSpan(t));
          const others = [...whole].filter(([t]) => !inSpan(t) && t !== late.t);
          expect([...judged]).toEqual(expected);
          expect(others.map(([t]) => [t, without.get(t)])).toEqual(others);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('windowFor', () => {
  it('holds all that the flags of one reading follow from', () => {
    fc.assert(
      fc.property(dense, fc.constantFrom(LEVEL, STILL, RAIN, COUNTER), (series, parameters) => {
        const whole = asMap(qualifySeries(series, parameters, ALL));
        for (const { t } of series) {
          const { from, to } = windowFor({ from: t, to: t }, parameters);
          const cutOut = series.filter(other => other.t >= from && other.t <= to);
          expect(asMap(qualifySeries(cutOut, parameters, { from: t, to: t }))).toEqual(
            new Map([[t, whole.get(t)]]),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('QualityNetwork', () => {
  const members: readonly NetworkMember[] = [
    { datastream: 1, parameters: RIVER_IN_RAIN, neighbours: [2], rain: [3, 4] },
    { datastream: 2, parameters: LEVEL, neighbours: [1] },
    { datastream: 3, parameters: RAIN, neighbours: [4] },
    { datastream: 4, parameters: RAIN, neighbours: [3] },
    { datastream: 5, parameters: COUNTER },
  ];

  it('any arrival over linked datastreams leads to the flags of the sorted series', () => {
    const step = fc.tuple(fc.constantFrom(1, 2, 3, 4, 5), fc.array(point, { minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(8, 60),
        (steps, horizon) => {
          const limits = { horizonMs: durationMs(minutes(horizon)), maxReadings: 1_000 };
          const network = new QualityNetwork(members, limits);
          const told = new Map<number, Map<number, number>>(
            members.map(({ datastream }) => [datastream, new Map()]),
          );
          for (const [datastream, points] of steps) {
            for (const { datastream: whose, changes } of network.offer(datastream, points).changed) {
              for (const { t, flags } of changes) told.get(whose)?.set(t, flags);
            }
          }
          const seriesOf = (id: number) =>
            accepted(steps.filter(([of]) => of === id).flatMap(([, points]) => points));
          const windowOf = (id: number) => SeriesWindow.of(seriesOf(id), [0, 5]);
          const linked = steps.filter(([of]) => of !== 5).flatMap(([, points]) => points.map(({ t }) => t));
          for (const { datastream, parameters, neighbours = [], rain = [] } of members) {
            const companions = { neighbours: neighbours.map(windowOf), rain: rain.map(windowOf) };
            const own = seriesOf(datastream);
            const newest = Math.max(...(datastream === 5 ? own.map(({ t }) => t) : linked));
            for (const { t, flags } of qualifySeries(own, parameters, ALL, companions)) {
              if (t >= newest - minutes(horizon)) {
                expect([datastream, t, told.get(datastream)?.get(t)]).toEqual([datastream, t, flags]);
              }
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('says what is beyond the horizon of the newest reading of any linked datastream', () => {
    const network = new QualityNetwork(members, { horizonMs: durationMs(minutes(10)), maxReadings: 100 });
    network.offer(1, [reading(30, 1)]);
    const [own, watcher] = network.offer(2, [reading(5, 1)]).stale;
    expect(own).toMatchObject({ datastream: 2, from: minutes(5 - 3) });
    expect(watcher).toMatchObject({ datastream: 1, from: minutes(5) });
    expect(network.offer(5, [reading(5, 1)]).stale).toEqual([]);
  });

  it('says of every flag that may be old by now where it is', () => {
    const step = fc.tuple(fc.constantFrom(1, 2, 3, 4, 5), fc.array(point, { minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), steps => {
        const network = new QualityNetwork(members, { horizonMs: durationMs(minutes(6)), maxReadings: 100 });
        const told = new Map<string, number>();
        const old = [];
        for (const [datastream, points] of steps) {
          const { changed, stale } = network.offer(datastream, points);
          old.push(...stale);
          for (const { datastream: whose, changes } of changed) {
            for (const { t, flags } of changes) told.set(`${whose}@${t}`, flags);
          }
        }
        const seriesOf = (id: number) =>
          accepted(steps.filter(([of]) => of === id).flatMap(([, points]) => points));
        const windowOf = (id: number) => SeriesWindow.of(seriesOf(id), [0, 5]);
        for (const { datastream, parameters, neighbours = [], rain = [] } of members) {
          const companions = { neighbours: neighbours.map(windowOf), rain: rain.map(windowOf) };
          for (const { t, flags } of qualifySeries(seriesOf(datastream), parameters, ALL, companions)) {
            if (told.get(`${datastream}@${t}`) === flags) continue;
            const isKnown = old.some(
              span => span.datastream === datastream && span.from <= t && t <= span.to,
            );
            expect([datastream, t, isKnown]).toEqual([datastream, t, true]);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('leads to the same flags when its members come one after the other', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.tuple(fc.constantFrom(1, 2, 3, 4, 5), fc.array(point, { maxLength: 4 })) },
      { weight: 1, arbitrary: fc.constant('again' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), steps => {
        const limits = { horizonMs: durationMs(minutes(60)), maxReadings: 1_000 };
        const whole = new QualityNetwork(members, limits);
        const growing = new QualityNetwork([], limits);
        const numbered = new Set<number>();
        const learn = (): void => {
          const known = (ids: readonly number[] = []) => ids.filter(id => numbered.has(id));
          growing.setMembers(
            members
              .filter(({ datastream }) => numbered.has(datastream))
              .map(({ datastream, parameters, neighbours, rain }) => ({
                datastream,
                parameters: structuredClone(parameters),
                neighbours: known(neighbours),
                rain: known(rain),
              })),
          );
        };
        const times = new Map<number, Set<EpochMs>>();
        for (const each of steps) {
          if (each === 'again') {
            learn();
            continue;
          }
          const [datastream, points] = each;
          if (!numbered.has(datastream)) {
            numbered.add(datastream);
            learn();
          }
          whole.offer(datastream, points);
          growing.offer(datastream, points);
          const known = times.get(datastream) ?? new Set();
          times.set(datastream, known);
          for (const { t } of points) known.add(t);
          for (const [id, seen] of times) {
            for (const t of seen) expect(growing.explain(id, t)).toEqual(whole.explain(id, t));
            for (const t of seen) expect(growing.qualityAt(id, t)).toBe(whole.qualityAt(id, t));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('judges by new parameters what comes after them, and keeps what it knows', () => {
    const limits = { horizonMs: durationMs(minutes(60)), maxReadings: 100 };
    const network = new QualityNetwork([{ datastream: 1, parameters: STILL }], limits);
    network.offer(1, [reading(0, 1), reading(1, 4.5)]);
    network.setMembers([{ datastream: 1, parameters: LEVEL }]);
    expect(network.qualityAt(1, epochMs(minutes(1)))).toBe(1);
    const { changed } = network.offer(1, [reading(2, 1)]);
    expect(changed[0]?.changes.map(({ t, before, quality }) => [t, before, quality])).toEqual([
      [minutes(1), 1, 3],
      [minutes(2), undefined, 3],
    ]);
    network.setMembers([]);
    expect(network.offer(1, [reading(3, 1)])).toEqual({ changed: [], stale: [] });
  });

  it('judges a neighbour anew when a late reading explains it, and says so', () => {
    const network = new QualityNetwork(members, { horizonMs: durationMs(minutes(60)), maxReadings: 100 });
    network.offer(1, [reading(0, 1), reading(2, 3)]);
    network.offer(2, [reading(0, 1)]);
    const { changed } = network.offer(2, [reading(2, 3)]);
    expect(changed.map(({ datastream }) => datastream)).toEqual([2, 1]);
    const told = network.explain(1, epochMs(minutes(2)))?.find(({ test }) => test === 'neighbour');
    expect(told).toEqual({ test: 'neighbour', flag: 1, t: minutes(2), detail: {} });
    expect(network.explain(1, epochMs(1))).toBeUndefined();
  });

  it('refuses a link to a datastream that is not there', () => {
    const lonely = [{ datastream: 1, parameters: LEVEL, neighbours: [9] }];
    expect(() => new QualityNetwork(lonely, { horizonMs: durationMs(1), maxReadings: 1 })).toThrow(/9/);
  });
});
