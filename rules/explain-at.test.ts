import { expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { explainAt } from './explain-at.ts';

const plan = ladderPlan([10, 20], { holdMin: 10 });
const binding = {
  rule: 'r',
  subject: 'S/ponding_depth',
  basis: [{ from: epochMs(0), versions: { ruleSet: 3, registry: 7 }, plan }],
};
const samples = [4, 12, 13, 14].map((v, index) => readingAt(index * 4, v));

it('names the first clause that failed, its value and the distance to the limit', () => {
  expect(explainAt(binding, samples, minute(1))).toMatchObject({
    basis: { ruleSet: 3, registry: 7 },
    knownAt: minute(0),
    whyNot: { severity: 'blue', name: 'blue', state: 'false', value: 4, limit: 10, distance: 6 },
  });
  expect(explainAt(binding, samples, minute(9)).whyNot).toEqual({
    severity: 'blue',
    name: 'held for',
    state: 'false',
    value: 4 * 60_000,
    limit: 10 * 60_000,
    distance: 6 * 60_000,
  });
});

it('shows the open episode and how far the next severity is', () => {
  const later = [...samples, readingAt(16, 15)];
  const explanation = explainAt(binding, later, minute(16));
  expect(explanation).toMatchObject({ open: { begin: minute(4), severity: 'blue' } });
  expect(explanation.whyNot).toBeUndefined();
  expect(explanation.clauses.at(-1)).toMatchObject({ severity: 'yellow', state: 'false', distance: 5 });
});

it('knows nothing before the first reading, and where no rule held', () => {
  expect(explainAt(binding, [], minute(0))).toEqual({
    basis: { ruleSet: 3, registry: 7 },
    isBroken: false,
    clauses: [],
  });
  expect(explainAt({ ...binding, basis: [] }, samples, minute(9))).toEqual({ isBroken: false, clauses: [] });
});
