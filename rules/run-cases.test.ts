import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { ruleCaseSchema } from './rule-case.ts';
import { RULE_KINDS } from './rule-kinds.ts';
import { runCase } from './run-cases.ts';

const FOLDER = fileURLToPath(new URL('./cases/', import.meta.url));
const FILES = readdirSync(FOLDER).filter(name => name.endsWith('.yaml'));

describe.each(FILES)('rules/cases/%s', file => {
  const cases = parseAllDocuments(readFileSync(`${FOLDER}${file}`, 'utf8'), { uniqueKeys: true }).map(
    (document): unknown => {
      if ('empty' in document || document.errors.length > 0) throw new Error(`${file} is no YAML`);
      return document.toJS();
    },
  );
  it.each(cases.map(value => [(value as { name: string }).name, value] as const))('%s', (_name, value) => {
    expect(runCase(ruleCaseSchema.parse(value)).differences).toEqual([]);
  });
});

it('has cases for every kind of rule', () => {
  const covered = FILES.map(file => file.replace('.yaml', '').replaceAll('-', '_'));
  expect(covered.toSorted()).toEqual(Object.keys(RULE_KINDS).toSorted());
});

it('tells what differs', () => {
  const outcome = runCase(
    ruleCaseSchema.parse({
      name: 'too deep',
      rule: { id: 'p', kind: 'ponding', subjects: { property: 'ponding_depth' } },
      stations: [
        { id: 'S', datastreams: [{ property: 'ponding_depth', interval: '1m', thresholds: { blue: 0.03 } }] },
      ],
      start: '2026-06-01T00:00:00+08:00',
      every: '1m',
      series: { 'S/ponding_depth': '0 0.05 0' },
      expect: [{ begin: '2m', severity: 'blue' }],
    }),
  );
  expect(outcome.differences).toEqual([
    expect.stringContaining('gaps: expected [], found ["threshold: yellow needs'),
    '[0].begin: expected "2m", found "1m"',
    '[0].end: expected "open", found "2m"',
  ]);
});
