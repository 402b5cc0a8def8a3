import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HOUR_MS, epochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import { LinearReservoir, NashCascade } from '../hydrology/linear-reservoir.ts';
import { PondingBasin, drawPondingShape } from './ponding-basin.ts';
import { PumpSump, sumpShape } from './pump-sump.ts';
import { RiverReach } from './river-reach.ts';
import { RAIN_PERIOD_MS, StormField } from './storm-field.ts';
import { WaterQuality, oxygenSaturation } from './water-quality.ts';

const FROM = epochMs(1_790_000_000_000);
/** Steps of a process: an input in [0, 1] and a length, seconds. */
const steps = fc.array(
  fc.record({ input: fc.double({ min: 0, max: 1, noNaN: true }), stepS: fc.integer({ min: 1, max: 600 }) }),
  { minLength: 1, maxLength: 100 },
);
/** 180 mm/h, more than any storm here brings. */
const HEAVIEST_MM_PER_S = 0.05;

describe('water balances close', () => {
  it.each([
    ['a linear reservoir', () => new LinearReservoir(900, 0.3)],
    ['a Nash cascade', () => new NashCascade({ count: 3, residenceS: 700, inflowM3PerS: 0.3 })],
  ])('of %s', (_name, create) => {
    fc.assert(
      fc.property(steps, given => {
        const reservoir = create();
        let expected = reservoir.storageM3;
        let turnover = expected;
        for (const { input, stepS } of given) {
          const outflow = reservoir.step(input * 10, stepS);
          expected += (input * 10 - outflow) * stepS;
          turnover += input * 10 * stepS;
          expect(outflow).toBeGreaterThan(-1e-9);
        }
        expect(Math.abs(reservoir.storageM3 - expected)).toBeLessThan(1e-9 * turnover + 1e-9);
      }),
    );
  });

  it('of a ponding basin, which never holds less than nothing', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (given, seed) => {
        const basin = new PondingBasin(drawPondingShape(new Random(seed)));
        let balance = 0;
        let turnover = 0;
        for (const { input, stepS } of given) {
          const { inflowM3, drainedM3 } = basin.step(input * HEAVIEST_MM_PER_S, stepS);
          balance += inflowM3 - drainedM3;
          turnover += inflowM3;
          expect(basin.depthM).toBeGreaterThanOrEqual(0);
        }
        expect(Math.abs(basin.volumeM3 - balance)).toBeLessThan(1e-9 * turnover + 1e-9);
      }),
    );
  });

  it('of a sump, which stays between floor and brim', () => {
    fc.assert(
      fc.property(steps, given => {
        const shape = sumpShape({ floorM: 12, heightM: 6, areaM2: 30, pumps: 3, pumpM3PerS: 0.12 });
        const sump = new PumpSump(shape);
        let balance = 0;
        for (const { input, stepS } of given) {
          const { pumpedM3, spilledM3 } = sump.step(input * 2, stepS);
          balance += input * 2 * stepS - pumpedM3 - spilledM3;
          expect(sump.levelM).toBeGreaterThanOrEqual(12);
          expect(sump.levelM).toBeLessThanOrEqual(18 + 1e-9);
        }
        expect(sump.volumeM3).toBeCloseTo(balance, 6);
      }),
    );
  });
});

describe('PumpSump', () => {
  const shape = sumpShape({ floorM: 0, heightM: 4, areaM2: 30, pumps: 2, pumpM3PerS: 0.1 });

  it('starts its pumps one after the other, lowers the level and stops them lower than it started them', () => {
    const sump = new PumpSump(shape);
    const log: (readonly [level: number, running: number])[] = [];
    const running = () => Number(sump.isRunning(0)) + Number(sump.isRunning(1));
    for (let step = 0; step < 400; step++) {
      sump.step(step < 60 ? 0.15 : 0, 10);
      log.push([sump.levelM, running()]);
    }
    expect(new Set(log.map(([, pumps]) => pumps))).toEqual(new Set([0, 1, 2]));
    const afterRain = log.slice(61).filter(([, pumps]) => pumps > 0);
    expect(afterRain.length).toBeGreaterThan(10);
    for (const [index, [level]] of afterRain.entries()) {
      if (index > 0) expect(level).toBeLessThan(afterRain[index - 1]![0]);
    }
    const [firstStart, lastRun] = [log.find(([, pumps]) => pumps > 0)!, afterRain.at(-1)!];
    expect(lastRun[0]).toBeLessThan(firstStart[0] / 2);
    expect(log.at(-1)![1]).toBe(0);
  });
});

