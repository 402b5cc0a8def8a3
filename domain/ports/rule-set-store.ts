import type { EpochMs } from '../time/instant.ts';

/** A rule set as it was activated. */
export interface KeptRuleSet {
  /** As its file says; every activation has a higher one. */
  readonly version: number;
  /** Event time from which it is in force, until that of the next. */
  readonly activeFrom: EpochMs;
  readonly activatedAt: EpochMs;
  readonly principal: string;
  readonly note?: string;
  /** Its file, as it was read. */
  readonly text: string;
}

/** An activation, and for whom it is audited. */
export interface RuleSetActivation extends KeptRuleSet {
  /** Of the principal. */
  readonly organisation: string;
}

/**
 * Every rule set that was ever in force. Nothing is overwritten or taken away: an episode names the version it was
 * raised under.
 */
export interface RuleSetStore {
  /** Oldest first. */
  ruleSets(): Promise<readonly KeptRuleSet[]>;
  /**
   * Durable, with its audit entry, before it resolves. Rejects with `conflict`, and nothing of it is kept, where its
   * version is not above all kept ones, or its time is before that of the newest.
   */
  activateRuleSet(activation: RuleSetActivation): Promise<void>;
}
