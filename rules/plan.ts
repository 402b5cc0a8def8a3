import type { BasisVersions } from '../domain/model/episode.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { Measure } from './measure.ts';
import type { ModeCondition } from './mode-condition.ts';

/** How a value meets a limit. */
export type Relation = '>=' | '>' | '<=' | '<';

/** How long, and by how many readings, a condition must hold without a gap. */
export interface Hold {
  readonly forMs: DurationMs;
  readonly readings: number;
}

/** One limit of a ladder. Several may lead to one severity: any of them does. */
export interface LadderStep {
  readonly severity: WarningSeverity;
  /** Which of the measured values it judges. */
  readonly measure: number;
  readonly name: string;
  readonly relation: Relation;
  readonly limit: number;
  /** Where it lets go: the limit less the deadband, or more where low is bad. */
  readonly clear: number;
  /** Overrides the hold of the plan, also for a step up in an open episode. */
  readonly hold?: Hold;
}

/** A datastream that a rule reads, and for how long its last value stands. */
export interface RuleInput {
  readonly key: string;
  readonly maxGapMs: DurationMs;
  readonly intervalMs: DurationMs;
  readonly unit: string;
  readonly datum?: string;
}

/** What takes the place of a plan while its condition holds. */
export interface PlanMode {
  readonly when: ModeCondition;
  readonly plan: RulePlan;
}

/** A rule made ready for one subject under one basis: everything looked up, nothing missing. */
export interface RulePlan {
  readonly kind: string;
  readonly inputs: readonly RuleInput[];
  readonly measure: Measure;
  /** Plans with equal keys measure the same thing, so that a state may go on from one to the next. */
  readonly measureKey: string;
  /** Plans with equal keys judge alike: from one to the next nothing changes. */
  readonly ladderKey: string;
  /** The ladder in force; some change with the date. */
  readonly stepsAt: (t: EpochMs) => readonly LadderStep[];
  /** Before an episode begins. In an open one a higher step comes at once. */
  readonly hold: Hold;
  /** How long the condition must be gone before the episode is over; the end is the first reading of that time. */
  readonly offDelayMs: DurationMs;
  /** A sensor that the water itself can silence raises when it goes blind on the way up, this long after its last reading. */
  readonly blindWithinMs?: DurationMs;
  /** A limit below the ladder, from which a worsening point that goes blind raises the lowest step. */
  readonly watch?: Pick<LadderStep, 'measure' | 'relation' | 'limit'>;
  /** A reading is live up to this long after its time. */
  readonly liveWindowMs: DurationMs;
  /**
   * How far back in event time a judgement looks: folded from a fresh state at `t - reachMs`, what is judged at `t` is
   * right, where no episode is open or pending from before. Signals count for `SIGNAL_STANDS_MS` before that.
   */
  readonly reachMs: DurationMs;
  /** Other limits and times for a season or a storm; the first that holds is taken. */
  readonly modes?: readonly PlanMode[];
  /** The zones whose official signals its modes ask for. */
  readonly zones?: readonly string[];
  /** After which silences of an input a decision is wanted, the shortest first; empty where silence says nothing. */
  readonly silencesMs: readonly DurationMs[];
}

/** A basis from an event time until the next. No plan: the rule does not hold for the subject, or something is missing. */
export interface BasisSegment {
  readonly from: EpochMs;
  readonly versions: BasisVersions;
  readonly plan?: RulePlan;
}

/** In order of `from`. Before the first no rule holds. */
export type Basis = readonly BasisSegment[];

/** Index of the segment in force at `t`, -1 before the first. */
export function segmentAt(basis: Basis, t: EpochMs): number {
  let index = basis.length - 1;
  while (index >= 0 && (basis[index]?.from ?? t) > t) index -= 1;
  return index;
}
