import type { EpisodeQuery, EpisodeRecord, LoggedChange } from '../../domain/ports/episode-store.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RuleGap } from '../../rules/rule-kind.ts';
import type { RuleDefinition } from '../../rules/schema.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { PointReasons } from '../../watch/explain-point.ts';
import type { RuleDay } from '../../watch/watched-day.ts';

/** A rule that watches, as people know it. */
export type WatchingRule = Pick<RuleDefinition, 'id' | 'kind' | 'name' | 'nameEn' | 'source' | 'reference'>;

/** Warnings as the rules raised them: those in force, and the record of all. */
export interface AlarmService {
  /**
   * By identity the episodes that are in force for people: those open, and those that were told and that no live reading
   * has shown over. One and the same map until `revision` moves.
   */
  board(): ReadonlyMap<string, EpisodeRecord>;
  /** Grows with every change of the board, of `judged` and of `gaps`. */
  readonly revision: number;
  /** The subjects (`station/property[.instance]`) that a rule judges; of every other nothing is known. */
  judged(): ReadonlySet<string>;
  /** What the rules lack to judge more; never to be taken for safe. */
  gaps(): readonly RuleGap[];
  rules(): ReadonlyMap<string, WatchingRule>;
  /** Newest begin first. */
  list(query: EpisodeQuery): Promise<readonly EpisodeRecord[]>;
  find(id: string): Promise<EpisodeRecord | undefined>;
  /** The log of one episode in order. */
  changes(id: string): Promise<readonly LoggedChange[]>;
  /** Undefined for an episode that never was. */
  why(id: string): Promise<AlarmReasons | undefined>;
  /** How every rule of a subject stood at an instant; no rules where none ever judged it. */
  whyPoint(subject: string, at: EpochMs): Promise<PointReasons>;
  /** How every rule watched some subjects on the local day of an instant. */
  watchedDay(subjects: readonly string[], day: EpochMs): Promise<readonly RuleDay[]>;
}

/** Whether an episode is still an alarm for people: it lasts, or it was told and no live reading has ended it. */
export function isInForce({ status, told, isOverLive }: EpisodeRecord): boolean {
  if (status === 'merged') return false;
  return status === 'open' || (told !== undefined && !isOverLive);
}
