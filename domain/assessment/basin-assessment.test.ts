import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { basinAssessment } from './basin-assessment.ts';
import type { BasinSection } from './basin-assessment.ts';
import type { SectionValues } from './section-assessment.ts';

function river(id: string, values: SectionValues): BasinSection {
  return { id, waterBody: 'river', values };
}

/** Ammonia nitrogen of class III, V and worse. */
const FAIR = { ammonia_nitrogen: 0.9 };
const POOR = { ammonia_nitrogen: 1.9 };
const FOUL = { ammonia_nitrogen: 5 };

describe('basinAssessment', () => {
  it('averages concentrations of fewer than 5 sections: 3 good ones of 4 do not outvote the fourth', () => {
    const basin = basinAssessment([river('a', FAIR), river('b', FAIR), river('c', FAIR), river('d', FOUL)]);
    expect(basin).toMatchObject({
      method: 'average',
      grade: 'moderate',
      means: [{ property: 'ammonia_nitrogen', mean: 1.925, sections: 4 }],
      average: { class: 5 },
      shares: { good: { numerator: 3, denominator: 4 }, worseThanV: { numerator: 1, denominator: 4 } },
    });
  });

  it('counts classes from 5 sections on', () => {
    const basin = basinAssessment([
      river('a', FAIR),
      river('b', FAIR),
      river('c', FAIR),
      river('d', FAIR),
      river('e', FOUL),
    ]);
    expect(basin).toMatchObject({ method: 'class_shares', grade: 'good', unassessed: [] });
    expect(basin).not.toHaveProperty('average');
  });

  it('averages pH through the concentration of hydrogen ions', () => {
    const basin = basinAssessment([river('a', { ph: 5 }), river('b', { ph: 8 })]);
    // The arithmetic mean, 6.5, would be inside 6 to 9.
    expect(basin).toMatchObject({ average: { class: 6 }, grade: 'heavy' });
    expect(basin.method === 'average' ? basin.means[0]?.mean : undefined).toBeCloseTo(5.300_595, 5);
  });

  it.each([
    { property: 'ph', value: 9, expected: 1 },
    { property: 'ph', value: 6, expected: 1 },
    { property: 'total_phosphorus', value: 0.2, expected: 3 },
    { property: 'mercury', value: 0.0001, expected: 3 },
    { property: 'dissolved_oxygen', value: 7.5, expected: 1 },
  ])('keeps sections that are all at $property = $value at the limit', ({ property, value, expected }) => {
    for (const length of [1, 2, 3, 4]) {
      const basin = basinAssessment(
        Array.from({ length }, (_, at) => river(`s${at}`, { [property]: value })),
      );
      expect(basin).toMatchObject({ average: { class: expected } });
    }
  });

  it('averages over the sections that have a usable value, and says how many', () => {
    const basin = basinAssessment([
      river('a', { ammonia_nitrogen: 0.4, copper: 0.5 }),
      river('b', { ammonia_nitrogen: null, copper: -1 }),
      river('c', { ammonia_nitrogen: 0.6 }),
      river('d', {}),
    ]);
    expect(basin).toMatchObject({
      means: [
        { property: 'ammonia_nitrogen', mean: 0.5, sections: 2 },
        { property: 'copper', mean: 0.5, sections: 1 },
      ],
      unassessed: ['b', 'd'],
      shares: { good: { numerator: 2, denominator: 2 } },
      average: { class: 2 },
    });
  });

  it('keeps its method when stations fall silent, and leaves them out of the denominator', () => {
    const basin = basinAssessment([
      river('a', FAIR),
      river('b', POOR),
      river('c', { turbidity: 20 }),
      river('d', {}),
      river('e', { ammonia_nitrogen: null }),
    ]);
    expect(basin).toMatchObject({
      method: 'class_shares',
      grade: 'light',
      unassessed: ['c', 'd', 'e'],
      shares: { good: { numerator: 1, denominator: 2 } },
    });
  });

  it('has no grade where nothing was assessed', () => {
    const silent = Array.from({ length: 5 }, (_, at) => river(`s${at}`, {}));
    expect(basinAssessment(silent)).toMatchObject({ method: 'class_shares', grade: undefined });
    expect(basinAssessment(silent.slice(1))).toMatchObject({ method: 'average', grade: undefined });
    expect(basinAssessment([])).toMatchObject({ method: 'none', reason: 'no_sections' });
  });

  it('does not average rivers with lakes, but counts their classes side by side', () => {
    const lake: BasinSection = { id: 'lake', waterBody: 'lake', values: { total_phosphorus: 0.1 } };
    const few = [lake, river('a', { total_phosphorus: 0.1 })];
    expect(basinAssessment(few)).toMatchObject({ method: 'none', reason: 'mixed_water_bodies' });
    const many = [...few, river('b', FAIR), river('c', FAIR), river('d', FAIR)];
    expect(basinAssessment(many)).toMatchObject({ shares: { byClass: { 2: 1, 3: 3, 4: 1 } }, grade: 'good' });
  });

  it('holds each section to its own target', () => {
    const { sections } = basinAssessment([
      { ...river('a', POOR), targetClass: 4 },
      { ...river('b', FAIR), targetClass: 4 },
    ]);
    expect(sections.map(({ assessment }) => assessment.target.kind)).toEqual([
      'not_met',
      'met_by_assessed_items',
    ]);
  });

  it('grades the same whatever order the sections come in', () => {
    const values = fc.record({
      ph: fc.option(fc.integer({ min: 30, max: 120 }).map(n => n / 10)),
      ammonia_nitrogen: fc.option(fc.integer({ min: 0, max: 3_000 }).map(n => n / 1_000)),
      dissolved_oxygen: fc.option(fc.integer({ min: 0, max: 150 }).map(n => n / 10)),
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 8 }), list => {
        const sections = list.map((entry, at) => river(`s${at}`, entry));
        const one = basinAssessment(sections);
        const other = basinAssessment(sections.toReversed());
        expect(other.shares).toEqual(one.shares);
        expect(other.method).toBe(one.method);
        if (one.method === 'class_shares' && other.method === 'class_shares')
          expect(other.grade).toBe(one.grade);
        if (one.method === 'average' && other.method === 'average') {
          expect(other.means).toEqual(one.means);
          expect(other.grade).toBe(one.grade);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
