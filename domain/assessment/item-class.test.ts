import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OBSERVED_PROPERTIES } from '../model/observed-property.ts';
import { COUNTED_ITEMS, GB3838_ITEMS } from './gb3838.ts';
import { itemClass } from './item-class.ts';
import type { QualityClass, WaterBody } from './quality-class.ts';

/** Table 1 as printed, written down a second time; the last place of a number is the one that a step moves. */
const TABLE_1 = `
  permanganate_index             2        4        6        10       15
  chemical_oxygen_demand         15       15       20       30       40
  biochemical_oxygen_demand      3        3        4        6        10
  ammonia_nitrogen               0.15     0.5      1.0      1.5      2.0
  total_phosphorus/river         0.02     0.1      0.2      0.3      0.4
  total_phosphorus/lake          0.01     0.025    0.05     0.1      0.2
  total_nitrogen/lake            0.2      0.5      1.0      1.5      2.0
  copper                         0.01     1.0      1.0      1.0      1.0
  zinc                           0.05     1.0      1.0      2.0      2.0
  fluoride                       1.0      1.0      1.0      1.5      1.5
  selenium                       0.01     0.01     0.01     0.02     0.02
  arsenic                        0.05     0.05     0.05     0.1      0.1
  mercury                        0.00005  0.00005  0.0001   0.001    0.001
  cadmium                        0.001    0.005    0.005    0.005    0.01
  hexavalent_chromium            0.01     0.05     0.05     0.05     0.1
  lead                           0.01     0.01     0.05     0.05     0.1
  cyanide                        0.005    0.05     0.2      0.2      0.2
  volatile_phenol                0.002    0.002    0.005    0.01     0.1
  petroleum                      0.05     0.05     0.05     0.5      1.0
  anionic_surfactant             0.2      0.2      0.2      0.3      0.3
  sulfide                        0.05     0.1      0.2      0.5      1.0
  faecal_coliform                200      2000     10000    20000    40000
  dissolved_oxygen               7.5      6        5        3        2`;

/** Whole hundred-thousandths, so that a step is exact. */
const SCALE = 100_000;

interface Case {
  readonly property: string;
  readonly waterBody: WaterBody;
  readonly value: number;
  readonly expected: QualityClass;
}

function casesOf(line: string): readonly Case[] {
  const [name = '', ...limits] = line.trim().split(/\s+/);
  const [property = '', only] = name.split('/');
  const scaled = limits.map(limit => Math.round(Number(limit) * SCALE));
  const waterBodies = only === undefined ? (['river', 'lake'] as const) : [only as WaterBody];
  const isMissed = (value: number) => (limit: number) =>
    property === 'dissolved_oxygen' ? value < limit : value > limit;
  return waterBodies.flatMap(waterBody =>
    limits.flatMap((limit, at) => {
      const step = Math.round(SCALE / 10 ** (limit.split('.')[1]?.length ?? 0));
      return [-step, -1, 0, 1, step].map(move => {
        const value = scaled[at]! + move;
        const expected = (1 + scaled.filter(isMissed(value)).length) as QualityClass;
        return { property, waterBody, value: Number(`${value}e-5`), expected };
      });
    }),
  );
}

const CASES = TABLE_1.trim().split('\n').flatMap(casesOf);

