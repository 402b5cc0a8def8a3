import { beforeEach, describe, expect, it } from 'vitest';

import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { QUIET_REPORT } from '../../test/harness/fake-rules.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryRuleSets } from '../../test/harness/memory-rule-sets.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import type { Principal } from '../principal.ts';
import type { BacktestReport } from './backtest-report.ts';
import { GuardedRules } from './guarded-rules.ts';
import { RuleKeeper } from './rule-keeper.ts';
import type { BacktestJob } from './run-backtest.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'o', scope: [] };
const SITE = { registry: { version: 7, things: new Map() }, district: { assets: new Map() } };
const clock = new ManualClock();

let rules: GuardedRules;
let jobs: BacktestJob[];
let report: BacktestReport | Error;

beforeEach(async () => {
  const keeper = new RuleKeeper({ store: new MemoryRuleSets(), clock });
  jobs = [];
  report = QUIET_REPORT;
  rules = new GuardedRules({
    keeper,
    clock,
    budget: { perDay: 100, days: 3 },
    site: () => Promise.resolve(SITE),
    datastreams: () => Promise.resolve([{ id: 1, station: 'S', property: 'ponding_depth' }]),
    run: async job => {
      jobs.push(job);
      if (report instanceof Error) throw report;
      return report;
    },
  });
  await activate(1);
});

const activate = (version: number, rest: { readonly force?: boolean; readonly text?: string } = {}) =>
  rules.activate(ADMIN, { name: 'r', text: ruleSetText({ version }), ...rest });

/** Alarms a day of the set in force and of the next one. */
function perDay(inForce: number, next: number): BacktestReport {
  const loadOf = (alarms: number) => ({
    ...QUIET_REPORT.next.load,
    perDay: alarms,
    rules: [{ rule: 'road', episodes: 1, alarms }],
    subjects: [{ subject: 'S/ponding_depth', alarms }],
  });
  return {
    ...QUIET_REPORT,
    inForce: { ...QUIET_REPORT.inForce, load: loadOf(inForce) },
    next: { ...QUIET_REPORT.next, load: loadOf(next) },
  };
}

describe('GuardedRules', () => {
  it('puts the first rule set in force without a look back', () => {
    expect(jobs).toEqual([]);
    expect(rules.kept()).toHaveLength(1);
  });

  it('looks at the last days, both sets in the registered district', async () => {
    await activate(2);
    expect(jobs).toMatchObject([
      {
        inForce: { version: 1 },
        next: { version: 2 },
        site: SITE,
        datastreams: [{ id: 1 }],
        period: { from: clock.now() - 3 * DAY_MS, to: clock.now() },
      },
    ]);
    expect(rules.kept().map(({ version }) => version)).toEqual([1, 2]);
  });

  it.each([
    ['at the budget', 0, 100, true],
    ['above it', 0, 101, false],
    ['above it, but less than now', 300, 299, true],
    ['above it, and more than now', 300, 301, false],
  ])('%s: from %i to %i alarms a day', async (_, before, after, isActivated) => {
    report = perDay(before, after);
    const activated = activate(2);
    if (isActivated) await expect(activated).resolves.toMatchObject({ version: 2 });
    else {
      await expect(activated).rejects.toMatchObject({
        code: 'alarm_budget_exceeded',
        problems: [`road: ${after} alarms`, `S/ponding_depth: ${after} alarms`],
      });
    }
    expect(rules.kept()).toHaveLength(isActivated ? 2 : 1);
  });

  it('does not look back where it is forced, where the text is in force, or where it would be refused anyway', async () => {
    await activate(2, { force: true });
    expect(await activate(2)).toBeUndefined();
    await expect(activate(1)).rejects.toMatchObject({ code: 'conflict' });
    await expect(activate(3, { text: 'version: 3' })).rejects.toMatchObject({ code: 'rules_invalid' });
    expect(jobs).toEqual([]);
  });

  it('activates nothing where the back-test fails', async () => {
    report = new Error('no store');
    await expect(activate(2)).rejects.toThrow('no store');
    expect(rules.kept()).toHaveLength(1);
  });

  it('back-tests any file, of whatever version, for another district too', async () => {
    const period = { from: epochMs(1), to: epochMs(2) };
    const text = ruleSetText({ version: 1 });
    await rules.backtest({ name: 'r', text, period, hindsight: true, parts: [] });
    expect(jobs).toMatchObject([{ period, hindsight: true, site: { registry: { things: new Map() } } }]);
    const empty = rules.backtest({ name: 'r', text, period: { from: epochMs(2), to: epochMs(2) } });
    await expect(empty).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
