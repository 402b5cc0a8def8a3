import { describe, expect, it } from 'vitest';

import { medianOf } from './median.ts';

describe('medianOf', () => {
  it.each([
    { name: 'the middle of an odd number of values', values: [9, 1, 2], median: 2 },
    { name: 'the mean of the two in the middle of an even number', values: [10, 1, 2, 9], median: 5.5 },
    { name: 'the value where there is one', values: [-3], median: -3 },
    { name: 'no number where there is no value', values: [], median: Number.NaN },
  ])('is $name', ({ values, median }) => {
    expect(medianOf(values)).toBe(median);
  });
});
