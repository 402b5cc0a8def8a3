import { RULE_KINDS } from './rule-kinds.ts';
import type { RuleKind, RuleGap } from './rule-kind.ts';
import type { RulePlan } from './plan.ts';
import type { RuleSet } from './schema.ts';
import { selectSubjects } from './subject.ts';
import type { SiteView } from './subject.ts';

/** A rule made ready for one subject. */
export interface PlannedRule {
  readonly rule: string;
  readonly subject: string;
  readonly plan: RulePlan;
}

export interface CompiledRules {
  readonly planned: readonly PlannedRule[];
  /** What could not be made ready, in whole or in part; to be shown, never treated as safe. */
  readonly gaps: readonly RuleGap[];
}

/** Looks up everything the rules of a set need in one version of the registry. */
export function compileRules(ruleSet: RuleSet, site: SiteView): CompiledRules {
  const planned: PlannedRule[] = [];
  const gaps: RuleGap[] = [];
  for (const { id, kind, params, timing, subjects: selector } of ruleSet.rules) {
    // The schema has checked the parameters with this very kind.
    const ruleKind = RULE_KINDS[kind] as RuleKind<unknown>;
    const subjects = selectSubjects(selector, site);
    if (subjects.length === 0) {
      gaps.push({
        rule: id,
        subject: '',
        missing: 'subject',
        detail: 'no datastream of the registry is selected',
      });
    }
    for (const subject of subjects) {
      const { plan, missing } = ruleKind.plan({ params, timing, subject, site });
      if (plan !== undefined) planned.push({ rule: id, subject: subject.key, plan });
      gaps.push(...missing.map(lack => ({ rule: id, subject: subject.key, ...lack })));
    }
  }
  return { planned, gaps };
}
