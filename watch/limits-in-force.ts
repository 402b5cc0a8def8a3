import type { EpochMs } from '../domain/time/instant.ts';
import { VALUE_ITSELF } from '../rules/measure.ts';
import { planInMode } from '../rules/plan-modes.ts';
import type { RulePlan } from '../rules/plan.ts';
import type { Sample } from '../rules/sample.ts';
import { NO_SIGNALS, withSignals } from '../rules/signals-in-force.ts';
import type { LimitInForce } from './alarm-reasons.ts';

/**
 * The ladder of a plan at an instant, as people read it.
 *
 * @param samples in order, the signals that stood then among them
 */
export function limitsInForce(
  plan: RulePlan,
  samples: readonly Sample[],
  at: EpochMs,
): readonly LimitInForce[] {
  const [input] = plan.inputs;
  const isValue = plan.measure === VALUE_ITSELF;
  const seen = withSignals(
    NO_SIGNALS,
    samples.filter(({ t }) => t <= at),
  );
  return planInMode(plan, at, seen)
    .stepsAt(at)
    .map(({ severity, name, relation, limit, clear }) => ({
      severity,
      name,
      relation,
      value: limit,
      clear,
      unit: isValue ? (input?.unit ?? null) : null,
      datum: isValue ? (input?.datum ?? null) : null,
    }));
}
