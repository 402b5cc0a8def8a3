import type { BasisVersions, Episode } from '../domain/model/episode.ts';
import { QUALITY } from '../domain/model/observation.ts';
import type { OwnOutage } from '../domain/model/watch-decision.ts';
import type { EpisodeRecord } from '../domain/ports/episode-store.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Clause, Explanation } from '../rules/explain-at.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import { segmentAt } from '../rules/plan.ts';
import type { RulePlan } from '../rules/plan.ts';
import type { RuleGap } from '../rules/rule-kind.ts';
import type { Sample } from '../rules/sample.ts';
import type { InputValue, LimitInForce } from './alarm-reasons.ts';
import { inputValuesAt } from './input-values.ts';
import { limitsInForce } from './limits-in-force.ts';

/** `blind`: nothing that the rule could judge was known within the time a value stands. */
export type DataState = 'good' | 'suspect' | 'blind';

/** How one rule stood at a point at an instant. */
export interface RuleAtPoint {
  readonly rule: string;
  /** Kind of the rule; null where it did not judge. */
  readonly kind: string | null;
  /** Null where no rule set held yet. */
  readonly basis: BasisVersions | null;
  /** `notJudged`: the rule did not hold for the point, or lacks something. `unknown`: blind, which is never `noWarning`. */
  readonly state: 'warning' | 'noWarning' | 'unknown' | 'notJudged';
  /** When the condition was last known. */
  readonly knownAt: EpochMs | null;
  /** Null where the rule did not judge. */
  readonly data: DataState | null;
  /** The first clause that is not true; null in a warning, and where nothing was measured. */
  readonly whyNot: Clause | null;
  readonly clauses: readonly Clause[];
  readonly inputs: readonly InputValue[];
  readonly thresholds: readonly LimitInForce[];
  /** The episode that was open. */
  readonly open: Episode | null;
  /** Its id; null where nothing of it was told. */
  readonly alarm: string | null;
}

/** Why there is no warning at a point, or which there are: plain data. */
export interface PointReasons {
  /** `station/property[.instance]` */
  readonly subject: string;
  readonly at: EpochMs;
  /** Our own outage that `at` lies in: whatever is known of it now, nobody could have been warned then. */
  readonly outage: Pick<OwnOutage, 'from' | 't'> | null;
  readonly rules: readonly RuleAtPoint[];
  /** What the rules lack to judge it. */
  readonly gaps: readonly RuleGap[];
}

/** One rule of the subject, ready to be explained. */
export interface JudgedRule {
  readonly binding: RuleBinding;
  /** In order, with t ≤ at; from an instant on at which no episode was open or pending, as far as a judgement looks back. */
  readonly samples: readonly Sample[];
  /** How the rule stands with all of them folded in. */
  readonly explanation: Explanation;
  /** The episode of record that was open. */
  readonly record?: EpisodeRecord | undefined;
}

export interface PointRequest {
  readonly subject: string;
  readonly at: EpochMs;
  readonly rules: readonly JudgedRule[];
  /** Those of our own that ended after `at`. */
  readonly outages: readonly OwnOutage[];
  /** What the rules in force lack, of any subject. */
  readonly gaps: readonly RuleGap[];
}

/** How every rule of a point stood at an instant, by what is stored now. */
export function explainPoint({ subject, at, rules, outages, gaps }: PointRequest): PointReasons {
  const away = outages.find(({ from, t }) => from <= at && at < t);
  return {
    subject,
    at,
    outage: away === undefined ? null : { from: away.from, t: away.t },
    rules: rules.map(({ binding, samples, explanation, record }): RuleAtPoint => {
      const plan = binding.basis[segmentAt(binding.basis, at)]?.plan;
      const inputs = plan === undefined ? [] : inputValuesAt(plan, samples, at);
      const data = plan === undefined ? null : dataState({ explanation, plan, inputs, at });
      const { basis = null, knownAt = null, whyNot = null, clauses, open = null } = explanation;
      const state = stateOf(explanation, data);
      const alarm = open === null ? null : (record?.id ?? null);
      return {
        rule: binding.rule,
        kind: plan?.kind ?? null,
        basis,
        state,
        knownAt,
        data,
        whyNot,
        clauses,
        inputs,
        thresholds: plan === undefined ? [] : limitsInForce(plan, samples, at),
        open,
        alarm,
      };
    }),
    gaps: gaps.filter(gap => gap.subject === subject),
  };
}

function stateOf({ open }: Explanation, data: DataState | null): RuleAtPoint['state'] {
  if (open !== undefined) return 'warning';
  if (data === null) return 'notJudged';
  return data === 'blind' ? 'unknown' : 'noWarning';
}

function dataState(judged: {
  readonly explanation: Explanation;
  readonly plan: RulePlan;
  readonly inputs: readonly InputValue[];
  readonly at: EpochMs;
}): DataState {
  const { explanation, plan, inputs, at } = judged;
  const { knownAt, isBroken } = explanation;
  if (knownAt === undefined) return 'blind';
  // A rule about silence knows by decisions; between them a datastream may be as quiet as it is allowed to be.
  const standsMs = Math.max(0, ...plan.inputs.map(({ maxGapMs }) => maxGapMs));
  if (plan.measure.seesSilence !== true && (isBroken || at - knownAt > standsMs)) return 'blind';
  const isSuspect = inputs.some(({ isFresh, quality }) => isFresh && quality === QUALITY.suspect);
  return isSuspect ? 'suspect' : 'good';
}
