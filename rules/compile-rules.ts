import { RULE_KINDS } from './rule-kinds.ts';
import type { RuleKind, RuleGap } from './rule-kind.ts';
import type { PlanMode, RulePlan } from './plan.ts';
import { withModes } from './plan-modes.ts';
import type { RuleSet } from './schema.ts';
import { selectSubjects, zonesOf } from './subject.ts';
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
  for (const { id, kind, params, timing, modes, subjects: selector } of ruleSet.rules) {
    const variants = [params, ...modes.map(mode => mode.params)];
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
      const { plan, missing } = ruleKind.plan({ params, variants, timing, subject, site });
      const lacking = [...missing];
      if (plan !== undefined) {
        const inModes = modes.flatMap(({ when, ...mode }): readonly PlanMode[] => {
          const outcome = ruleKind.plan({ ...mode, variants, subject, site });
          lacking.push(
            ...outcome.missing.filter(({ detail }) => !lacking.some(lack => lack.detail === detail)),
          );
          return outcome.plan === undefined ? [] : [{ when, plan: outcome.plan }];
        });
        planned.push({ rule: id, subject: subject.key, plan: withModes(plan, inModes, zonesOf(subject)) });
      }
      gaps.push(...lacking.map(lack => ({ rule: id, subject: subject.key, ...lack })));
    }
  }
  return { planned, gaps };
}
