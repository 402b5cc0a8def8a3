import type { Clock } from '../../domain/ports/clock.ts';
import type { Config } from '../config/schema.ts';
import type { StartedParts } from '../start-parts.ts';
import type { Teardown } from '../teardown.ts';
import { BacktestThreads } from '../workers/backtest-thread.ts';
import { GuardedRules } from './guarded-rules.ts';
import type { RuleService } from './rule-service.ts';

/** The rule sets of a running server, with back-tests over its stores. */
export function startRuleService(
  { administration, rules, telemetry, episodes, ingest }: StartedParts,
  options: { readonly config: Config; readonly clock: Clock; readonly teardown: Teardown },
): RuleService {
  const { config, clock, teardown } = options;
  const backtests = new BacktestThreads(() => ({
    store: telemetry.openStore(),
    episodes: episodes.openStore(),
  }));
  teardown.add('back-tests', () => backtests.stop());
  const { registry } = administration;
  return new GuardedRules({
    keeper: rules,
    clock,
    budget: config.alarmBudget,
    site: async () => ({
      registry: registry.current(),
      district: { assets: registry.district().assets },
    }),
    datastreams: () => ingest.datastreams(0),
    run: job => backtests.run(job),
  });
}
