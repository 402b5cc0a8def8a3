// Why an alarm is, as the server answers it. A test holds the server's answer against it.
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { AlarmEnding } from './alarm-wire.ts';

export type Relation = '>=' | '>' | '<=' | '<';

export interface InputValue {
  readonly input: string;
  readonly unit: string;
  readonly t: number | null;
  readonly v: number | null;
  /** QARTOD's. */
  readonly quality: number | null;
  /** HJ 212 letter, N where the device had nothing to say. */
  readonly deviceFlag: string | null;
  readonly received: number | null;
  readonly position: number | null;
  readonly ageMs: number | null;
  readonly isFresh: boolean;
  readonly withheld: number;
}

export interface LimitInForce {
  readonly severity: WarningSeverity;
  readonly name: string;
  readonly relation: Relation;
  readonly value: number;
  /** Where it lets go. */
  readonly clear: number;
  readonly datum: string | null;
}

export interface DecidingReading {
  readonly kind: 'reading';
  readonly input: string;
  readonly t: number;
  readonly v: number | null;
  readonly position: number;
  readonly received: number;
  readonly delayMs: number;
  readonly liveWindowMs: number;
  readonly live: boolean;
  /** True time minus `received` where our own clock was wrong. */
  readonly clockCorrectionMs: number | null;
}

/** A silence that was decided at `t`; what counts of it is `silentMs` less `ownOutageMs`. */
export interface SilenceReason {
  readonly kind: 'silence';
  readonly input: string;
  readonly t: number;
  readonly since: number;
  readonly silentMs: number;
  readonly ownOutageMs: number;
  readonly isRefuted: boolean;
}

/** One thing that had to be true, and how it stood. */
export interface Clause {
  readonly severity?: WarningSeverity | undefined;
  readonly name: string;
  readonly state: 'true' | 'false' | 'unknown';
  readonly value?: number | undefined;
  readonly limit: number;
  /** To the limit; zero or less beyond it. */
  readonly distance?: number | undefined;
  /** How long until a limit is met if the value goes on as it did, milliseconds; null where it is not on its way. */
  readonly etaMs?: number | null | undefined;
  /** The items of water quality that decided a class. */
  readonly deciding?: readonly { readonly input: string; readonly value: number }[] | undefined;
}

export interface StepReasons {
  readonly severity: WarningSeverity;
  readonly cause: 'held' | 'blind';
  readonly t: number;
  readonly decidedT: number;
  readonly heldMs: number;
  readonly value: number;
  readonly limit: number;
  readonly limitName: string;
  readonly decidedBy: DecidingReading | SilenceReason | null;
  readonly toldAt: number | null;
  readonly clauses: readonly Clause[];
  readonly inputs: readonly InputValue[];
  readonly thresholds: readonly LimitInForce[];
  readonly toVerify: 'suspectOnly' | 'blind' | null;
}

export type ChangeKind = 'raised' | 'split' | 'amended' | 'merged' | 'withdrawn' | 'ended';

/** A change as it was told; `knownAt` is receivedTime. */
export interface ToldChange {
  readonly kind: ChangeKind;
  readonly knownAt: number;
  readonly live: boolean;
  readonly liveSteps: readonly WarningSeverity[];
  readonly severity: WarningSeverity;
  readonly fields: readonly string[];
}

/** What took part beside readings; an outage is our own and ends at `t`, a signal is null where it was lifted. */
export type DecisionReason =
  | SilenceReason
  | { readonly kind: 'outage'; readonly t: number; readonly from: number }
  | {
      readonly kind: 'signal';
      readonly t: number;
      readonly zone: string;
      readonly severity: WarningSeverity | null;
    };

export interface AlarmReasons {
  readonly id: string;
  readonly rule: string;
  readonly kind: string | null;
  readonly subject: string;
  readonly ruleSet: number;
  readonly registry: number;
  readonly begin: number;
  readonly end: number | null;
  readonly ending: AlarmEnding | null;
  /** The mildest first. */
  readonly steps: readonly StepReasons[];
  readonly gaps: {
    readonly count: number;
    readonly totalMs: number;
    readonly lastFrom: number;
    readonly lastTo: number;
  } | null;
  /** What took part beside readings, in order of `t`. */
  readonly decisions: readonly DecisionReason[];
  readonly changes: readonly ToldChange[];
}
