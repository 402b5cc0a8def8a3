import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { LocalPlane } from './place.ts';
import type { Place } from './place.ts';
import { RainField } from './rain-field.ts';
import { RainGauge } from './rain-gauge.ts';
import { Weather } from './weather.ts';
import type { WeatherPlan } from './weather.ts';

const BEGIN = epochMs(1_790_000_040_000);
const REFERENCE = { latitude: 22.7, longitude: 114.2 };
const PLANE = new LocalPlane(REFERENCE);
const CENTRE: Place = { eastKm: 0.1, northKm: 0.1 };

/** Depth at a place over some hours from `BEGIN`, millimetres. */
function depthMm(weather: Weather, place: Place, hours: number): number {
  let sum = 0;
  for (let at = BEGIN + MINUTE_MS / 2; at < BEGIN + hours * HOUR_MS; at += MINUTE_MS) {
    sum += weather.rainMmPerS(weather.cellsAt(at), at, place) * 60;
  }
  return sum;
}

describe('Weather', () => {
  const storm = { begin: BEGIN, durationMs: 4 * HOUR_MS, depthMm: 100, radiusKm: 6, ...REFERENCE };
  const planned = (rest: object = {}): WeatherPlan => ({ climate: 'dry', storms: [{ ...storm, ...rest }] });
  /** The mean over seeds takes the texture out. */
  const meanDepth = (plan: WeatherPlan, place: Place) => {
    const depths = Array.from({ length: 30 }, (_, seed) => depthMm(new Weather(seed, plan, PLANE), place, 5));
    return depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
  };

  it('brings the planned depth to the centre and 61 % of it to the radius', () => {
    expect(Math.abs(meanDepth(planned(), CENTRE) - 100)).toBeLessThan(4);
    expect(Math.abs(meanDepth(planned(), { eastKm: 6.1, northKm: 0.1 }) - 60.5)).toBeLessThan(4);
    expect(meanDepth(planned(), { eastKm: 60, northKm: 0 })).toBe(0);
  });

  it('moves the cell: a place on its way gets its share before one further on', () => {
    const moving = new Weather(1, planned({ driftKmPerH: [10, 0], radiusKm: 3 }), PLANE);
    const mostAt = (place: Place) => {
      const rates = Array.from({ length: 240 }, (_, minute) => {
        const at = BEGIN + (minute + 0.5) * MINUTE_MS;
        return moving.rainMmPerS(moving.cellsAt(at), at, place);
      });
      return rates.indexOf(Math.max(...rates));
    };
    const west = mostAt({ eastKm: -8, northKm: 0 });
    const east = mostAt({ eastKm: 8, northKm: 0 });
    expect(east - west).toBeGreaterThan(45);
    expect(depthMm(moving, CENTRE, 5)).toBeLessThan(70);
  });

  it('has the peak where the plan says', () => {
    for (const peakShare of [0.2, 0.5, 0.8]) {
      const weather = new Weather(1, planned({ peakShare }), PLANE);
      const early = depthMm(weather, CENTRE, 4 * peakShare);
      expect(Math.abs(early / depthMm(weather, CENTRE, 5) - peakShare)).toBeLessThan(0.12);
    }
  });

  it('gives the same rain in whatever order it is asked', () => {
    const [one, other] = [new Weather(7, {}, PLANE), new Weather(7, {}, PLANE)];
    const times = Array.from({ length: 2_000 }, (_, index) => BEGIN + index * 5 * MINUTE_MS);
    const rain = (weather: Weather, at: number) => weather.rainMmPerS(weather.cellsAt(at), at, CENTRE);
    const forwards = times.map(at => rain(one, at));
    const backwards = [...times].reverse().map(at => rain(other, at));
    expect(backwards.reverse()).toEqual(forwards);
    expect(times.map(at => rain(new Weather(8, {}, PLANE), at))).not.toEqual(forwards);
  });

  it('brings dry and wet hours in the amounts of a flood season, and none to a dry climate', () => {
    const weather = new Weather(3, {}, PLANE);
    const dry = new Weather(3, { climate: 'dry' }, PLANE);
    const depths = Array.from({ length: 288 * 30 }, (_, period) => {
      const at = BEGIN + (period + 0.5) * 5 * MINUTE_MS;
      expect(dry.cellsAt(at)).toEqual([]);
      return weather.rainMmPerS(weather.cellsAt(at), at, CENTRE) * 300;
    });
    const total = depths.reduce((sum, depth) => sum + depth, 0);
    expect(total).toBeGreaterThan(100);
    expect(total).toBeLessThan(1_500);
    expect(depths.filter(depth => depth === 0).length / depths.length).toBeGreaterThan(0.6);
    // A five-minute depth above 30 mm would be a fault of the gauge.
    expect(Math.max(...depths)).toBeLessThan(30);
  });
});

describe('RainField', () => {
  it('gives an area the mean of five points, constant over a minute, and dries up', () => {
    const plan = {
      climate: 'dry',
      storms: [{ ...REFERENCE, begin: BEGIN, depthMm: 60, radiusKm: 3 }],
    } as const;
    const weather = new Weather(2, { ...plan, storms: [{ ...plan.storms[0], durationMs: HOUR_MS }] }, PLANE);
    const field = new RainField(weather);
    const [point, area] = [field.sampleAt(CENTRE), field.sampleAt(CENTRE, 64)];
    expect(field.sampleAt(CENTRE, 0.5)).toBe(point);
    field.moveTo(BEGIN + 30 * MINUTE_MS);
    const rate = point.mmPerS;
    expect(rate).toBeGreaterThan(0);
    expect(area.mmPerS).toBeGreaterThan(0);
    expect(area.mmPerS).not.toBe(rate);
    field.moveTo(BEGIN + 30 * MINUTE_MS + 50_000);
    expect(point.mmPerS).toBe(rate);
    field.moveTo(BEGIN + 2 * HOUR_MS);
    expect([point.mmPerS, area.mmPerS]).toEqual([0, 0]);
  });
});

describe('RainGauge', () => {
  it('counts whole tips, the same in the counter and in the totals of (start, end]', () => {
    const steps = fc.array(fc.double({ min: 0, max: 0.05, noNaN: true }), { minLength: 60, maxLength: 200 });
    fc.assert(
      fc.property(steps, rates => {
        const gauge = new RainGauge();
        gauge.addPeriod(60_000);
        const begin = 6_000_000;
        let sum = 0;
        let counterAtEdge = 0;
        for (const [index, rate] of rates.entries()) {
          const end = begin + (index + 1) * 10_000;
          gauge.step(rate, 10, end);
          if (end % 60_000 !== 0) continue;
          sum += gauge.totalMm(60_000);
          counterAtEdge = gauge.counterMm;
        }
        expect(sum).toBeCloseTo(counterAtEdge, 6);
        const fallen = rates.reduce((total, rate) => total + rate * 10, 0);
        expect(gauge.counterMm).toBeLessThanOrEqual(fallen + 1e-9);
        expect(gauge.counterMm).toBeGreaterThan(fallen - 0.1 - 1e-9);
      }),
    );
  });
});
