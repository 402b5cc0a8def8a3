import type { KeptRuleSet } from '../../domain/ports/rule-set-store.ts';
import type { ControlClient } from '../control/control-client.ts';
import { CONTROL_PRINCIPAL } from '../control/control-handlers.ts';
import { ruleSetHeader } from '../control/rule-methods.ts';
import type { RuleSetHeader } from '../control/rule-methods.ts';
import type { BacktestReport } from '../rules/backtest-report.ts';
import { findRuleSet } from '../rules/find-rule-set.ts';
import type { BacktestRequest, RuleService } from '../rules/rule-service.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { connectedOrOffline } from './administration.ts';
import type { Invocation } from './command.ts';

/** The kept rule sets for one principal: whoever may touch the data directory. */
export interface RuleAdministration {
  /** Oldest first. */
  ruleSets(): Promise<readonly RuleSetHeader[]>;
  /** The newest where no version is named. */
  ruleSet(version: number | undefined): Promise<KeptRuleSet>;
  /** Undefined where the text is that of the newest. */
  activate(activation: {
    readonly name: string;
    readonly text: string;
    readonly note: string | undefined;
    readonly force: boolean;
  }): Promise<RuleSetHeader | undefined>;
  backtest(request: BacktestRequest): Promise<BacktestReport>;
}

/** As `administer`, for rule sets. */
export function administerRules<Result>(
  call: Invocation,
  work: (rules: RuleAdministration) => Promise<Result>,
): Promise<Result> {
  return connectedOrOffline(call, {
    online: client => work(remote(client)),
    offline: config => call.host.parts.rulesOffline(config, rules => work(local(rules))),
  });
}

function remote(client: ControlClient): RuleAdministration {
  return {
    ruleSets: async () => (await client.call('ruleSets', {})).ruleSets,
    ruleSet: async version => (await client.call('ruleSet', { version })).ruleSet,
    activate: async activation => (await client.call('activateRules', activation)).ruleSet ?? undefined,
    backtest: ({ period, ...request }) => client.call('backtestRules', { ...request, ...period }),
  };
}

function local(rules: RuleService): RuleAdministration {
  return {
    ruleSets: async () => rules.kept().map(ruleSetHeader),
    ruleSet: async version => findRuleSet(rules.kept(), version),
    backtest: request => rules.backtest(request),
    activate: async ({ note, ...rest }) => {
      const activated = await rules.activate(CONTROL_PRINCIPAL, { ...rest, ...withoutUndefined({ note }) });
      return activated === undefined ? undefined : ruleSetHeader(activated);
    },
  };
}
