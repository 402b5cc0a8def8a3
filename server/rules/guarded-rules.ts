import { AppError } from '../../domain/errors.ts';
import type { StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import type { RuleSet } from '../../rules/schema.ts';
import type { SiteView } from '../../rules/subject.ts';
import type { Principal } from '../principal.ts';
import type { BacktestReport } from './backtest-report.ts';
import { parseRuleText } from './rule-files.ts';
import type { ActiveRuleSet, RuleKeeper } from './rule-keeper.ts';
import type { BacktestRequest, GuardedActivation, RuleService } from './rule-service.ts';
import type { BacktestJob } from './run-backtest.ts';
import { siteViewOf } from './site-view.ts';

export interface GuardedRulesOptions {
  readonly keeper: RuleKeeper;
  readonly clock: Clock;
  readonly budget: { readonly perDay: number; readonly days: number };
  /** The registered district. */
  readonly site: () => Promise<SiteView>;
  readonly datastreams: () => Promise<readonly StoredDatastream[]>;
  readonly run: (job: BacktestJob) => Promise<BacktestReport>;
}

/** Tries a rule set on the last days before it is put in force: nobody can watch what alarms all the time. */
export class GuardedRules implements RuleService {
  readonly #options: GuardedRulesOptions;

  constructor(options: GuardedRulesOptions) {
    this.#options = options;
  }

  kept(): readonly ActiveRuleSet[] {
    return this.#options.keeper.kept();
  }

  async activate(
    principal: Principal,
    { force = false, ...activation }: GuardedActivation,
  ): Promise<ActiveRuleSet | undefined> {
    const { keeper } = this.#options;
    const inForce = keeper.newest();
    const reviewed = keeper.review(activation);
    if (reviewed !== undefined && inForce !== undefined && !force) {
      await this.#refuseFlood(reviewed.ruleSet, inForce.ruleSet);
    }
    return await keeper.activate(principal, activation);
  }

  async backtest({ period, hindsight = false, parts, ...file }: BacktestRequest): Promise<BacktestReport> {
    const { keeper, site } = this.#options;
    const next = parseRuleText(file);
    const inForce = keeper.newest()?.ruleSet;
    if (inForce === undefined) throw new AppError('conflict', 'No rule set is in force to compare with.');
    if (period.from >= period.to) {
      throw new AppError('invalid_request', 'A back-test needs a period that ends after it begins.');
    }
    const view = parts === undefined ? await site() : siteViewOf(parts, SITE_VERSION);
    return await this.#run({ next, inForce, site: view, period, hindsight });
  }

  async #refuseFlood(next: RuleSet, inForce: RuleSet): Promise<void> {
    const { clock, budget, site } = this.#options;
    const to = clock.now();
    const period = { from: epochMs(to - budget.days * DAY_MS), to };
    const report = await this.#run({ next, inForce, site: await site(), period, hindsight: false });
    const [perDay, before] = [report.next.load.perDay, report.inForce.load.perDay];
    if (perDay <= budget.perDay || perDay <= before) return;
    throw new AppError(
      'alarm_budget_exceeded',
      `Rule set ${next.version} would have raised ${perDay.toFixed(0)} alarms a day in the last days, rule set ` +
        `${inForce.version} ${before.toFixed(0)}; the budget is ${budget.perDay}. Nothing was activated.`,
      {
        problems: [
          ...report.next.load.rules.slice(0, NAMED).map(({ rule, alarms }) => `${rule}: ${alarms} alarms`),
          ...report.next.load.subjects
            .slice(0, NAMED)
            .map(({ subject, alarms }) => `${subject}: ${alarms} alarms`),
        ],
      },
    );
  }

  async #run(job: Omit<BacktestJob, 'datastreams'>): Promise<BacktestReport> {
    const { run, datastreams } = this.#options;
    return await run({ ...job, datastreams: await datastreams() });
  }
}

/** A site folder has no version; nothing of it is kept. */
const SITE_VERSION = 1;
/** Rules and datastreams named in a refusal. */
const NAMED = 5;
