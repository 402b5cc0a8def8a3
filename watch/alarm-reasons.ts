import type { EpisodeChange, EpisodeEnding, EpisodeGaps, StepCause } from '../domain/model/episode.ts';
import type { QualityFlag } from '../domain/model/observation.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import type { OwnOutage, RainstormSignal, SilenceDecision } from '../domain/model/watch-decision.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { Clause } from '../rules/explain-at.ts';
import type { Relation } from '../rules/plan.ts';

/** What a step rests on: no good reading has met the limit, or none came since the point went blind. */
export type ToVerifyReason = 'suspectOnly' | 'blind';

/** The last usable value of an input at an instant, as it is stored now. */
export interface InputValue {
  /** `station/property` or `station/property.instance`. */
  readonly input: string;
  readonly unit: string;
  readonly datum: string | null;
  /** Null, like all that follows, where the input had no usable reading yet. */
  readonly t: EpochMs | null;
  readonly v: number | null;
  readonly quality: QualityFlag | null;
  /** HJ 212 letter, N where the device had nothing to say. */
  readonly deviceFlag: string | null;
  readonly received: EpochMs | null;
  readonly position: number | null;
  /** How old it was at the instant. */
  readonly ageMs: DurationMs | null;
  /** Younger than the datastream's maxGap: it still stood. */
  readonly isFresh: boolean;
  /** Readings after it that rules do not see: FAIL and MISSING. */
  readonly withheld: number;
}

/** A limit of the ladder in force. */
export interface LimitInForce {
  readonly severity: WarningSeverity;
  readonly name: string;
  readonly relation: Relation;
  readonly value: number;
  /** Where it lets go. */
  readonly clear: number;
  /** Known where the rule compares the reading itself; null where it compares something derived, such as a rise. */
  readonly unit: string | null;
  readonly datum: string | null;
}

/** The reading by which a severity had held long enough. */
export interface DecidingReading {
  readonly kind: 'reading';
  readonly input: string;
  readonly t: EpochMs;
  readonly v: number | null;
  /** Where the journal keeps the raw message. */
  readonly position: number;
  readonly received: EpochMs;
  /** receivedTime − t; live up to and including `liveWindowMs`, else retroactive. */
  readonly delayMs: DurationMs;
  readonly liveWindowMs: DurationMs;
  readonly live: boolean;
  /** Our own clock was wrong when it came: true time minus `received`; null where the clock was believed. */
  readonly clockCorrectionMs: DurationMs | null;
}

/** A silence as it stands: `silentMs` − `ownOutageMs` is what counts. */
export interface SilenceReason extends SilenceDecision {
  readonly silentMs: DurationMs;
  readonly ownOutageMs: DurationMs;
  /** The datastream has values from after `since`, so that it says nothing any more. */
  readonly isRefuted: boolean;
}

export interface StepReasons {
  readonly severity: WarningSeverity;
  readonly cause: StepCause;
  /** First reading of the run that held. */
  readonly t: EpochMs;
  readonly decidedT: EpochMs;
  readonly heldMs: DurationMs;
  /** What was compared at `decidedT`, which limit, and its name. */
  readonly value: number;
  readonly limit: number;
  readonly limitName: string;
  /** Null where what is stored now no longer leads to the step: it was withdrawn, or its readings were deleted. */
  readonly decidedBy: DecidingReading | SilenceReason | null;
  /** receivedTime up to which everything was heard when it was first told live; null where it was not. */
  readonly toldAt: EpochMs | null;
  /** How everything stood at `decidedT`, gate first. */
  readonly clauses: readonly Clause[];
  readonly inputs: readonly InputValue[];
  readonly thresholds: readonly LimitInForce[];
  readonly toVerify: ToVerifyReason | null;
}

/** A change as it was told. */
export interface ToldChange {
  readonly kind: EpisodeChange['kind'];
  readonly knownAt: EpochMs;
  readonly live: boolean;
  readonly liveSteps: readonly WarningSeverity[];
  /** The highest step after the change. */
  readonly severity: WarningSeverity;
  /** What an amendment touched; empty else. */
  readonly fields: readonly string[];
}

/** Why there is, or was, an alarm: plain data. Times are event times unless they are named otherwise. */
export interface AlarmReasons {
  readonly id: string;
  readonly rule: string;
  /** Kind of the rule; null where it is no longer known. */
  readonly kind: string | null;
  readonly subject: string;
  /** Versions in force when it was raised. */
  readonly ruleSet: number;
  readonly registry: number;
  readonly begin: EpochMs;
  readonly end: EpochMs | null;
  readonly ending: EpisodeEnding | null;
  /** The mildest first. */
  readonly steps: readonly StepReasons[];
  /** Of the steps that nobody has confirmed; empty where all are. */
  readonly toVerify: readonly ToVerifyReason[];
  readonly gaps: EpisodeGaps | null;
  /** What took part beside readings, in order of `t`. */
  readonly decisions: readonly (SilenceReason | OwnOutage | RainstormSignal)[];
  readonly changes: readonly ToldChange[];
}
