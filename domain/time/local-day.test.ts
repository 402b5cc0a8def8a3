import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from './instant.ts';
import { localMonthDay } from './local-day.ts';

describe('localMonthDay', () => {
  it.each([
    ['2026-04-14T15:59:59.999Z', '04-14'],
    ['2026-04-14T16:00:00.000Z', '04-15'],
    ['2025-12-31T16:00:00.000Z', '01-01'],
    ['2028-02-28T16:00:00.000Z', '02-29'],
  ])('of %s is %s in Shanghai', (instant, day) => {
    expect(localMonthDay(epochMs(Date.parse(instant)))).toBe(day);
  });

  it('agrees with the calendar of the platform on every day', () => {
    const from = Date.parse('1999-01-01');
    const to = Date.parse('2401-01-01');
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), at => {
        const shanghai = new Date(at + 8 * 3_600_000).toISOString();
        expect(localMonthDay(epochMs(at))).toBe(shanghai.slice(5, 10));
      }),
      { numRuns: 2_000 },
    );
  });
});
