// How the rules of a point stand, as the server answers it. A test holds the server's answer against it.
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { RuleGap } from './alarm-wire.ts';
import type { Clause, InputValue, LimitInForce } from './reasons-wire.ts';

/** The warning of a rule that was open. */
export interface OpenWarning {
  /** Null where it was never told of. */
  readonly alarm: string | null;
  readonly begin: number;
  readonly severity: WarningSeverity;
  readonly currentSeverity: WarningSeverity;
  readonly toVerify: boolean;
}

/** `unknown`: the point was blind, which is never `noWarning`. */
export type RuleState = 'warning' | 'noWarning' | 'unknown' | 'notJudged';

export interface RuleAtPoint {
  readonly rule: string;
  readonly state: RuleState;
  /** Null where the rule did not judge. */
  readonly data: 'good' | 'suspect' | 'blind' | null;
  /** When the condition was last known. */
  readonly knownAt: number | null;
  /** The first clause that was not true. */
  readonly whyNot: Clause | null;
  readonly clauses: readonly Clause[];
  readonly inputs: readonly InputValue[];
  readonly thresholds: readonly LimitInForce[];
  readonly open: OpenWarning | null;
}

/** A time in which we ourselves did not listen; it ends at `t`. */
export interface OwnOutage {
  readonly from: number;
  readonly t: number;
}

export interface PointReasons {
  readonly at: number;
  /** Our own outage that `at` lies in. */
  readonly outage: OwnOutage | null;
  /** By id; empty where no rule ever judged the point. */
  readonly rules: readonly RuleAtPoint[];
  readonly gaps: readonly Pick<RuleGap, 'rule' | 'missing' | 'detail'>[];
}
