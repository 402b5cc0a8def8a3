import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { QUIET_REPORT } from '../../test/harness/fake-rules.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import type { ToldSummary } from '../rules/backtest-report.ts';

let probe: CliProbe;
beforeEach(async () => {
  probe = createCliProbe();
  writeFileSync(join(probe.dataDir, 'r.yaml'), ruleSetText({ version: 2 }));
  await probe.startServer();
});
afterEach(() => probe.close());

const AT = epochMs(1_789_900_000_000);
const TOLD: ToldSummary = {
  rule: 'road',
  subject: 'S/ponding_depth',
  begin: AT,
  severity: 'yellow',
  toldAt: AT,
  status: 'open',
};
const one = (told: ToldSummary) => ({ count: 1, first: [told] });
const load = (alarms: number) => ({
  alarms,
  perDay: alarms / 2,
  days: [{ day: epochMs(1_789_833_600_000), alarms }],
  rules: [{ rule: 'road', episodes: 1, alarms }],
  subjects: [{ subject: TOLD.subject, alarms }],
});

describe('ww rules backtest', () => {
  it('shows alarms a day, rules, and what is added, removed, changed and missed', async () => {
    probe.application.rules.report = {
      ...QUIET_REPORT,
      inForce: { ...QUIET_REPORT.inForce, episodes: 4, load: load(5) },
      next: { ...QUIET_REPORT.next, load: load(7) },
      added: one(TOLD),
      removed: { count: 21, first: Array.from({ length: 21 }, () => ({ ...TOLD, end: AT })) },
      changed: { count: 1, first: [{ before: TOLD, after: { ...TOLD, severity: 'red' } }] },
      hits: 3,
      misses: one(TOLD),
    };
    const { code, out } = await probe.ww('rules', 'backtest', 'r.yaml');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'alarms of the day  version 1, in force  version 2',
        '2026-09-20                           5          7',
        'a day, on average                  2.5        3.5',
        'rule  episodes before  alarms before  episodes  alarms',
        'road                1              5         1       7',
        'datastreams that alarm most in version 2  alarms',
        'S/ponding_depth                                7',
        'hits       3 of the 4 episodes of version 1',
        'Added:',
        'road  S/ponding_depth  2026-09-20 18:26:40  lasts  yellow',
        '… and 1 more.',
        'road  S/ponding_depth  2026-09-20 18:26:40  lasts  red',
      ]),
    );
    expect((await probe.ww('rules', 'backtest', 'r.yaml', '--all')).out).not.toContain('more.');
    expect((await probe.ww('rules', 'backtest', 'r.yaml', '--json')).json()).toEqual(
      probe.application.rules.report,
    );
  });

  it('asks for the last week, or for what is typed', async () => {
    await probe.ww('rules', 'backtest', 'r.yaml');
    mkdirSync(join(probe.dataDir, 'site'));
    writeFileSync(join(probe.dataDir, 'site', 'site.yaml'), 'name: 区\n');
    const options = ['--from', '2026-09-01', '--to', '2026-09-02T00:00Z', '--site', 'site', '--hindsight'];
    expect((await probe.ww('rules', 'backtest', 'r.yaml', ...options)).err).toBe('');
    const file = { name: 'r.yaml', text: ruleSetText({ version: 2 }) };
    expect(probe.application.rules.backtests).toEqual([
      { ...file, period: { from: probe.nowMs - 7 * DAY_MS, to: probe.nowMs }, hindsight: false },
      {
        ...file,
        period: { from: Date.parse('2026-09-01T00:00+08:00'), to: Date.parse('2026-09-02T00:00Z') },
        hindsight: true,
        parts: [expect.objectContaining({ kind: 'district', name: '区' })],
      },
    ]);
  });

  it('shows what hindsight knows, and says where nothing was heard', async () => {
    const hindsight = {
      episodes: 9,
      told: 7,
      toldLower: 2,
      toldHigher: 1,
      untold: one(TOLD),
      unfounded: { count: 0, first: [] },
    };
    probe.application.rules.report = { ...QUIET_REPORT, next: { ...QUIET_REPORT.next, hindsight } };
    const { out } = await probe.ww('rules', 'backtest', 'r.yaml', '--hindsight');
    expect(out).toMatch(/Version 2 with hindsight:\nepisodes +9\n/);
    expect(out).toContain('Known only later:\n');
    probe.application.rules.report = { ...QUIET_REPORT, isHeard: false };
    expect((await probe.ww('rules', 'backtest', 'r.yaml')).out).toBe(
      'No reading came in this time; nothing can be said.\n',
    );
  });

  it('tells what was refused', async () => {
    probe.application.rules.report = new AppError('rules_invalid', 'No.', { problems: ['r.yaml:1: wrong'] });
    const { code, err } = await probe.ww('rules', 'backtest', 'r.yaml');
    expect([code, err]).toEqual([1, expect.stringContaining('r.yaml:1: wrong')]);
  });
});
