import fc from 'fast-check';
import { expect, it } from 'vitest';

import { QUALITY } from '../../domain/model/observation.ts';
import { MINUTE_MS } from '../../domain/time/instant.ts';
import { trackAfter } from '../../test/harness/drawn-arrival.ts';
import { ruleBinding } from '../../test/harness/rule-binding.ts';
import { minute, readingAt } from '../../test/harness/rule-samples.ts';
import { evaluateSeries } from '../evaluate-series.ts';
import { explainAt } from '../explain-at.ts';
import type { RuleBinding } from '../fold-context.ts';

const ITEMS = ['dissolved_oxygen', 'ammonia_nitrogen', 'total_phosphorus'] as const;

/** A river section that is to reach class III. */
function bindingWith(params: object): RuleBinding {
  return ruleBinding(
    {
      kind: 'water_quality_class',
      subjects: { property: 'dissolved_oxygen' },
      timing: { onDelay: '5m', offDelay: '5m' },
      params,
    },
    ITEMS.map(property => ({ property, intervalMs: 5 * MINUTE_MS })),
    { type: 'section', waterBody: 'river', targetClass: 3 },
  );
}

const STEPS = [
  { severity: 'blue', classesWorse: 1 },
  { severity: 'orange', classesWorse: 2 },
];

const reading = fc
  .record({
    item: fc.constantFrom(...ITEMS),
    at: fc.integer({ min: 0, max: 90 }),
    picked: fc.nat(5),
    isSuspect: fc.boolean(),
  })
  .map(({ item, at, picked, isSuspect }) => {
    const values = item === 'dissolved_oxygen' ? [8, 5, 4, 2.5, 1, -1] : [0.05, 0.2, 0.25, 0.35, 1.2, 1.8];
    const quality = isSuspect ? QUALITY.suspect : QUALITY.good;
    // Equal in all that decides between two readings of one instant, so that no order of arrival can.
    return readingAt(at, values[(picked + at) % 6] ?? 0, { input: `S/${item}`, quality, sent: at + picked });
  });

it('finds the same in whatever order, batches and restarts the items come', () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(reading, { minLength: 20, maxLength: 80, selector: ({ input, t }) => `${input} ${t}` }),
      fc.infiniteStream(fc.nat(1e6)),
      (readings, draws) => {
        const binding = bindingWith({ validity: '15m', steps: STEPS });
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

it('names the items that decided, with value and class', () => {
  const binding = bindingWith({ steps: STEPS });
  const at = (time: number, [oxygen, ammonia, phosphorus]: readonly [number, number, number]) => [
    readingAt(time, oxygen, { input: 'S/dissolved_oxygen' }),
    readingAt(time, ammonia, { input: 'S/ammonia_nitrogen' }),
    readingAt(time, phosphorus, { input: 'S/total_phosphorus' }),
  ];
  const samples = [...at(0, [4, 1.9, 0.35]), ...at(5, [4, 2.4, 0.36])];
  const [blue] = explainAt(binding, samples, minute(6)).clauses;
  expect(blue).toMatchObject({ name: 'water-quality class', state: 'true', value: 5, limit: 4 });
  expect(blue?.deciding).toEqual([
    // Of two readings in a row the better one.
    { input: 'S/ammonia_nitrogen', value: 1.9, class: 5 },
    { input: 'S/total_phosphorus', value: 0.36, class: 5 },
  ]);
});

it('knows no class while an item of the station is missing, and still warns by one that is worse', () => {
  const binding = bindingWith({ consecutive: 1, steps: STEPS });
  const oxygen = (v: number) => [readingAt(0, v, { input: 'S/dissolved_oxygen' })];
  expect(explainAt(binding, oxygen(8), minute(1))).toMatchObject({ isBroken: true, clauses: [] });
  expect(explainAt(binding, oxygen(1), minute(1)).clauses[0]).toMatchObject({ state: 'true', value: 6 });
});
