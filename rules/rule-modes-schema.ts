import { z } from 'zod';

import { WARNING_SEVERITIES } from '../domain/model/warning-severity.ts';
import { durationText } from './duration-text.ts';
import { RULE_KINDS } from './rule-kinds.ts';
import type { RuleKindName } from './rule-kinds.ts';
import { problemsOf } from './rule-set-problem.ts';
import type { RuleSetProblem } from './rule-set-problem.ts';

const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const monthDay = z.string().refine(
  text => {
    const [, month = '0', day = '0'] = /^(\d\d)-(\d\d)$/.exec(text) ?? [];
    return Number(day) >= 1 && Number(day) <= (DAYS_OF_MONTHS[Number(month) - 1] ?? 0);
  },
  { error: 'must be a day of the year such as "04-15"' },
);

/** Seasons of a rule set by name. */
export const seasonsSchema = z
  .record(z.string().min(1).max(40), z.strictObject({ from: monthDay, to: monthDay }))
  .default({});

export const modeSchema = z
  .strictObject({
    season: z.string().optional(),
    signal: z.enum(WARNING_SEVERITIES).optional(),
    /** What it names takes the place of what the rule says. */
    timing: z
      .strictObject({
        onDelay: durationText.exactOptional(),
        readings: z.int().min(1).max(100).exactOptional(),
        offDelay: durationText.exactOptional(),
      })
      .default({}),
    params: z.record(z.string(), z.unknown()).default({}),
  })
  .refine(({ season, signal }) => season !== undefined || signal !== undefined, {
    error: 'needs a season, a signal or both',
  });

interface RawMode {
  readonly season?: unknown;
  readonly params?: unknown;
}

/**
 * The parameters of every mode of every rule, whole; what is wrong with them is added to the problems.
 *
 * @param rules as YAML or JSON gave them
 */
export function checkModes(
  rules: readonly unknown[],
  seasons: ReadonlySet<string>,
  problems: RuleSetProblem[],
): readonly (readonly unknown[])[] {
  return rules.map((entry, index) => {
    const rule = (entry ?? {}) as {
      readonly kind?: unknown;
      readonly params?: unknown;
      readonly modes?: unknown;
    };
    if (!Array.isArray(rule.modes)) return [];
    return rule.modes.map((mode: RawMode | null, place) => {
      const under = ['rules', index, 'modes', place];
      const season = mode?.season;
      if (typeof season === 'string' && !seasons.has(season)) {
        problems.push({ keys: [...under, 'season'], message: `"${season}" is no season of the rule set` });
      }
      return paramsInMode(rule, mode?.params ?? {}, { under: [...under, 'params'], problems });
    });
  });
}

function paramsInMode(
  { kind, params }: { readonly kind?: unknown; readonly params?: unknown },
  own: unknown,
  { under, problems }: { readonly under: readonly PropertyKey[]; readonly problems: RuleSetProblem[] },
): unknown {
  if (typeof kind !== 'string' || !Object.hasOwn(RULE_KINDS, kind)) return undefined;
  const ruleKind = RULE_KINDS[kind as RuleKindName];
  const [given, instead] = [params ?? {}, own] as readonly [object, object];
  // What is wrong with the rule itself is told there.
  if (typeof own !== 'object' || !ruleKind.params.safeParse(given).success) return undefined;
  const fixed = Object.keys(instead).filter(key => !ruleKind.modal.includes(key));
  for (const key of fixed) {
    problems.push({ keys: [...under, key], message: `is not what a mode of ${kind} may change` });
  }
  if (fixed.length > 0) return undefined;
  const parsed = ruleKind.params.safeParse({ ...given, ...instead });
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.flatMap(issue => problemsOf(issue, under)));
  return undefined;
}
