import type { DurationMs, EpochMs } from '../time/instant.ts';
import type { WarningSeverity } from './warning-severity.ts';

/** The versions an episode was raised under; each holds from an event time. */
export interface BasisVersions {
  readonly ruleSet: number;
  readonly registry: number;
}

/** Why a severity was reached: the limit held, or the point went blind on its way there (a drowned sensor). */
export type StepCause = 'held' | 'blind';

/** A severity that an episode reached; each at most once, the mildest first. */
export interface EpisodeStep {
  readonly severity: WarningSeverity;
  /** First reading of the run that held; for `blind` the last reading before the silence. */
  readonly t: EpochMs;
  /** The reading, or silence decision, by which the run had held long enough. */
  readonly decidedT: EpochMs;
  readonly cause: StepCause;
  /** What was compared at `decidedT`, which limit, and its name. */
  readonly value: number;
  readonly limit: number;
  readonly limitName: string;
  /** No good reading has met the limit yet: only suspect ones, or none since the point went blind. */
  readonly toVerify: boolean;
  /** Time between consecutive readings that both met the limit; gaps and the way to the first reading do not count. */
  readonly heldMs: DurationMs;
}

/** Where the data of an open episode were missing for longer than the datastream allows. */
export interface EpisodeGaps {
  readonly count: number;
  readonly totalMs: DurationMs;
  /** Begin and end of the last one. */
  readonly lastFrom: EpochMs;
  readonly lastTo: EpochMs;
}

/** Over by a reading, or no longer supported by the rule set or registry that came into force. */
export type EpisodeEnding = 'returned' | 'basis_changed';

/** What happened, in event time: a pure function of the accepted observations, silence decisions and the basis. */
export interface Episode {
  readonly rule: string;
  /** The datastream that is judged: `station/property` or `station/property.instance`. */
  readonly subject: string;
  readonly begin: EpochMs;
  /** First reading that shows it over; absent while open. Never set by a gap. */
  readonly end?: EpochMs;
  readonly ending?: EpisodeEnding;
  /** The highest step. */
  readonly severity: WarningSeverity;
  /** What the latest reading supports, deadband included; at most `severity`. */
  readonly currentSeverity: WarningSeverity;
  readonly steps: readonly EpisodeStep[];
  /** The most extreme value, in the unit of what is compared. */
  readonly peak: { readonly value: number; readonly t: EpochMs };
  readonly gaps?: EpisodeGaps;
  /** True while any step is. */
  readonly toVerify: boolean;
  readonly basis: BasisVersions;
}

/** An episode under the identity that survives its amendments. */
export interface TrackedEpisode {
  readonly id: string;
  readonly episode: Episode;
}

/** What an amendment touched. */
export type AmendedField = 'begin' | 'end' | 'steps' | 'severity' | 'peak' | 'gaps' | 'toVerify' | 'basis';

interface ChangeOf {
  readonly id: string;
  /** The content after the change; for `merged` and `withdrawn` the last content under the id. */
  readonly episode: Episode;
  /** Caused by a reading that was fresh when it was received. What is not live is recorded and never a siren. */
  readonly live: boolean;
  /** Severities that a fresh reading supports for the first time in this episode: what may be paged, each once. */
  readonly liveSteps: readonly WarningSeverity[];
}

/** A change of the history of one rule and subject, to be appended. */
export type EpisodeChange =
  | (ChangeOf & { readonly kind: 'raised' })
  /** Part of `from` went on under a new id. */
  | (ChangeOf & { readonly kind: 'split'; readonly from: string })
  | (ChangeOf & { readonly kind: 'amended'; readonly fields: readonly AmendedField[] })
  /** It turned out to be one with `into`, the older of the two. */
  | (ChangeOf & { readonly kind: 'merged'; readonly into: string })
  /** Late readings or corrections show that it never was. The alarm stays until a live reading. */
  | (ChangeOf & { readonly kind: 'withdrawn' })
  /**
   * Over. Where late readings ended or withdrew an episode that was told live, it comes (again) with `live` when a fresh
   * reading shows the point normal: only then may the alarm return.
   */
  | (ChangeOf & { readonly kind: 'ended' });
