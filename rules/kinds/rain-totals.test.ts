import fc from 'fast-check';
import { expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { NO_TOTALS, rainSince, withTotal } from './rain-totals.ts';
import type { RainTotal } from './rain-totals.ts';

const INTERVAL = 60;
const KEPT = 12_000;

/** The same, read one by one. */
function summedUp(totals: readonly RainTotal[], start: number) {
  let sum = 0;
  let coveredTo = start;
  let isComplete = true;
  for (const { t, mm } of totals) {
    if (t - INTERVAL < start) continue;
    sum += Math.round(mm * 1e6);
    if (t - INTERVAL - coveredTo > INTERVAL / 2) isComplete = false;
    coveredTo = t;
  }
  return { mm: sum / 1e6, isComplete };
}

it('sums any window as if the totals were read one by one, wherever the first of them was kept', () => {
  const step = fc.record({
    after: fc.oneof({ weight: 100, arbitrary: fc.constant(60) }, fc.constantFrom(61, 90, 91, 120, 700)),
    tenths: fc.nat(60),
  });
  const back = fc.oneof(
    fc.nat(KEPT),
    fc.integer({ min: 1, max: 100 }).map(periods => periods * INTERVAL),
  );
  let whole = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 400, size: 'max' }),
      fc.array(back, { minLength: 1, maxLength: 8 }),
      fc.nat(150),
      (steps, backs, skipped) => {
        let t = 1_000_000;
        const totals = steps.map(({ after, tenths }): RainTotal => {
          t += after;
          return { t: epochMs(t), mm: tenths / 10 };
        });
        const from = Math.min(skipped, totals.length - 1);
        const [all, later] = [totals, totals.slice(from)].map(some =>
          some.reduce((state, total) => withTotal(state, total, total.t - KEPT), NO_TOTALS),
        );
        for (const back of backs) {
          const window = { start: t - back, intervalMs: INTERVAL };
          const expected = summedUp(totals, window.start);
          whole += Number(expected.isComplete);
          expect(rainSince(all!, window)).toEqual(expected);
          // Blocks begin elsewhere where less is known; what both know adds up alike.
          if (totals[from]!.t - INTERVAL <= window.start) expect(rainSince(later!, window)).toEqual(expected);
        }
      },
    ),
    { numRuns: 2_000 },
  );
  expect(whole).toBeGreaterThan(1_000);
});

it('forgets what lies behind, a block at a time', () => {
  let state = NO_TOTALS;
  for (let at = 1; at <= 10_000; at += 1) {
    state = withTotal(state, { t: epochMs(at * 60), mm: 0.1 }, at * 60 - 6_000);
  }
  const kept = state.blocks.reduce((count, { totals }) => count + totals.length, state.tail.length);
  expect(kept).toBeGreaterThanOrEqual(100);
  expect(kept).toBeLessThan(100 + 2 * 64);
});
