import type { Episode, EpisodeEnding, EpisodeStep, StepCause } from '../domain/model/episode.ts';
import { WARNING_SEVERITIES, severityRank } from '../domain/model/warning-severity.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from './fold-context.ts';
import type { OpenEpisode, Run } from './fold-state.ts';
import { isMet } from './judge.ts';
import type { Measured } from './measure.ts';
import type { LadderStep } from './plan.ts';

const NO_TIME = durationMs(0);

/** The highest severity it has reached, as a rank. */
export function raisedRank(open: OpenEpisode): number {
  const last = open.steps.at(-1);
  return last === undefined ? -1 : severityRank(last.severity);
}

/** The episode as it stands, or as it ended. */
export function episodeOf(
  open: OpenEpisode,
  { rule, subject, basis }: RuleBinding,
  ended?: { readonly end: EpochMs; readonly ending: EpisodeEnding },
): Episode {
  return {
    rule,
    subject,
    begin: open.begin,
    ...ended,
    severity: WARNING_SEVERITIES[raisedRank(open)] ?? 'blue',
    currentSeverity: WARNING_SEVERITIES[open.currentRank] ?? 'blue',
    steps: open.steps,
    peak: open.peak,
    ...(open.gaps === undefined ? {} : { gaps: open.gaps }),
    toVerify: open.steps.some(({ toVerify }) => toVerify),
    basis: basis[open.segment]?.versions ?? { ruleSet: 0, registry: 0 },
  };
}

/** Why and by what severities are reached. */
export interface Raise {
  readonly steps: readonly LadderStep[];
  readonly measured: Measured;
  readonly runs: readonly (Run | null)[];
  /** Ranks above `above`, up to and with `upTo`. */
  readonly above: number;
  readonly upTo: number;
  readonly decidedT: EpochMs;
  readonly cause: StepCause;
  /** The last reading, where a step has no run of its own. */
  readonly lastT: EpochMs;
}

/** The steps that are new. A severity implies the milder ones of the ladder. */
export function raisedSteps(raise: Raise): readonly EpisodeStep[] {
  const added: EpisodeStep[] = [];
  for (let rank = raise.above + 1; rank <= raise.upTo; rank += 1) {
    const severity = WARNING_SEVERITIES[rank];
    const limit = severity === undefined ? undefined : limitOf(raise, rank);
    if (severity === undefined || limit === undefined) continue;
    const run = raise.runs[rank];
    added.push({
      severity,
      t: run?.since ?? raise.lastT,
      decidedT: raise.decidedT,
      cause: raise.cause,
      value: raise.measured.values[limit.measure] ?? limit.limit,
      limit: limit.limit,
      limitName: limit.name,
      toVerify: raise.cause === 'blind' || run?.sawGood !== true,
      heldMs: run?.heldMs ?? NO_TIME,
    });
  }
  return added;
}

/** The limit of a severity: the one that is met, where several lead to it. */
function limitOf({ steps, measured }: Raise, rank: number): LadderStep | undefined {
  const candidates = steps.filter(({ severity }) => severityRank(severity) === rank);
  const met = candidates.find(({ measure, relation, limit }) => {
    const value = measured.values[measure];
    return value !== undefined && value !== null && isMet(value, relation, limit);
  });
  return met ?? candidates[0];
}