describe('StormField', () => {
  it('gives the same weather for the same seed, in whatever order it is asked', () => {
    const place = { eastKm: 2, northKm: -3 };
    const periods = Array.from({ length: 500 }, (_, index) => epochMs(FROM + index * RAIN_PERIOD_MS));
    const one = new StormField(7);
    const other = new StormField(7);
    const forwards = periods.map(at => one.periodDepthMm(at, place, 'a'));
    const backwards = [...periods].reverse().map(at => other.periodDepthMm(at, place, 'a'));
    expect(backwards.reverse()).toEqual(forwards);
    const elsewhere = periods.map(at => new StormField(8).periodDepthMm(at, place, 'a'));
    expect(elsewhere).not.toEqual(forwards);
  });

  it('brings dry and wet hours in the amounts of a flood season', () => {
    const field = new StormField(3);
    const depths: number[] = [];
    for (let period = 0; period < 288 * 30; period++) {
      depths.push(
        field.periodDepthMm(epochMs(FROM + period * RAIN_PERIOD_MS), { eastKm: 0, northKm: 0 }, 'a'),
      );
    }
    const total = depths.reduce((sum, depth) => sum + depth, 0);
    expect(total).toBeGreaterThan(100);
    expect(total).toBeLessThan(1_500);
    expect(depths.filter(depth => depth === 0).length / depths.length).toBeGreaterThan(0.6);
    // The largest five-minute depths on record anywhere are some 60 mm.
    expect(Math.max(...depths)).toBeLessThan(30);
  });
});

describe('RiverReach', () => {
  it('rises after rain, peaks later than the rain and falls back slower than it rose', () => {
    const river = new RiverReach(new Random(5), 30, 6);
    const stages: number[] = [];
    for (let step = 0; step < 1_440; step++) {
      river.step(step < 60 ? 30 / 3_600 : 0, 60);
      stages.push(river.stageM);
    }
    const before = stages[0]!;
    const peak = Math.max(...stages);
    const peakAt = stages.indexOf(peak);
    expect(peak - before).toBeGreaterThan(1);
    expect(peakAt).toBeGreaterThan(60);
    const half = (peak + before) / 2;
    const rise = peakAt - stages.findIndex(stage => stage > half);
    const fall = stages.findIndex((stage, at) => at > peakAt && stage < half) - peakAt;
    expect(fall).toBeGreaterThan(rise);
    expect(stages.at(-1)!).toBeGreaterThan(30);
  });
});

describe('WaterQuality', () => {
  const run = (rain: (hour: number) => number) => {
    const quality = new WaterQuality(new Random(2));
    const rows: Record<'oxygen' | 'ammonia' | 'turbidity', number>[] = [];
    for (let step = 0; step < 72 * 60; step++) {
      quality.step(epochMs(FROM + step * 60_000), rain(step / 60) / 3_600, 60);
      rows.push({
        oxygen: quality.value('dissolved_oxygen')!,
        ammonia: quality.value('ammonia_nitrogen')!,
        turbidity: quality.value('turbidity')!,
      });
    }
    return rows;
  };
  const hours = (rows: ReturnType<typeof run>, from: number, to: number) => rows.slice(from * 60, to * 60);

  it('has more oxygen in the afternoon than before dawn', () => {
    const day = hours(
      run(() => 0),
      24,
      48,
    ).map(({ oxygen }) => oxygen);
    const localHour = (index: number) =>
      ((((FROM + 24 * HOUR_MS) / HOUR_MS + index / 60 + 8) % 24) + 24) % 24;
    const highest = localHour(day.indexOf(Math.max(...day)));
    const lowest = localHour(day.indexOf(Math.min(...day)));
    expect(highest).toBeGreaterThan(12);
    expect(highest).toBeLessThan(18);
    expect(lowest).toBeLessThan(9);
  });

  it('carries the dirt of the streets with the first rain, and less with the second', () => {
    const rows = run(hour => ((hour >= 30 && hour < 31) || (hour >= 38 && hour < 39) ? 20 : 0));
    const peak = (from: number, to: number, key: 'ammonia' | 'turbidity') =>
      Math.max(...hours(rows, from, to).map(row => row[key]));
    expect(peak(30, 33, 'ammonia')).toBeGreaterThan(peak(20, 30, 'ammonia') + 0.5);
    expect(peak(30, 33, 'turbidity')).toBeGreaterThan(peak(38, 41, 'turbidity') * 1.5);
    expect(Math.min(...rows.map(({ oxygen }) => oxygen))).toBeGreaterThan(0);
  });

  it('knows the oxygen saturation of fresh water', () => {
    // Standard Methods, table 4500-O: 14.62, 9.09 and 7.56 mg/L.
    for (const [temperatureC, mgPerL] of [
      [0, 14.62],
      [20, 9.09],
      [30, 7.56],
    ] as const) {
      expect(Math.abs(oxygenSaturation(temperatureC) - mgPerL)).toBeLessThan(0.15);
    }
  });
});
