import { WARNING_SEVERITIES, severityRank } from '../domain/model/warning-severity.ts';
import type { FoldContext } from './fold-context.ts';
import type { FoldState, OpenEpisode } from './fold-state.ts';
import { isMet, isUpward, judge } from './judge.ts';
import type { Measured } from './measure.ts';
import { raisedRank, raisedSteps } from './open-episode.ts';
import type { LadderStep, RulePlan } from './plan.ts';
import type { SilenceDecision } from './sample.ts';

/**
 * A point that goes blind while pending, or while it worsens above its first threshold, raises at once, to verify: water
 * drowns sensors. A decision that later readings refute, because the datastream has values after `since`, says nothing, and
 * neither does one that an outage of ours has put off for too long.
 */
export function foldSilence(state: FoldState, decision: SilenceDecision, context: FoldContext): FoldState {
  const { plan } = context;
  const { known, open } = state;
  const last = state.lastT[plan.inputs.findIndex(({ key }) => key === decision.input)];
  if (plan.blindWithinMs === undefined || known === null || state.isBroken) return state;
  if (last === null || last === undefined || last > decision.since) return state;
  if (decision.t - last > plan.blindWithinMs) return state;
  const steps = plan.stepsAt(known.t);
  const upTo =
    open === null ? rankWhenBlind(state, known.measured, steps, plan) : nextRank(state, open, steps);
  if (upTo < 0) return state;
  const added = raisedSteps({
    steps,
    measured: known.measured,
    runs: state.runs,
    above: open === null ? -1 : raisedRank(open),
    upTo,
    decidedT: decision.t,
    cause: 'blind',
    lastT: known.t,
  });
  if (open !== null) {
    const all = [...open.steps, ...added];
    return { ...state, open: { ...open, steps: all, currentRank: upTo, blindSince: known.t } };
  }
  const judgement = judge(known.measured, steps);
  const [first] = added;
  if (first === undefined || judgement === undefined) return state;
  const run = state.runs[severityRank(first.severity)];
  return {
    ...state,
    open: {
      begin: first.t,
      steps: added,
      currentRank: upTo,
      peak: run?.peak ?? { value: known.value, t: known.t },
      peakMeasure: judgement.decisive.measure,
      isUpward: isUpward(judgement.decisive.relation),
      segment: state.segment,
      blindSince: known.t,
    },
  };
}

/** Pending: all that is met. Below the ladder but above the watched limit and worsening: its lowest step. */
function rankWhenBlind(
  state: FoldState,
  measured: Measured,
  steps: readonly LadderStep[],
  { watch }: RulePlan,
): number {
  // In another mode than that of the last reading its limits may not be met.
  const metRank = judge(measured, steps)?.metRank ?? -1;
  const pending = state.runs.findLastIndex((run, rank) => run !== null && rank <= metRank);
  if (pending >= 0 || watch === undefined || state.known?.isWorsening !== true) return pending;
  const value = measured.values[watch.measure];
  if (value === undefined || value === null || !isMet(value, watch.relation, watch.limit)) return -1;
  return WARNING_SEVERITIES.findIndex(severity => steps.some(step => step.severity === severity));
}

/** The next severity of the ladder, once a silence. */
function nextRank(state: FoldState, open: OpenEpisode, steps: readonly LadderStep[]): number {
  const { known, overSince } = state;
  if (known?.isWorsening !== true || overSince !== null || open.blindSince === known.t) return -1;
  const above = raisedRank(open);
  return WARNING_SEVERITIES.findIndex(
    (severity, rank) => rank > above && steps.some(step => step.severity === severity),
  );
}
