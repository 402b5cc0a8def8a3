import { describe, expect, it } from 'vitest';

import { byPoint, dayAfter, dayOf, totalOf, watchedPath } from './watched-day.ts';

const minutes = {
  evaluated: 900,
  filledLater: 40,
  blind: 20,
  notEvaluatedByUs: 30,
  notJudged: 5,
  ahead: 445,
};

describe('a day', () => {
  it('is that of Asia/Shanghai, whatever the zone of the browser', () => {
    expect(dayOf(Date.parse('2026-06-01T23:59:59+08:00'))).toBe('2026-06-01');
    expect(dayOf(Date.parse('2026-06-02T00:00:00+08:00'))).toBe('2026-06-02');
    expect(watchedPath('A B', '2026-06-01')).toBe(
      `/api/v1/stations/A%20B/watched?day=${Date.parse('2026-06-01T00:00+08:00')}`,
    );
  });

  it('has a day before and a day after, over the ends of months and years', () => {
    expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28');
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
  });
});

it('the minutes of a bar are all of the day', () => {
  expect(totalOf(minutes)).toBe(1_440);
});

it('the rules of a point stand together', () => {
  const day = (rule: string, subject: string) => ({ rule, subject, minutes });
  const groups = byPoint([day('a', 'S/x'), day('a', 'S/y'), day('b', 'S/x')]);
  expect([...groups].map(([subject, days]) => [subject, days.map(({ rule }) => rule)])).toEqual([
    ['S/x', ['a', 'b']],
    ['S/y', ['a']],
  ]);
});