describe('table 1 of GB 3838-2002', () => {
  it('is met at every limit and one unit of the last place beside it, for rivers and lakes', () => {
    expect(CASES).toHaveLength(5 * 5 * (20 * 2 + 3));
    const wrong = CASES.filter(({ property, value, waterBody, expected }) => {
      const result = itemClass(property, value, { waterBody });
      return result.kind !== 'classed' || result.class !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    { ph: 5.99, expected: 6 },
    { ph: 6, expected: 1 },
    { ph: 6.01, expected: 1 },
    { ph: 8.99, expected: 1 },
    { ph: 9, expected: 1 },
    { ph: 9.01, expected: 6 },
  ])('gives pH $ph the class $expected', ({ ph, expected }) => {
    expect(itemClass('ph', ph, { waterBody: 'river' })).toMatchObject({ class: expected, limit: [6, 9] });
  });

  it('names the items by observed properties, in their units', () => {
    for (const { property, unit } of GB3838_ITEMS) {
      expect([property, OBSERVED_PROPERTIES.get(property)?.unit]).toEqual([property, unit]);
    }
  });

  it('counts 21 of its 24 items for the class of a section', () => {
    expect(GB3838_ITEMS).toHaveLength(24);
    expect(COUNTED_ITEMS).toHaveLength(21);
    const left = GB3838_ITEMS.filter(item => !COUNTED_ITEMS.includes(item)).map(({ property }) => property);
    expect(left).toEqual(['water_temperature', 'total_nitrogen', 'faecal_coliform']);
  });
});

describe('itemClass', () => {
  it('gives the better class where classes share a limit', () => {
    expect(itemClass('copper', 0.5, { waterBody: 'river' })).toMatchObject({ class: 2, limit: 1 });
  });

  it('says which limit was met, and that of class V where none was', () => {
    expect(itemClass('ammonia_nitrogen', 1.2, { waterBody: 'river' })).toEqual({
      kind: 'classed',
      value: 1.2,
      class: 4,
      limit: 1.5,
      source: 'verified',
    });
    expect(itemClass('ammonia_nitrogen', 2.4, { waterBody: 'river' })).toMatchObject({ class: 6, limit: 2 });
  });

  it('never rounds: a value that prints as the limit is beyond it', () => {
    expect(itemClass('total_phosphorus', 0.2000001, { waterBody: 'river' })).toMatchObject({ class: 4 });
    expect(itemClass('dissolved_oxygen', 4.9999999, { waterBody: 'river' })).toMatchObject({ class: 4 });
  });

  it.each([
    // 90 % of 468 / (31.6 + 30) is 6.8377 mg/L: warm water cannot hold the 7.5.
    { value: 6.84, temperatureC: 30, expected: { class: 1, source: 'memory' } },
    { value: 6.83, temperatureC: 30, expected: { class: 2, source: 'verified' } },
    // Cold water holds more, but 7.5 is enough.
    { value: 7.5, temperatureC: 5, expected: { class: 1, limit: 7.5, source: 'verified' } },
    { value: 7.49, temperatureC: 5, expected: { class: 2, source: 'verified' } },
    // Outside its range the formula is not used: at 60 °C it would call 4.7 mg/L class I.
    { value: 4.7, temperatureC: 60, expected: { class: 4 } },
    { value: 7.4, temperatureC: Number.NaN, expected: { class: 2 } },
  ])('classes $value mg/L of oxygen at $temperatureC °C', ({ value, temperatureC, expected }) => {
    expect(itemClass('dissolved_oxygen', value, { waterBody: 'river', temperatureC })).toMatchObject(
      expected,
    );
  });

  it.each([
    { property: 'conductivity', value: 100, reason: 'no_limits' },
    { property: 'turbidity', value: 1, reason: 'no_limits' },
    { property: 'chlorophyll_a', value: 0.01, reason: 'no_limits' },
    { property: '__proto__', value: 1, reason: 'no_limits' },
    { property: 'water_temperature', value: 20, reason: 'limits_a_change' },
    { property: 'total_nitrogen', value: 0.1, reason: 'no_limits_for_water_body' },
    { property: 'ammonia_nitrogen', value: null, reason: 'missing' },
    { property: 'ammonia_nitrogen', value: undefined, reason: 'missing' },
    { property: 'ammonia_nitrogen', value: Number.NaN, reason: 'not_finite' },
    { property: 'dissolved_oxygen', value: Number.POSITIVE_INFINITY, reason: 'not_finite' },
    { property: 'ammonia_nitrogen', value: -0.001, reason: 'impossible' },
    { property: 'dissolved_oxygen', value: -1, reason: 'impossible' },
    { property: 'ph', value: 14.01, reason: 'impossible' },
    { property: 'ph', value: -0.01, reason: 'impossible' },
  ])('gives $property = $value no class: $reason', ({ property, value, reason }) => {
    expect(itemClass(property, value, { waterBody: 'river' })).toEqual({ kind: 'unclassed', reason });
  });

  it('never gives a worse value a better class', () => {
    const properties = COUNTED_ITEMS.map(({ property }) => property);
    const arbitrary = fc.record({
      property: fc.constantFrom(...properties),
      waterBody: fc.constantFrom<WaterBody>('river', 'lake'),
      temperatureC: fc.option(fc.double({ min: -10, max: 60, noNaN: true }), { nil: undefined }),
      scale: fc.constantFrom(0.0001, 0.01, 1, 50),
      values: fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
    });
    fc.assert(
      fc.property(arbitrary, ({ property, waterBody, temperatureC, scale, values }) => {
        // Distance from 7 is what makes a pH worse.
        const toValue = (share: number): number => (property === 'ph' ? 7 + 7 * share : share * scale);
        const setting = temperatureC === undefined ? { waterBody } : { waterBody, temperatureC };
        const [low, high] = values
          .toSorted((a, b) => a - b)
          .map(share => itemClass(property, toValue(share), setting));
        if (low?.kind !== 'classed' || high?.kind !== 'classed') throw new Error('Every value has a class.');
        const [better, worse] = property === 'dissolved_oxygen' ? [high, low] : [low, high];
        expect(worse.class).toBeGreaterThanOrEqual(better.class);
      }),
      { numRuns: 5_000 },
    );
  });
});
