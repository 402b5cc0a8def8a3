import { expect, it } from 'vitest';

import { QUALITY } from '../domain/model/observation.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { explainAt, samplesUpTo } from '../rules/explain-at.ts';
import type { Reading } from '../rules/sample.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { explainPoint } from './explain-point.ts';
import type { JudgedRule } from './explain-point.ts';

const SUBJECT = 'S/ponding_depth';
const versions = { ruleSet: 3, registry: 7 };
const binding = (rule: string, limits: readonly number[], holdMin = 0): RuleBinding => ({
  rule,
  subject: SUBJECT,
  basis: [{ from: epochMs(0), versions, plan: ladderPlan(limits, { holdMin, raisesWhenBlind: false }) }],
});

function judged(binding: RuleBinding, readings: readonly Reading[], at: number): JudgedRule {
  const samples = samplesUpTo(readings, minute(at));
  return { binding, samples, explanation: explainAt(binding, samples, minute(at)) };
}

function explained(readings: readonly Reading[], at: number) {
  return explainPoint({
    subject: SUBJECT,
    at: minute(at),
    rules: [judged(binding('low', [10, 20]), readings, at), judged(binding('long', [10], 30), readings, at)],
    outages: [],
    gaps: [],
  });
}

it('answers for every rule the first thing that was not true, with value and distance', () => {
  const { rules } = explained([readingAt(0, 4)], 1);
  expect(rules).toMatchObject([
    {
      rule: 'low',
      basis: versions,
      state: 'noWarning',
      data: 'good',
      whyNot: { name: 'blue', state: 'false', value: 4, limit: 10, distance: 6 },
      kind: 'test',
      inputs: [{ v: 4, ageMs: 60_000, isFresh: true }],
      thresholds: [
        { severity: 'blue', relation: '>=', value: 10, unit: 'm' },
        { severity: 'yellow', value: 20 },
      ],
      open: null,
    },
    { rule: 'long', state: 'noWarning', whyNot: { name: 'blue', distance: 6 } },
  ]);
});

it('tells a warning from one that has not held long enough', () => {
  const readings = [0, 4, 8].map(at => readingAt(at, 12));
  expect(explained(readings, 8).rules).toMatchObject([
    { state: 'warning', whyNot: null, open: { begin: minute(0), severity: 'blue' } },
    { state: 'noWarning', whyNot: { name: 'held for', value: 8 * 60_000, distance: 22 * 60_000 } },
  ]);
});

it('never calls a blind point free of a warning', () => {
  const stale = explained([readingAt(0, 4)], 6).rules[0];
  expect(stale).toMatchObject({ state: 'unknown', data: 'blind', knownAt: minute(0) });
  expect(stale?.whyNot).toMatchObject({ value: 4 });
  expect(explained([readingAt(0, 4)], 5).rules[0]).toMatchObject({ state: 'noWarning' });
  expect(explained([], 6).rules[0]).toMatchObject({ state: 'unknown', data: 'blind', whyNot: null });
  const failed = readingAt(4, 4, { quality: QUALITY.fail });
  expect(explained([failed], 4).rules[0]).toMatchObject({
    state: 'unknown',
    inputs: [{ t: null, withheld: 1 }],
  });
});

it('says that what it compared is suspect', () => {
  const suspect = readingAt(0, 4, { quality: QUALITY.suspect });
  expect(explained([suspect], 1).rules[0]).toMatchObject({ state: 'noWarning', data: 'suspect' });
});

it('is not judged where no rule held or its threshold is missing, and says what is missing', () => {
  const withoutPlan = { ...binding('low', [10]), basis: [{ from: epochMs(0), versions }] };
  const gap = { rule: 'low', missing: 'threshold' as const, detail: 'blue needs the threshold blue' };
  const reasons = explainPoint({
    subject: SUBJECT,
    at: minute(1),
    rules: [judged(withoutPlan, [readingAt(0, 40)], 1)],
    outages: [],
    gaps: [
      { ...gap, subject: SUBJECT },
      { ...gap, subject: 'T/ponding_depth' },
    ],
  });
  expect(reasons.rules).toMatchObject([{ state: 'notJudged', basis: versions, data: null, whyNot: null }]);
  expect(reasons.gaps).toEqual([{ ...gap, subject: SUBJECT }]);
});
