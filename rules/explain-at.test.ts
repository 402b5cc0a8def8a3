import { describe, expect, it } from 'vitest';

import { MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { explainAt } from './explain-at.ts';
import { VALUE_ITSELF } from './measure.ts';

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

describe('time to a limit', () => {
  const etasAt = (values: readonly (number | null)[], at: number, of = binding) =>
    explainAt(
      of,
      values.map((v, index) => readingAt(index * 5, v)),
      minute(at),
    )
      .clauses.filter(({ name }) => name !== 'held for')
      .map(({ etaMs }) => (typeof etaMs === 'number' ? etaMs / MINUTE_MS : etaMs));

  it('is the way to the limit over the slope of the last half hour, from the instant on', () => {
    // 0.2 a minute, 5 away, and the last reading is two minutes old.
    expect(etasAt([9, 9, 9, 0, 1, 2, 3, 4, 5], 42)).toEqual([23, 73]);
    // What is met has none.
    expect(etasAt([6, 8, 10], 10)).toEqual([undefined, 25]);
    expect(etasAt([6, 8, 9], 40)).toEqual([null, null]);
  });

  it('draws the line with the least squares, so that one wave decides little', () => {
    expect(etasAt([2, 3, 4, 9, 6, 7, 8], 30)).toEqual([10, 60]);
    // 0.2 a minute, and 15 min * 1 / 700 min² by the last one.
    expect(etasAt([2, 3, 4, 5, 6, 7, 9], 30)[0]).toBeCloseTo(1 / (0.2 + 15 / 700), 4);
  });

  it('is null where the value does not come nearer, is hardly known, or would take more than a day', () => {
    expect(etasAt([5, 4, 3, 2], 15)).toEqual([null, null]);
    expect(etasAt([5, 5, 5, 5], 15)).toEqual([null, null]);
    expect(etasAt([5, 6], 5)).toEqual([null, null]);
    expect(etasAt([5, null, null, 8, 9], 20)).toEqual([5, 55]);
    const atOnce = [0, 1, 2].map(at => readingAt(at, at));
    expect(explainAt(binding, atOnce, minute(2)).clauses).toMatchObject([{ etaMs: null }, { etaMs: null }]);
    expect(etasAt([5, 5.01, 5.02], 10)).toEqual([null, null]);
  });

  it('is told of values that fall towards a limit too, and never of what does not follow the reading', () => {
    const steps = [{ severity: 'blue', measure: 0, name: 'low', relation: '<', limit: 2, clear: 2 }] as const;
    const falling = { ...plan, stepsAt: () => steps };
    const of = {
      ...binding,
      basis: [{ from: epochMs(0), versions: { ruleSet: 3, registry: 7 }, plan: falling }],
    };
    expect(etasAt([6, 5, 4], 10, of)).toEqual([10]);
    const derived = { ...falling, measure: { ...VALUE_ITSELF, followsReading: false } };
    const other = {
      ...binding,
      basis: [{ from: epochMs(0), versions: { ruleSet: 3, registry: 7 }, plan: derived }],
    };
    expect(etasAt([6, 5, 4], 10, other)).toEqual([undefined]);
  });
});
