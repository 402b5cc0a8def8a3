import type { BacktestReport } from '../../server/rules/backtest-report.ts';
import { RuleKeeper } from '../../server/rules/rule-keeper.ts';
import type { BacktestRequest, GuardedActivation, RuleService } from '../../server/rules/rule-service.ts';
import type { Principal } from '../../server/principal.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryRuleSets } from './memory-rule-sets.ts';

const NO_LOAD = { alarms: 0, perDay: 0, days: [], rules: [], subjects: [] };
const NONE = { count: 0, first: [] };

/** A back-test in which nothing happened. */
export const QUIET_REPORT: BacktestReport = {
  period: { from: epochMs(1_789_900_000_000), to: epochMs(1_790_000_000_000) },
  isHeard: true,
  next: { version: 2, tracks: 3, episodes: 0, load: NO_LOAD },
  inForce: { version: 1, tracks: 3, episodes: 0, load: NO_LOAD },
  added: NONE,
  removed: NONE,
  changed: NONE,
  same: 0,
  hits: 0,
  misses: NONE,
};

/** Keeps rule sets in memory; what a back-test answers is a field, what was asked is recorded. */
export class FakeRules implements RuleService {
  readonly #keeper = new RuleKeeper({ store: new MemoryRuleSets(), clock: new ManualClock() });
  report: BacktestReport | Error = QUIET_REPORT;
  readonly backtests: BacktestRequest[] = [];
  readonly activations: GuardedActivation[] = [];

  kept() {
    return this.#keeper.kept();
  }
  async activate(principal: Principal, { force, ...activation }: GuardedActivation) {
    this.activations.push({ ...activation, ...(force === undefined ? {} : { force }) });
    return await this.#keeper.activate(principal, activation);
  }
  async backtest(request: BacktestRequest) {
    this.backtests.push(request);
    if (this.report instanceof Error) throw this.report;
    return this.report;
  }
}
