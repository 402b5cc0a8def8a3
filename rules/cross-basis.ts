import type { EpochMs } from '../domain/time/instant.ts';
import type { FoldStep, RuleBinding } from './fold-context.ts';
import { keptSeverity } from './fold-judgement.ts';
import { FRESH_STATE } from './fold-state.ts';
import type { FoldState } from './fold-state.ts';
import { judge } from './judge.ts';
import { planInMode } from './plan-modes.ts';
import { episodeOf } from './open-episode.ts';
import { segmentAt } from './plan.ts';
import type { RulePlan } from './plan.ts';

/**
 * Brings the state into the basis in force at `t`. A rule set holds from its activation: an open episode that the new
 * one does not support, judged by the last values known, ends there with `basis_changed`; the past is not judged anew.
 */
export function crossBasis(state: FoldState, t: EpochMs, binding: RuleBinding): FoldStep {
  const target = segmentAt(binding.basis, t);
  let step: FoldStep = { state };
  for (let index = state.segment + 1; index <= target; index += 1) {
    const entered = enterSegment(step.state, index, binding);
    step = entered.ended === undefined ? { ...step, state: entered.state } : entered;
  }
  return step;
}

function enterSegment(state: FoldState, index: number, binding: RuleBinding): FoldStep {
  const plan = binding.basis[index]?.plan;
  const before = binding.basis[state.segment]?.plan;
  if (plan !== undefined && before !== undefined && isSamePlan(plan, before)) {
    return { state: { ...state, segment: index } };
  }
  const end = binding.basis[index]?.from;
  const ended =
    state.open === null || end === undefined
      ? {}
      : { ended: episodeOf(state.open, binding, { end, ending: 'basis_changed' }) };
  const { signals } = state;
  const fresh = { ...FRESH_STATE, segment: index, signals };
  if (plan === undefined || end === undefined) return { state: fresh, ...ended };
  if (plan.measureKey !== before?.measureKey) {
    const lastT = plan.inputs.map(() => null);
    return { state: { ...fresh, measure: plan.measure.begin, lastT }, ...ended };
  }
  const steps = planInMode(plan, end, signals).stepsAt(end);
  const judged = state.known === null ? undefined : judge(state.known.measured, steps);
  const metRank = judged?.metRank ?? -1;
  const keptRank = judged?.keptRank ?? -1;
  const runs = state.runs.map((run, rank) => (rank > metRank ? null : run));
  const carried = { ...state, segment: index, runs };
  if (state.open === null) return { state: carried };
  if (keptRank < 0) return { state: { ...carried, open: null, overSince: null }, ...ended };
  const currentRank = keptSeverity(state.open.steps, keptRank);
  return { state: { ...carried, open: { ...state.open, currentRank } } };
}

function isSamePlan(plan: RulePlan, before: RulePlan): boolean {
  return plan === before || (plan.measureKey === before.measureKey && plan.ladderKey === before.ladderKey);
}
