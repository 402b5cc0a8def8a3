import { expect, it } from 'vitest';

import { ruleCaseSchema } from './rule-case.ts';

const CASE = {
  name: 'a road under water',
  rule: { id: 'p', kind: 'ponding', subjects: { property: 'ponding_depth' } },
  stations: [{ id: 'S', datastreams: [{ property: 'ponding_depth', interval: '1m' }] }],
  start: '2026-06-01T00:00:00+08:00',
  every: '1m',
  series: { 'S/ponding_depth': '0' },
  expect: [],
};

function problems(change: object): readonly string[] {
  const parsed = ruleCaseSchema.safeParse({ ...CASE, ...change });
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

it('writes out what a series repeats', () => {
  const series = { 'S/ponding_depth': ' 0.2x3 _x2 ?-1.5\n!4e-2 ' };
  expect(ruleCaseSchema.parse({ ...CASE, series }).series).toEqual({
    'S/ponding_depth': ['0.2', '0.2', '0.2', '_', '_', '?-1.5', '!4e-2'],
  });
});

it.each<[string, object, string]>([
  [
    'a word',
    { series: { 'S/ponding_depth': '0 wet 1' } },
    'series.S/ponding_depth: has "wet", which is no reading',
  ],
  [
    'no reading at all',
    { series: { 'S/ponding_depth': '' } },
    'series.S/ponding_depth: has "", which is no reading',
  ],
  [
    'what would fill the memory',
    { series: { 'S/ponding_depth': '0x9999 0 0' } },
    'series.S/ponding_depth: has more than 10000 readings',
  ],
  [
    'a series of nobody',
    { series: { 'T/ponding_depth': '0' } },
    'series.T/ponding_depth: "T/ponding_depth" is no datastream of the case',
  ],
  [
    'a silence of nobody',
    { silences: [{ input: 'T/x', since: '0m', decided: '1m' }] },
    'silences.0.input: "T/x" is no datastream of the case',
  ],
  ['an unknown type of asset', { assets: [{ id: 'A', type: 'moat' }] }, 'assets.0.type: Invalid option'],
  ['a name that is none of ours', { rule: { ...CASE.rule, colour: 'red' } }, 'rule.colour: is not known'],
  ['a rule of another kind', { rule: { ...CASE.rule, kind: 'hunch' } }, 'rule.kind: expected one of'],
])('refuses %s', (_what, change, problem) => {
  expect(problems(change)).toEqual([expect.stringContaining(problem)]);
});

it('tells of every field at once', () => {
  const found = problems({ name: '', every: 'often', rule: { id: 'P' }, expect: undefined });
  for (const field of ['name', 'every', 'rule.id', 'rule.kind', 'rule.subjects', 'expect']) {
    expect(found).toContainEqual(expect.stringMatching(`^${field}: `));
  }
});
