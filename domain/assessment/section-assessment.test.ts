import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { COUNTED_ITEMS } from './gb3838.ts';
import { isTargetClass } from './quality-class.ts';
import { sectionAssessment } from './section-assessment.ts';
import type { SectionValues } from './section-assessment.ts';

const CLEAN: SectionValues = Object.fromEntries(
  COUNTED_ITEMS.map(({ property }) => [
    property,
    property === 'ph' ? 7 : property === 'dissolved_oxygen' ? 8 : 0,
  ]),
);

describe('sectionAssessment', () => {
  it('takes the worst class among the items that count, and names the items that gave it', () => {
    const assessment = sectionAssessment(
      {
        ph: 7.4,
        dissolved_oxygen: 5.5,
        permanganate_index: 3,
        ammonia_nitrogen: 0.9,
        total_phosphorus: 0.08,
      },
      { waterBody: 'river' },
    );
    expect(assessment.class).toBe(3);
    expect(assessment.decisive).toEqual(['dissolved_oxygen', 'ammonia_nitrogen']);
    expect(assessment.assessed.map(item => [item.property, item.class])).toEqual([
      ['ph', 1],
      ['dissolved_oxygen', 3],
      ['permanganate_index', 2],
      ['ammonia_nitrogen', 3],
      ['total_phosphorus', 2],
    ]);
  });

  it('leaves total nitrogen out of the class: 9.9 mg/L changes nothing in a river, and in a lake is told apart', () => {
    const values = { ...CLEAN, total_nitrogen: 9.9 };
    const river = sectionAssessment(values, { waterBody: 'river' });
    expect(river.class).toBe(1);
    expect(river.uncounted).toEqual([{ property: 'total_nitrogen', finding: 'no_limits_for_water_body' }]);
    const lake = sectionAssessment(values, { waterBody: 'lake' });
    expect(lake.class).toBe(1);
    expect(lake.uncounted).toEqual([{ property: 'total_nitrogen', finding: 6 }]);
  });

  it('says what values take no part, and why', () => {
    const values = { ...CLEAN, conductivity: 12_000, water_temperature: 20, faecal_coliform: 300 };
    expect(sectionAssessment(values, { waterBody: 'river' }).uncounted).toEqual([
      { property: 'conductivity', finding: 'no_limits' },
      { property: 'water_temperature', finding: 'limits_a_change' },
      { property: 'faecal_coliform', finding: 2 },
    ]);
  });

  it('classes phosphorus by the water body', () => {
    const values = { ...CLEAN, total_phosphorus: 0.1 };
    expect(sectionAssessment(values, { waterBody: 'river' }).class).toBe(2);
    expect(sectionAssessment(values, { waterBody: 'lake' }).class).toBe(4);
  });

  it('lets oxygen reach class I by saturation where the water temperature is known', () => {
    const values = { ...CLEAN, dissolved_oxygen: 7 };
    expect(sectionAssessment(values, { waterBody: 'river' }).class).toBe(2);
    expect(sectionAssessment({ ...values, water_temperature: 30 }, { waterBody: 'river' }).class).toBe(1);
    expect(sectionAssessment({ ...values, water_temperature: null }, { waterBody: 'river' }).class).toBe(2);
  });

  it('never takes a value that is missing or unusable for good', () => {
    const values = { ph: 7, ammonia_nitrogen: null, total_phosphorus: Number.NaN, copper: -1 };
    const assessment = sectionAssessment(values, { waterBody: 'river', targetClass: 3 });
    expect(assessment.assessed.map(({ property }) => property)).toEqual(['ph']);
    expect(assessment.unassessed).toHaveLength(20);
    expect(assessment.unassessed).toContainEqual({ property: 'ammonia_nitrogen', reason: 'missing' });
    expect(assessment.unassessed).toContainEqual({ property: 'total_phosphorus', reason: 'not_finite' });
    expect(assessment.unassessed).toContainEqual({ property: 'copper', reason: 'impossible' });
    expect(assessment.unassessed).toContainEqual({ property: 'zinc', reason: 'missing' });
    expect(assessment.target).toEqual({ kind: 'met_by_assessed_items', target: 3 });
  });

  it('has no class where nothing was assessed', () => {
    const assessment = sectionAssessment({ turbidity: 3 }, { waterBody: 'lake', targetClass: 4 });
    expect(assessment).toMatchObject({ class: undefined, decisive: [], exceeding: [] });
    expect(assessment.target).toEqual({ kind: 'unassessed', target: 4 });
  });

  it('orders what exceeds class III by class and then by multiple, oxygen and pH without one', () => {
    const { exceeding } = sectionAssessment(
      {
        ph: 9.4,
        dissolved_oxygen: 1.5,
        permanganate_index: 9,
        ammonia_nitrogen: 3.5,
        total_phosphorus: 0.3,
        chemical_oxygen_demand: 28,
        petroleum: 0.05,
      },
      { waterBody: 'river' },
    );
    expect(exceeding.map(({ property, class: itsClass }) => [property, itsClass])).toEqual([
      ['ammonia_nitrogen', 6],
      ['ph', 6],
      ['dissolved_oxygen', 6],
      // IV each: half more than 6 mg/L, half more than 0.2 mg/L, 1.4 times 20 mg/L.
      ['permanganate_index', 4],
      ['total_phosphorus', 4],
      ['chemical_oxygen_demand', 4],
    ]);
    expect(exceeding.map(({ multiple }) => multiple)).toEqual([
      2.5,
      undefined,
      undefined,
      0.5,
      expect.closeTo(0.5, 9),
      expect.closeTo(0.4, 9),
    ]);
  });

  it('measures the multiple of phosphorus against the limit of the water body', () => {
    const multipleIn = (waterBody: 'river' | 'lake'): number | undefined =>
      sectionAssessment({ total_phosphorus: 0.3 }, { waterBody }).exceeding[0]?.multiple;
    expect(multipleIn('river')).toBeCloseTo(0.5, 9);
    expect(multipleIn('lake')).toBeCloseTo(5, 9);
  });

  it.each([
    { values: CLEAN, targetClass: 1, kind: 'met' },
    { values: { ...CLEAN, mercury: null }, targetClass: 1, kind: 'met_by_assessed_items' },
    { values: { ...CLEAN, ammonia_nitrogen: 1 }, targetClass: 3, kind: 'met' },
    { values: { ...CLEAN, ammonia_nitrogen: 1.01 }, targetClass: 3, kind: 'not_met' },
    { values: { ammonia_nitrogen: 1.01 }, targetClass: 3, kind: 'not_met' },
    { values: { ammonia_nitrogen: 1.01 }, targetClass: 4, kind: 'met_by_assessed_items' },
  ] as const)('finds target class $targetClass $kind', ({ values, targetClass, kind }) => {
    expect(sectionAssessment(values, { waterBody: 'river', targetClass }).target.kind).toBe(kind);
  });

  it('names the items that miss the target, and never takes a missing target for a target met', () => {
    const values = { ph: 7, ammonia_nitrogen: 0.4, total_phosphorus: 0.15 };
    expect(sectionAssessment(values, { waterBody: 'river', targetClass: 1 }).target).toEqual({
      kind: 'not_met',
      target: 1,
      items: ['ammonia_nitrogen', 'total_phosphorus'],
    });
    expect(sectionAssessment(values, { waterBody: 'river' }).target).toEqual({ kind: 'no_target' });
  });

  it('gives the same answer whatever order the values come in', () => {
    const entries = fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom(...COUNTED_ITEMS.map(({ property }) => property)),
          fc.option(fc.double({ min: 0, max: 14, noNaN: true })),
        ),
        { selector: ([property]) => property, minLength: 1 },
      )
      .chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(
        entries,
        fc.constantFrom('river' as const, 'lake' as const),
        ([list, shuffled], waterBody) => {
          const setting = { waterBody, targetClass: 3 } as const;
          expect(sectionAssessment(Object.fromEntries(shuffled), setting)).toEqual(
            sectionAssessment(Object.fromEntries(list), setting),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never gets better when an item gets worse or one more is assessed', () => {
    const polluted = COUNTED_ITEMS.filter(({ rule }) => rule.kind === 'at_most').map(
      ({ property }) => property,
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...polluted), fc.double({ min: 0, max: 50, noNaN: true })),
        fc.constantFrom(...polluted),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (values, property, added) => {
          const worse = { ...values, [property]: (values[property] ?? 0) + added };
          const classOf = (given: SectionValues): number =>
            sectionAssessment(given, { waterBody: 'river' }).class ?? 0;
          expect(classOf(worse)).toBeGreaterThanOrEqual(classOf(values));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('isTargetClass', () => {
  it('takes 1 to 5 and nothing else', () => {
    const taken = [0, 1, 2, 3, 4, 5, 6, 2.5, Number.NaN].filter(isTargetClass);
    expect(taken).toEqual([1, 2, 3, 4, 5]);
  });
});
