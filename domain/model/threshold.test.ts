import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { THRESHOLD_LADDERS, floodLimitOn, ladderOf, thresholdProblems } from './threshold.ts';
import type { LadderName, ThresholdLadder, Thresholds } from './threshold.ts';

const RESERVOIR: Thresholds = {
  datum: '1985国家高程基准',
  dead: 50,
  floodLimit: [
    { from: '04-15', level: 61 },
    { from: '10-01', level: 62.5 },
  ],
  normal: 62.5,
  design: 63.4,
  check: 64.1,
  crest: 65,
};

describe('ladderOf', () => {
  it.each([
    ['water_level', undefined, 'river'],
    ['water_level', 'river_gauge', 'river'],
    ['water_level', 'reservoir', 'reservoir'],
    ['ponding_depth', 'underpass', 'ponding'],
    ['manhole_level', 'manhole', 'manhole'],
    ['sump_level', 'pump_station', 'sump'],
    ['dissolved_oxygen', 'section', 'band'],
  ] as const)('takes %s at %s for a %s', (property, assetType, ladder) => {
    expect(ladderOf(property, assetType)).toBe(ladder);
  });
});

describe('thresholdProblems', () => {
  it('accepts ladders in order, also with rungs left out and without the rest', () => {
    expect(thresholdProblems(RESERVOIR, 'reservoir')).toEqual([]);
    expect(thresholdProblems({ datum: 'D', patrol: 1, guarantee: 3, crest: 3, record: 2 }, 'river')).toEqual(
      [],
    );
    expect(thresholdProblems({ blue: 0.03, red: 0.4 }, 'ponding')).toEqual([]);
    expect(thresholdProblems({}, 'river')).toEqual([]);
  });

  it.each<[string, Thresholds, LadderName, string]>([
    ['warning at patrol', { patrol: 2, warning: 2 }, 'river', 'warning (2) must be above patrol (2)'],
    [
      'guarantee below warning',
      { warning: 3, guarantee: 2.9 },
      'river',
      'guarantee (2.9) must not be below warning (3)',
    ],
    [
      'over a rung that is left out',
      { patrol: 3, crest: 2 },
      'river',
      'crest (2) must not be below patrol (3)',
    ],
    [
      'a flood limit of one period above the normal pool',
      { ...RESERVOIR, normal: 62 },
      'reservoir',
      'normal (62) must not be below floodLimit (62.5)',
    ],
    [
      'a flood limit of one period at the dead level',
      { ...RESERVOIR, dead: 61 },
      'reservoir',
      'floodLimit (61) must be above dead (61)',
    ],
    ['the severities', { blue: 0.1, yellow: 0.1 }, 'ponding', 'yellow (0.1) must be above blue (0.1)'],
    ['a pump', { pumpStop: -2, pumpStart: -3 }, 'sump', 'pumpStart (-3) must be above pumpStop (-2)'],
    ['a manhole', { pipeCrown: 5, ground: 4 }, 'manhole', 'ground (4) must be above pipeCrown (5)'],
    ['a band', { low: 9, high: 6 }, 'band', 'high (6) must be above low (9)'],
  ])('finds %s', (_what, thresholds, ladder, expected) => {
    expect(thresholdProblems(thresholds, ladder).map(({ name, message }) => `${name} ${message}`)).toEqual([
      expected,
    ]);
  });

  it('names what is foreign to the ladder', () => {
    expect(thresholdProblems({ red: 1, warning: 2 }, 'river')).toEqual([
      {
        name: 'red',
        message: 'is no threshold of the river ladder (patrol, warning, siteAlarm, guarantee, crest, record)',
      },
    ]);
    expect(thresholdProblems({ floodLimit: [] }, 'river')).toHaveLength(1);
  });

  it('finds a problem exactly where two neighbours that are set stand wrongly', () => {
    const names = Object.keys(THRESHOLD_LADDERS) as LadderName[];
    const level = fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(level, { minLength: 6, maxLength: 6 }),
        (ladder, levels) => {
          const { rungs }: ThresholdLadder = THRESHOLD_LADDERS[ladder];
          const set = rungs.flatMap((rung, index) => {
            const value = levels[index];
            return value === undefined ? [] : [{ ...rung, value }];
          });
          const thresholds = Object.fromEntries(
            set.map(({ name, value }) => [
              name,
              name === 'floodLimit' ? [{ from: '01-01', level: value }] : value,
            ]),
          ) as Thresholds;
          const wrong = set.filter((rung, index) => {
            const lower = set[index - 1];
            if (lower === undefined) return false;
            return rung.mayEqualLower ? rung.value < lower.value : rung.value <= lower.value;
          });
          expect(thresholdProblems(thresholds, ladder).map(({ name }) => name)).toEqual(
            wrong.map(({ name }) => name),
          );
        },
      ),
    );
  });
});

describe('floodLimitOn', () => {
  const { floodLimit = [] } = RESERVOIR;
  it.each([
    ['04-14', 62.5],
    ['04-15', 61],
    ['09-30', 61],
    ['10-01', 62.5],
    ['12-31', 62.5],
    ['01-01', 62.5],
  ])('is on %s %d', (day, level) => {
    expect(floodLimitOn(floodLimit, day)).toBe(level);
  });
  it('is nothing where no period is given', () => {
    expect(floodLimitOn([], '04-15')).toBeUndefined();
  });
});
