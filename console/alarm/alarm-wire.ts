// What the page reads of the server's answers about alarms. A test holds the server's schemas against it.
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';

/** A severity that an alarm reached, and the limit that was met. */
export interface AlarmStep {
  readonly severity: WarningSeverity;
  readonly t: number;
  readonly limitName: string;
  readonly toVerify: boolean;
}

export type AlarmRecordState = 'open' | 'ended' | 'withdrawn' | 'merged';
export type AlarmEnding = 'returned' | 'basis_changed';

/** An alarm as the lists and the stream have it. Times are epoch ms of event time unless they are named otherwise. */
export interface Alarm {
  readonly id: string;
  readonly rule: string;
  /** Null where the rule is no longer known. */
  readonly ruleName: string | null;
  readonly ruleNameEn: string | null;
  /** `station/property` or `station/property.instance`. */
  readonly subject: string;
  readonly station: string;
  readonly basin: string | null;
  readonly begin: number;
  readonly end: number | null;
  readonly ending: AlarmEnding | null;
  readonly severity: WarningSeverity;
  readonly currentSeverity: WarningSeverity;
  readonly peak: { readonly value: number; readonly t: number };
  readonly steps: readonly AlarmStep[];
  readonly toVerify: boolean;
  /** Never told live. */
  readonly retroactive: boolean;
  readonly state: AlarmRecordState;
  /** Still an alarm for people, also where late data have ended it. */
  readonly inForce: boolean;
  readonly into: string | null;
  /** receivedTime of its first and of its last change. */
  readonly firstKnownAt: number;
  readonly changedAt: number;
  /** The versions it was raised under. */
  readonly basis: { readonly ruleSet: number; readonly registry: number };
}

/** An alarm as it was known at an instant, and as it is now where that differs. */
export interface ListedAlarm extends Alarm {
  readonly later: Alarm | null;
}

/** A rule that watches. */
export interface WatchingRule {
  readonly id: string;
  readonly name: string;
  readonly nameEn: string;
  /** How well its numbers are founded. */
  readonly source: 'verified' | 'secondary' | 'memory' | 'proposal';
  readonly reference: string | null;
  /** How many. */
  readonly gaps: number;
}

export interface WatchingRules {
  readonly items: readonly WatchingRule[];
  /** Points that at least one rule judges, of all points; gaps of all rules together. */
  readonly judged: number;
  readonly points: number;
  readonly gaps: number;
}

/** What a rule lacks to judge a point, wholly or in part. */
export interface RuleGap {
  readonly rule: string;
  /** Null where the rule finds no point at all. */
  readonly subject: string | null;
  readonly missing: 'threshold' | 'datum' | 'input' | 'subject';
  /** In English. */
  readonly detail: string;
}
