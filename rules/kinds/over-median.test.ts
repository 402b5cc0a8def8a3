import fc from 'fast-check';
import { expect, it } from 'vitest';

import { MINUTE_MS } from '../../domain/time/instant.ts';
import { trackAfter } from '../../test/harness/drawn-arrival.ts';
import { ruleBinding } from '../../test/harness/rule-binding.ts';
import { minute, readingAt } from '../../test/harness/rule-samples.ts';
import { evaluateSeries } from '../evaluate-series.ts';
import { explainAt } from '../explain-at.ts';

const binding = ruleBinding(
  {
    kind: 'over_median',
    subjects: { property: 'conductivity' },
    params: { over: '1d', leastHours: 4, steps: [{ severity: 'yellow', times: 2 }] },
  },
  [{ property: 'conductivity', intervalMs: 20 * MINUTE_MS }],
);
const at = (time: number, v: number) => readingAt(time, v, { input: 'S/conductivity' });

it('finds the same in whatever order, batches and restarts the readings come', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ t: fc.nat(150), v: fc.constantFrom(300, 310, 290, 700, 0) }), {
        minLength: 30,
        maxLength: 100,
        selector: ({ t }) => t,
      }),
      fc.infiniteStream(fc.nat(1e6)),
      (drawn, draws) => {
        const readings = drawn.map(({ t, v }) => at(t * 20, v));
        const track = trackAfter(binding, readings, () => draws.next().value ?? 0);
        const expected = evaluateSeries(binding, readings);
        found += expected.length;
        expect(track.episodes.map(({ episode }) => episode)).toEqual(expected);
      },
    ),
    { numRuns: 150 },
  );
  expect(found).toBeGreaterThan(50);
}, 60_000);

it('weighs every hour alike, however often its readings come', () => {
  const busy = Array.from({ length: 50 }, (_, index) => at(index, 900));
  const readings = [...busy, ...[60, 120, 180, 240].map(time => at(time, 300)), at(300, 660)];
  expect(explainAt(binding, readings, minute(300)).clauses).toMatchObject([
    { name: 'times the median of 1 d', value: 2.2, state: 'true' },
  ]);
});
