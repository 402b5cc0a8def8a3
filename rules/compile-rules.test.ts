import { expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { MINUTE_MS } from '../domain/time/instant.ts';
import { compileRules } from './compile-rules.ts';
import { parseRuleSet } from './schema.ts';

const RULE = { id: 'p', kind: 'ponding', name: 'p', nameEn: 'p', source: 'proposal' };

function compile(maxGapMs: number, stations?: readonly string[]) {
  const outcome = parseRuleSet({
    version: 1,
    validFrom: 0,
    rules: [{ ...RULE, subjects: { property: 'ponding_depth', ...(stations && { stations }) } }],
  });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const thresholds = { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 };
  const station: StationSpec = {
    kind: 'station',
    id: 'S' as ThingId,
    name: 'S',
    datastreams: [{ property: 'ponding_depth', intervalMs: MINUTE_MS, maxGapMs, thresholds }],
  };
  const registry = { version: 1, things: new Map([['S', station]]) };
  return compileRules(outcome.ruleSet, { registry, district: { assets: new Map() } });
}

it('measures the same where only maxGap has changed, so that an open episode goes on', () => {
  const [[before], [after]] = [compile(3 * MINUTE_MS).planned, compile(5 * MINUTE_MS).planned];
  expect(after!.plan.measureKey).toBe(before!.plan.measureKey);
  expect(after!.plan.ladderKey).toBe(before!.plan.ladderKey);
  expect(after!.plan.inputs[0]!.maxGapMs).toBe(5 * MINUTE_MS);
});

it('reports a rule that selects nothing', () => {
  expect(compile(3 * MINUTE_MS, ['T'])).toEqual({
    planned: [],
    gaps: [
      { rule: 'p', subject: '', missing: 'subject', detail: 'no datastream of the registry is selected' },
    ],
  });
});
