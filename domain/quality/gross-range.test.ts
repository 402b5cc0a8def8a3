import { describe, expect, it } from 'vitest';

import { grossRange } from './gross-range.ts';

describe('grossRange', () => {
  it.each([
    { v: 5, flag: 1 },
    { v: 2, flag: 1 },
    { v: 8, flag: 1 },
    { v: 1.9, flag: 3 },
    { v: 8.1, flag: 3 },
    { v: 0, flag: 3 },
    { v: 10, flag: 3 },
    { v: -0.1, flag: 4 },
    { v: 10.1, flag: 4 },
    { v: Number.NaN, flag: 9 },
  ])('$v has flag $flag', ({ v, flag }) => {
    expect(grossRange(v, { failSpan: [0, 10], suspectSpan: [2, 8] }).flag).toBe(flag);
  });

  it('has no suspect span where nobody gave one', () => {
    expect(grossRange(9, { failSpan: [0, 10] }).flag).toBe(1);
  });

  it('names the value and the span it left', () => {
    expect(grossRange(11, { failSpan: [0, 10] }).detail).toEqual({ value: 11, failSpan: [0, 10] });
  });
});
