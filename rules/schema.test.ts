import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { parseRuleSet } from './schema.ts';

const DEFAULT = parse(
  readFileSync(fileURLToPath(new URL('../config/rules/default.yaml', import.meta.url)), 'utf8'),
  { uniqueKeys: true },
) as unknown;

const POND = { id: 'p', kind: 'ponding', name: 'p', nameEn: 'p', source: 'proposal' };

describe('parseRuleSet', () => {
  it('takes the rules a district starts with, each with its honesty mark', () => {
    const outcome = parseRuleSet(DEFAULT);
    expect(outcome).toMatchObject({
      ok: true,
      ruleSet: { version: 1, validFrom: Date.UTC(1999, 11, 31, 16) },
    });
  });

  it('tells all problems at once, also those of parameters and of the set as a whole', () => {
    const outcome = parseRuleSet({
      version: 0,
      validFrom: 'tomorrow',
      rules: [
        { ...POND, subjects: { property: 'ponding_dept' }, colour: 'red' },
        { ...POND, subjects: { property: 'ponding_depth' }, params: { deadband: -1, steps: [] } },
        {
          ...POND,
          id: 'Q',
          subjects: { property: 'rainfall', assetTypes: ['lake'] },
          timing: { onDelay: '5' },
        },
        { ...POND, id: 'r', kind: 'rain_accumulation', subjects: { property: 'rainfall' } },
        { ...POND, id: 's', kind: 'sorcery', subjects: { property: 'rainfall' } },
      ],
    });
    expect(outcome.ok ? [] : outcome.problems.toSorted()).toEqual([
      'rules[0].colour is not known',
      'rules[0].subjects.property "ponding_dept" is no observed property',
      'rules[1].id "p" stands at rules[0] already',
      expect.stringContaining('rules[1].params.deadband'),
      expect.stringContaining('rules[1].params.steps'),
      'rules[2].id must be small letters, digits and -, at most 40',
      'rules[2].subjects.assetTypes[0] "lake" is no type of asset',
      'rules[2].timing.onDelay must be a duration such as 30s, 10m, 4h or 1d',
      'rules[3].params.steps is missing',
      expect.stringContaining('rules[4].kind'),
      'validFrom must be epoch milliseconds or a time such as 2026-04-15T00:00:00+08:00',
      expect.stringContaining('version'),
    ]);
  });

  it('knows no kind and no type of asset by a name that every object has', () => {
    const subjects = { property: 'rainfall', assetTypes: ['constructor'] };
    const outcome = parseRuleSet({
      version: 1,
      validFrom: 0,
      rules: [{ ...POND, kind: 'toString', subjects }],
    });
    expect(outcome.ok ? [] : outcome.problems).toEqual([
      expect.stringContaining('rules[0].kind expected one of'),
      'rules[0].subjects.assetTypes[0] "constructor" is no type of asset',
    ]);
  });

  it('refuses what is no rule set', () => {
    for (const value of [null, 5, 'x', [], { rules: 5 }, { rules: [null, 5] }]) {
      expect(parseRuleSet(value).ok).toBe(false);
    }
  });
});
