import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decimalMean, shiftDecimal } from './decimal.ts';

describe('decimalMean', () => {
  it('is the decimal it should be where adding binary fractions is not', () => {
    expect((0.2 + 0.2 + 0.2) / 3).not.toBe(0.2);
    expect(decimalMean([0.2, 0.2, 0.2])).toBe(0.2);
    expect(decimalMean([0.1, 0.2, 0.3])).toBe(0.2);
    expect(decimalMean([0.000_05, 0.000_05, 0.000_05])).toBe(0.000_05);
  });

  it('takes values with more places than any instrument reports', () => {
    expect(decimalMean([1 / 3, 2 / 3])).toBeCloseTo(0.5, 12);
    expect(decimalMean([1e21, 3e21])).toBeCloseTo(2e21, -8);
  });

  it('does not depend on the order of readings', () => {
    const readings = fc.array(
      fc.integer({ min: 0, max: 50_000_000 }).map(n => n / 10_000),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(readings, values => {
        expect(decimalMean(values.toReversed())).toBe(decimalMean(values));
      }),
    );
  });
});

describe('shiftDecimal', () => {
  it('gives the number nearest to the shifted decimal', () => {
    expect(4.1 / 1_000).not.toBe(0.0041);
    expect(shiftDecimal(4.1, -3)).toBe(0.0041);
    expect(shiftDecimal(1e-7, 7)).toBe(1);
  });
});
