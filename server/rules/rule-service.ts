import type { RegistryPart } from '../../domain/model/district.ts';
import type { Period } from '../../watch/alarm-load.ts';
import type { Principal } from '../principal.ts';
import type { BacktestReport } from './backtest-report.ts';
import type { RuleText } from './rule-files.ts';
import type { ActiveRuleSet, RuleActivation } from './rule-keeper.ts';

export interface GuardedActivation extends RuleActivation {
  /** Leaves out the back-test. */
  readonly force?: boolean;
}

/** A rule set to be tried on the past. */
export interface BacktestRequest extends RuleText {
  /** In receivedTime. */
  readonly period: Period;
  /** Judges the complete series, too. */
  readonly hindsight?: boolean;
  /** The district to watch; the registered one where it is absent. */
  readonly parts?: readonly RegistryPart[];
}

/** What people do with rule sets. */
export interface RuleService {
  /** Oldest first. */
  kept(): readonly ActiveRuleSet[];
  /**
   * As `RuleKeeper.activate`; rejects also with `alarm_budget_exceeded` where the last days show that the rule set would
   * raise more alarms than the budget, and more than the one in force.
   */
  activate(principal: Principal, activation: GuardedActivation): Promise<ActiveRuleSet | undefined>;
  /** Rejects with `rules_invalid`, with `invalid_request` for a period without length, `conflict` where none is in force. */
  backtest(request: BacktestRequest): Promise<BacktestReport>;
}
