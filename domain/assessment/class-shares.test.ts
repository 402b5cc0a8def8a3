import { describe, expect, it } from 'vitest';

import { classShares, gradeOfShares, percentOf } from './class-shares.ts';
import type { ClassShares } from './class-shares.ts';
import { periodChange } from './period-change.ts';
import type { QualityClass } from './quality-class.ts';

/** So many sections of class III, of 劣V and, for the rest, of class IV. */
function sharesOf(good: number, worseThanV: number, sections: number): ClassShares {
  const of = (length: number, itsClass: QualityClass): QualityClass[] =>
    Array.from({ length }, () => itsClass);
  return classShares([...of(good, 3), ...of(worseThanV, 6), ...of(sections - good - worseThanV, 4)]);
}

describe('classShares', () => {
  it('counts each class and keeps numerator and denominator', () => {
    expect(classShares([1, 2, 3, 3, 4, 6])).toEqual({
      byClass: { 1: 1, 2: 1, 3: 2, 4: 1, 5: 0, 6: 1 },
      good: { numerator: 4, denominator: 6 },
      worseThanV: { numerator: 1, denominator: 6 },
    });
  });

  it('has no percentage where nothing was assessed', () => {
    expect(percentOf(classShares([]).good)).toBeUndefined();
    expect(percentOf({ numerator: 64, denominator: 67 })?.toFixed(1)).toBe('95.5');
  });
});

describe('gradeOfShares', () => {
  it.each([
    { good: 9, worseThanV: 0, sections: 10, grade: 'excellent' },
    { good: 9, worseThanV: 1, sections: 10, grade: 'excellent' },
    { good: 899, worseThanV: 0, sections: 1_000, grade: 'good' },
    { good: 6, worseThanV: 2, sections: 8, grade: 'good' },
    { good: 749, worseThanV: 199, sections: 1_000, grade: 'light' },
    { good: 749, worseThanV: 200, sections: 1_000, grade: 'moderate' },
    { good: 3, worseThanV: 1, sections: 5, grade: 'moderate' },
    { good: 0, worseThanV: 399, sections: 1_000, grade: 'moderate' },
    { good: 3, worseThanV: 2, sections: 5, grade: 'heavy' },
    { good: 0, worseThanV: 400, sections: 1_000, grade: 'heavy' },
    { good: 0, worseThanV: 0, sections: 5, grade: 'light' },
    { good: 0, worseThanV: 0, sections: 0, grade: undefined },
  ])(
    '$good good and $worseThanV worse than V of $sections are $grade',
    ({ good, worseThanV, sections, grade }) => {
      expect(gradeOfShares(sharesOf(good, worseThanV, sections))).toBe(grade);
    },
  );
});

describe('periodChange', () => {
  it.each([
    { before: [50, 10], after: [59, 10], degree: 'none', direction: 'unchanged' },
    { before: [50, 10], after: [60, 10], degree: 'marked', direction: 'better' },
    { before: [50, 10], after: [55, 5], degree: 'marked', direction: 'better' },
    { before: [50, 10], after: [60, 1], degree: 'marked', direction: 'better' },
    { before: [50, 10], after: [60, 0], degree: 'great', direction: 'better' },
    { before: [50, 10], after: [40, 10], degree: 'marked', direction: 'worse' },
    { before: [50, 10], after: [40, 20], degree: 'great', direction: 'worse' },
    // More good and more very bad sections at once is no change of the whole.
    { before: [50, 10], after: [70, 30], degree: 'none', direction: 'unchanged' },
  ] as const)(
    'from $before to $after of 100 is $degree, $direction',
    ({ before, after, degree, direction }) => {
      const change = periodChange(sharesOf(before[0], before[1], 100), sharesOf(after[0], after[1], 100));
      expect(change).toMatchObject({ degree, direction, source: 'memory' });
      expect(change?.goodPoints).toBeCloseTo(after[0] - before[0], 9);
      expect(change?.worseThanVPoints).toBeCloseTo(after[1] - before[1], 9);
    },
  );

  it('meets the edge exactly with other numbers of sections', () => {
    // 10 points, which quotients would make 9.999999999999998.
    expect(periodChange(sharesOf(5, 0, 6), sharesOf(14, 0, 15))).toMatchObject({ degree: 'marked' });
  });

  it('is undefined where a period has no assessed section', () => {
    expect(periodChange(classShares([]), sharesOf(1, 0, 1))).toBeUndefined();
    expect(periodChange(sharesOf(1, 0, 1), classShares([]))).toBeUndefined();
  });
});
