import type { EpisodeGaps, EpisodeStep } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { FoldContext, FoldStep } from './fold-context.ts';
import { NO_RUNS } from './fold-state.ts';
import type { FoldState, OpenEpisode, Run } from './fold-state.ts';
import { isMet, isUpward } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { Measured } from './measure.ts';
import { episodeOf, raisedRank, raisedSteps } from './open-episode.ts';
import type { LadderStep, RulePlan } from './plan.ts';

/** A sample whose condition is known. */
export interface Found {
  readonly t: EpochMs;
  readonly measured: Measured;
  readonly judgement: Judgement;
  readonly steps: readonly LadderStep[];
  /** The reading is not suspect. */
  readonly isGood: boolean;
  /** Since the last thing known there was a gap, over which nothing is proven. */
  readonly isBroken: boolean;
}

/** Takes a known condition into the state: runs go on or break, an episode begins, goes up or ends. */
export function foldJudgement(state: FoldState, found: Found, context: FoldContext): FoldStep {
  const { t, judgement, isBroken } = found;
  const runs = judgement.metRank < 0 ? NO_RUNS : nextRuns(state, found);
  const isOver = judgement.keptRank < 0;
  const overSince = !isOver ? null : state.overSince === null || isBroken ? t : state.overSince;
  const next: FoldState = {
    ...state,
    known: {
      t,
      measured: found.measured,
      isWorsening: !isBroken && isWorse(found, state.known?.measured),
      value: judgement.value,
    },
    isBroken: false,
    runs,
    overSince,
  };
  if (state.open === null) return { state: { ...next, open: begun(next, found, context) }, judgement };
  const open = wentOn(state, state.open, { ...found, runs }, context.plan);
  if (overSince === null || t - overSince < context.plan.offDelayMs) {
    return { state: { ...next, open }, judgement };
  }
  const ended = episodeOf(open, context.binding, { end: overSince, ending: 'returned' });
  return { state: { ...next, open: null, overSince: null }, ended, judgement };
}

/** A run goes on while its limit is met at every reading and no gap lies between. */
function nextRuns(state: FoldState, found: Found): readonly (Run | null)[] {
  const { t, judgement, isGood, isBroken } = found;
  const { value } = judgement;
  const isHighBad = isUpward(judgement.decisive.relation);
  return state.runs.map((run, rank): Run | null => {
    if (rank > judgement.metRank) return null;
    if (run === null || isBroken || state.known === null) {
      const peak = { value, t };
      return { since: found.measured.since ?? t, readings: 1, heldMs: durationMs(0), sawGood: isGood, peak };
    }
    const isPeak = isHighBad ? value > run.peak.value : value < run.peak.value;
    return {
      since: run.since,
      readings: run.readings + 1,
      heldMs: durationMs(run.heldMs + t - state.known.t),
      sawGood: run.sawGood || isGood,
      peak: isPeak ? { value, t } : run.peak,
    };
  });
}

function begun(state: FoldState, found: Found, { plan }: FoldContext): OpenEpisode | null {
  const { t, judgement, steps, measured } = found;
  const proven = provenRank(state.runs, found, { plan, above: -1, isOpen: false });
  if (proven < 0) return null;
  const upTo = Math.max(proven, provenRank(state.runs, found, { plan, above: proven, isOpen: true }));
  const raise = { steps, measured, runs: state.runs, above: -1, upTo, decidedT: t, lastT: t };
  const added = raisedSteps({ ...raise, cause: 'held' });
  const first = added[0];
  const run = first === undefined ? null : state.runs[severityRank(first.severity)];
  if (first === undefined || run === null || run === undefined) return null;
  return {
    begin: first.t,
    steps: added,
    currentRank: upTo,
    peak: run.peak,
    peakMeasure: judgement.decisive.measure,
    isUpward: isUpward(judgement.decisive.relation),
    segment: state.segment,
  };
}

/** The highest severity above `above` whose condition has held long enough, -1 where none has. */
function provenRank(
  runs: readonly (Run | null)[],
  { t, steps, measured }: Found,
  { plan, above, isOpen }: { readonly plan: RulePlan; readonly above: number; readonly isOpen: boolean },
): number {
  let proven = -1;
  for (const step of steps) {
    const rank = severityRank(step.severity);
    const run = runs[rank];
    const value = measured.values[step.measure];
    if (rank <= above || rank <= proven || run === null || run === undefined) continue;
    if (value === undefined || value === null || !isMet(value, step.relation, step.limit)) continue;
    // A step up comes at once: the episode has shown that the water is there.
    const hold = step.hold ?? (isOpen ? undefined : plan.hold);
    if (hold === undefined || (t - run.since >= hold.forMs && run.readings >= hold.readings)) proven = rank;
  }
  return proven;
}

/** The open episode after a further reading. */
function wentOn(
  state: FoldState,
  open: OpenEpisode,
  found: Found & { readonly runs: readonly (Run | null)[] },
  plan: RulePlan,
): OpenEpisode {
  const { t, judgement, steps, measured, runs, isBroken } = found;
  const above = raisedRank(open);
  const upTo = provenRank(runs, found, { plan, above, isOpen: true });
  const kept = open.steps.map(step => stepAfter(step, state, found));
  const raise = { steps, measured, runs, above, upTo, decidedT: t, lastT: t };
  const all = upTo < 0 ? kept : [...kept, ...raisedSteps({ ...raise, cause: 'held' })];
  const value = measured.values[open.peakMeasure] ?? open.peak.value;
  const isPeak = open.isUpward ? value > open.peak.value : value < open.peak.value;
  const gapFrom = isBroken ? state.known?.t : undefined;
  return {
    ...open,
    steps: all,
    currentRank: keptSeverity(all, judgement.keptRank),
    peak: isPeak ? { value, t } : open.peak,
    ...(gapFrom === undefined ? {} : { gaps: withGap(open.gaps, gapFrom, t) }),
  };
}

function stepAfter(step: EpisodeStep, state: FoldState, found: Found): EpisodeStep {
  const rank = severityRank(step.severity);
  if (rank > found.judgement.metRank) return step;
  const wasMet = !found.isBroken && state.runs[rank] !== null && state.known !== null;
  return {
    ...step,
    toVerify: step.toVerify && !found.isGood,
    heldMs: wasMet ? durationMs(step.heldMs + found.t - (state.known?.t ?? found.t)) : step.heldMs,
  };
}

/** The highest step that has not let go; the lowest while the end waits for its off-delay. */
export function keptSeverity(steps: readonly EpisodeStep[], keptRank: number): number {
  const ranks = steps.map(({ severity }) => severityRank(severity));
  return ranks.findLast(rank => rank <= keptRank) ?? ranks[0] ?? 0;
}

function withGap(gaps: EpisodeGaps | undefined, from: EpochMs, to: EpochMs): EpisodeGaps {
  const totalMs = durationMs((gaps?.totalMs ?? 0) + to - from);
  return { count: (gaps?.count ?? 0) + 1, totalMs, lastFrom: from, lastTo: to };
}

function isWorse({ judgement }: Found, before: Measured | undefined): boolean {
  const last = before?.values[judgement.decisive.measure];
  if (last === undefined || last === null) return false;
  return isUpward(judgement.decisive.relation) ? judgement.value > last : judgement.value < last;
}
