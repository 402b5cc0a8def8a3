import type { EpochMs } from '../domain/time/instant.ts';
import { VALUE_ITSELF } from '../rules/measure.ts';
import type { RulePlan } from '../rules/plan.ts';
import type { LimitInForce } from './alarm-reasons.ts';

/** The ladder of a plan at an instant, as people read it. */
export function limitsInForce(plan: RulePlan, at: EpochMs): readonly LimitInForce[] {
  const [input] = plan.inputs;
  const isValue = plan.measure === VALUE_ITSELF;
  return plan.stepsAt(at).map(({ severity, name, relation, limit, clear }) => ({
    severity,
    name,
    relation,
    value: limit,
    clear,
    unit: isValue ? (input?.unit ?? null) : null,
    datum: isValue ? (input?.datum ?? null) : null,
  }));
}
