import { describe, expect, it } from 'vitest';

import { epochMs } from '../time/instant.ts';
import { climatology } from './climatology.ts';
import type { Span } from './gross-range.ts';

const MONTHS = Array.from({ length: 12 }, (_, month): Span | null =>
  month === 5 ? null : [month, month + 10],
);
const PARAMETERS = { version: 3, months: MONTHS };
const NEW_YEAR = epochMs(Date.parse('2026-01-01T00:00:00+08:00'));

describe('climatology', () => {
  it.each([
    { name: 'the first instant of January', t: NEW_YEAR, v: 0, flag: 1 },
    { name: 'the last instant of December', t: epochMs(NEW_YEAR - 1), v: 10.5, flag: 3 },
    { name: 'the same value in January', t: NEW_YEAR, v: 10.5, flag: 3 },
    { name: 'a December value in December', t: epochMs(NEW_YEAR - 1), v: 21, flag: 1 },
    { name: 'a December value in January', t: NEW_YEAR, v: 21, flag: 3 },
  ])('$name: $v has flag $flag', ({ t, v, flag }) => {
    expect(climatology(t, v, PARAMETERS).flag).toBe(flag);
  });

  it('does not judge a month of which nothing is known', () => {
    expect(climatology(epochMs(Date.parse('2026-06-15T00:00:00+08:00')), 1e9, PARAMETERS).flag).toBe(2);
  });

  it('names the version of the data', () => {
    expect(climatology(NEW_YEAR, 11, PARAMETERS).detail).toEqual({
      value: 11,
      suspectSpan: [0, 10],
      month: 1,
      version: 3,
    });
  });
});
