import { z } from 'zod';

import { ASSET_TYPES } from '../domain/model/asset-type.ts';
import { OBSERVED_PROPERTIES } from '../domain/model/observed-property.ts';
import type { SourceMark } from '../domain/model/source-mark.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { epochMs } from '../domain/time/instant.ts';
import { RULE_KINDS } from './rule-kinds.ts';
import type { RuleKindName } from './rule-kinds.ts';
import type { ModeCondition } from './mode-condition.ts';
import { checkModes, modeSchema, seasonsSchema } from './rule-modes-schema.ts';
import { timingSchema } from './rule-kind.ts';
import type { Timing } from './rule-kind.ts';
import { problemsOf } from './rule-set-problem.ts';
import type { RuleSetProblem } from './rule-set-problem.ts';
import type { SubjectSelector } from './subject.ts';

/** One rule of a set: what it judges, how, and how well its numbers are founded. */
export interface RuleDefinition {
  readonly id: string;
  readonly kind: RuleKindName;
  readonly name: string;
  readonly nameEn: string;
  readonly source: SourceMark;
  /** Where the numbers come from, in words. */
  readonly reference?: string | undefined;
  readonly subjects: SubjectSelector;
  readonly timing: Timing;
  /** As the kind has checked them. */
  readonly params: unknown;
  /** The first that holds takes the place of `timing` and `params`; both are whole. */
  readonly modes: readonly RuleMode[];
}

export interface RuleMode {
  readonly when: ModeCondition;
  readonly timing: Timing;
  readonly params: unknown;
}

/** Activated as a whole or not at all; in force from an event time. */
export interface RuleSet {
  readonly version: number;
  readonly validFrom: EpochMs;
  readonly rules: readonly RuleDefinition[];
}

export type { RuleSetProblem } from './rule-set-problem.ts';

export type RuleSetOutcome =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | {
      readonly ok: false;
      /** Every problem, each a sentence with its path. */
      readonly problems: readonly string[];
      /** The same, to be found in the file. */
      readonly found: readonly RuleSetProblem[];
    };

const ID = /^[a-z][a-z0-9-]{0,39}$/;
const name = z.string().trim().min(1).max(128);
const names = z.array(z.string().min(1)).min(1).optional();

const ruleSchema = z.strictObject({
  id: z.string().regex(ID, { error: 'must be small letters, digits and -, at most 40' }),
  kind: z.enum(Object.keys(RULE_KINDS) as [RuleKindName, ...RuleKindName[]]),
  name,
  nameEn: name,
  source: z.enum(['verified', 'secondary', 'memory', 'proposal']),
  reference: name.optional(),
  subjects: z.strictObject({
    property: z.string().refine(property => OBSERVED_PROPERTIES.has(property), {
      error: ({ input }) => `"${String(input)}" is no observed property`,
    }),
    assetTypes: z
      .array(
        z.string().refine(type => Object.hasOwn(ASSET_TYPES, type), {
          error: ({ input }) => `"${String(input)}" is no type of asset`,
        }),
      )
      .min(1)
      .optional(),
    basins: names,
    stations: names,
  }),
  timing: timingSchema,
  params: z.unknown().default({}),
  modes: z.array(modeSchema).max(8).default([]),
});

const ruleSetSchema = z.strictObject({
  version: z.int().min(1),
  validFrom: z
    .union([z.int(), z.iso.datetime({ offset: true }).pipe(z.coerce.date())], {
      error: 'must be epoch milliseconds or a time such as 2026-04-15T00:00:00+08:00',
    })
    .transform(value => epochMs(Number(value))),
  seasons: seasonsSchema,
  rules: z.array(ruleSchema).min(1).max(500),
});

/** Reads a rule set as YAML or JSON gave it: strictly, and with all problems at once. */
export function parseRuleSet(value: unknown): RuleSetOutcome {
  const parsed = ruleSetSchema.safeParse(value);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap(issue => problemsOf(issue, []));
  const params = ruleEntries(value).map((entry, index) => checkParams(entry, index, problems));
  const modes = checkModes(ruleEntries(value), seasonsOf(value), problems);
  refuseRepeatedIds(value, problems);
  if (!parsed.success || problems.length > 0) {
    const texts = problems.map(({ keys, message }) => `${textOf(keys)} ${message}`);
    return { ok: false, problems: texts, found: problems };
  }
  const { version, validFrom } = parsed.data;
  return {
    ok: true,
    ruleSet: {
      version,
      validFrom,
      rules: parsed.data.rules.map((rule, index) => ({
        ...rule,
        params: params[index],
        modes: rule.modes.map(({ season, signal, timing }, place) => ({
          when: { season: season === undefined ? undefined : parsed.data.seasons[season], signal },
          timing: { ...rule.timing, ...timing },
          params: modes[index]?.[place],
        })),
      })),
    },
  };
}

/** Parameters are checked by the kind, also where the rest of the rule is wrong. */
function checkParams(entry: unknown, index: number, problems: RuleSetProblem[]): unknown {
  const { kind, params } = (entry ?? {}) as { readonly kind?: unknown; readonly params?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(RULE_KINDS, kind)) return undefined;
  const parsed = RULE_KINDS[kind as RuleKindName].params.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.flatMap(issue => problemsOf(issue, ['rules', index, 'params'])));
  return undefined;
}

function refuseRepeatedIds(value: unknown, problems: RuleSetProblem[]): void {
  const ids = ruleEntries(value).map(entry => (entry as { readonly id?: unknown } | null)?.id);
  for (const [index, id] of ids.entries()) {
    const first = ids.indexOf(id);
    if (typeof id === 'string' && first !== index) {
      problems.push({ keys: ['rules', index, 'id'], message: `"${id}" stands at rules[${first}] already` });
    }
  }
}

function seasonsOf(value: unknown): ReadonlySet<string> {
  const seasons = (value as { readonly seasons?: unknown } | null)?.seasons;
  return new Set(typeof seasons === 'object' && seasons !== null ? Object.keys(seasons) : []);
}

function ruleEntries(value: unknown): readonly unknown[] {
  const rules = (value as { readonly rules?: unknown } | null)?.rules;
  return Array.isArray(rules) ? rules : [];
}

function textOf(keys: readonly PropertyKey[]): string {
  const path = keys.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return path === '' ? 'the rule set' : path.replace(/^\./, '');
}
