import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { districtOf } from '../../../domain/model/district.ts';
import type { ThingSpec } from '../../../domain/model/registry.ts';
import { compileRules } from '../../../rules/compile-rules.ts';
import type { CompiledRules } from '../../../rules/compile-rules.ts';
import { runCase } from '../../../rules/run-cases.ts';
import type { RuleSet } from '../../../rules/schema.ts';
import { parseRuleText, readRuleCaseFiles, readRuleSetFile } from '../../rules/rule-files.ts';
import type { RuleFile } from '../../rules/rule-files.ts';
import { loadSite } from '../../site/load-site.ts';
import type { Command, Invocation } from '../command.ts';
import { figure, localTime, printable, textTable } from '../text-table.ts';

/** The cases that come with the program, seen from its folder. */
const CASES = 'rules/cases';

/** Says what a rule set would watch in a district. */
export const rulesCheck: Command = {
  name: 'rules check',
  summary: 'Check a rule set against a site folder: what it watches, and what it lacks for that.',
  details: [
    'Needs no server and changes nothing. All problems of the file are told at once. A gap is no failure: the rest of',
    'the rule watches, and the gap shows what nobody is warned of. See docs/how-to/change-rules.md.',
  ],
  arguments: [{ name: 'file', description: 'The rule set, such as config/rules/default.yaml.' }],
  options: { site: { value: 'dir', description: 'Site folder; by default the configured one.' } },
  run: async call => {
    const name = call.arguments[0] ?? '';
    const ruleSet = parseRuleText(readRuleSetFile(fileOf(call, name)));
    const given = call.text('site');
    const site = await loadSite(
      given === undefined ? call.config().site : resolve(call.host.workingFolder, given),
    );
    const things = site.parts.filter((part): part is ThingSpec => THING_KINDS.has(part.kind));
    const compiled = compileRules(ruleSet, {
      registry: { version: 1, things: new Map(things.map(thing => [thing.id, thing])) },
      district: districtOf(site.parts),
    });
    const rules = countsOf(ruleSet, compiled);
    const subjects = new Set(compiled.planned.map(({ subject }) => subject)).size;
    const { gaps } = compiled;
    const watching = rules.filter(rule => rule.subjects > 0).length;
    return {
      data: {
        file: name,
        version: ruleSet.version,
        validFrom: ruleSet.validFrom,
        site: site.name,
        subjects,
        rules,
        gaps,
      },
      lines: [
        ...textTable(
          ['rule', 'kind', 'subjects', 'gaps'],
          rules.map(rule => [rule.id, rule.kind, rule.subjects, rule.gaps]),
        ),
        ...(gaps.length === 0 ? [] : ['']),
        ...(gaps.length === 0
          ? []
          : textTable(
              ['rule', 'subject', 'missing', 'what'],
              gaps.map(({ rule, subject, missing, detail }) => [rule, subject, missing, detail]),
            )),
        '',
        printable(
          `${name}, valid from ${localTime(ruleSet.validFrom)} (+08:00): ${figure(watching)} of ${figure(rules.length)} rules ` +
            `watch ${figure(subjects)} datastreams of ${site.name}; ${figure(gaps.length)} gaps.`,
        ),
      ],
    };
  },
};

const THING_KINDS: ReadonlySet<string> = new Set<ThingSpec['kind']>(['station', 'gateway', 'subscriber']);

interface RuleCounts {
  readonly id: string;
  readonly kind: string;
  /** Datastreams that it watches, wholly or in part. */
  readonly subjects: number;
  readonly gaps: number;
}

function countsOf({ rules }: RuleSet, { planned, gaps }: CompiledRules): readonly RuleCounts[] {
  return rules.map(({ id, kind }) => ({
    id,
    kind,
    subjects: planned.filter(({ rule }) => rule === id).length,
    gaps: gaps.filter(({ rule }) => rule === id).length,
  }));
}

/** Runs rule cases: series in, episodes expected. */
export const rulesTest: Command = {
  name: 'rules test',
  summary: 'Run rule cases, series in and episodes expected; exits with 1 where one fails.',
  details: [
    'Needs no server. A file holds one case for each YAML document; docs/how-to/change-rules.md has the format.',
  ],
  arguments: [
    {
      name: 'file',
      description: 'Files of cases; by default those that come with the program.',
      repeats: true,
    },
  ],
  run: call => {
    const files =
      call.arguments.length === 0 ? ownCases(call) : call.arguments.map(name => fileOf(call, name));
    const outcomes = readRuleCaseFiles(files).flatMap(({ file, cases }) =>
      cases.map(ruleCase => ({ file, ...runCase(ruleCase) })),
    );
    const failed = outcomes.filter(({ differences }) => differences.length > 0).length;
    return Promise.resolve({
      data: { cases: outcomes, passed: outcomes.length - failed, failed },
      lines: [
        ...outcomes.flatMap(({ file, name, differences }) => [
          printable(`${differences.length === 0 ? 'ok    ' : 'FAILED'}  ${file}: ${name}`),
          ...differences.map(difference => printable(`          ${difference}`)),
        ]),
        `${figure(outcomes.length - failed)} passed, ${figure(failed)} failed.`,
      ],
      failed: failed > 0,
    });
  },
};

function fileOf({ host }: Invocation, name: string): RuleFile {
  return { path: resolve(host.workingFolder, name), name };
}

function ownCases({ host }: Invocation): readonly RuleFile[] {
  const folder = join(host.program.folder, CASES);
  return readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .toSorted()
    .map(file => ({ path: join(folder, file), name: `${CASES}/${file}` }));
}
