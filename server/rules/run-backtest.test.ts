import { describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type { CorrectionRow } from '../../domain/ports/telemetry-store.ts';
import { DAY_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { observation } from '../../test/harness/fake-application.ts';
import { ruleSetText } from '../../test/harness/rule-set-text.ts';
import { parseRuleText } from './rule-files.ts';
import { runBacktest } from './run-backtest.ts';
import type { BacktestJob, BacktestStores } from './run-backtest.ts';

const TO = epochMs(1_790_000_000_000);
const STATION: StationSpec = {
  kind: 'station',
  id: 'S' as ThingId,
  name: 's',
  datastreams: [
    {
      property: 'ponding_depth',
      intervalMs: MINUTE_MS,
      thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 },
    },
  ],
};
const ruleSet = (version: number) => parseRuleText({ name: 'r', text: ruleSetText({ version }) });
const JOB: BacktestJob = {
  inForce: ruleSet(1),
  next: ruleSet(2),
  site: { registry: { version: 1, things: new Map([['S', STATION]]) }, district: { assets: new Map() } },
  datastreams: [{ id: 9, station: 'S', property: 'ponding_depth' }],
  period: { from: epochMs(TO - 7 * DAY_MS), to: TO },
  hindsight: false,
};

/** A value so many minutes before the end. */
const row = (minutesBefore: number, v: number, receivedAfter = 0) => {
  const t = epochMs(TO - minutesBefore * MINUTE_MS);
  const received = epochMs(t + receivedAfter * MINUTE_MS);
  return observation({ datastream: 9, t, v, sent: received, received });
};

function stores(
  winners: readonly ReturnType<typeof row>[],
  losers: readonly ReturnType<typeof row>[] = [],
  decisions: readonly WatchDecision[] = [],
): BacktestStores {
  return {
    store: {
      range: async ({ datastream, from, to, limit }) =>
        winners.filter(each => datastream === 9 && each.t >= from && each.t < to).slice(0, limit),
      corrections: async () =>
        losers.map((each): CorrectionRow => ({ ...each, winner: { v: 0, deviceFlag: 0, source: 1 } })),
    },
    episodes: { decisions: async () => decisions },
  };
}

describe('runBacktest', () => {
  it('reports what both sets would have told, by day', async () => {
    const report = await runBacktest(
      stores([row(3_000, 0), row(2_999, 0.05), row(2_998, 0), row(2_995, 0), row(5, 0.2)]),
      JOB,
    );
    expect(report).toMatchObject({
      isHeard: true,
      period: { from: TO - 3_000 * MINUTE_MS, to: TO },
      next: { version: 2, tracks: 1, episodes: 2, load: { alarms: 2 } },
      inForce: { version: 1, episodes: 2 },
      added: { count: 0 },
      same: 2,
      hits: 2,
      misses: { count: 0 },
    });
    expect(report.next.load.days.map(({ alarms }) => alarms)).toEqual([1, 0, 1]);
    expect(report.next).not.toHaveProperty('hindsight');
  });

  it('judges a value that was corrected later as it was when it came', async () => {
    const report = await runBacktest(stores([row(60, 0), row(59, 0, 30)], [row(59, 0.3)]), {
      ...JOB,
      hindsight: true,
    });
    expect(report.next).toMatchObject({
      episodes: 1,
      hindsight: { episodes: 0, unfounded: { count: 1, first: [{ severity: 'red', status: 'withdrawn' }] } },
    });
  });

  it('counts no less than a day, however little was heard', async () => {
    const report = await runBacktest(stores([row(5, 0.2)]), JOB);
    expect(report.period.to - report.period.from).toBe(DAY_MS);
    expect(report.next.load.perDay).toBe(1);
  });

  it('says that nothing was heard', async () => {
    expect(await runBacktest(stores([]), JOB)).toMatchObject({ isHeard: false, next: { episodes: 0 } });
  });

  it('reads long histories page by page', async () => {
    const many = Array.from({ length: 60_000 }, (_, index) => row(60_000 - index, 0));
    const period = { from: epochMs(TO - 60 * DAY_MS), to: TO };
    const report = await runBacktest(stores([...many.slice(0, -1), row(1, 0.2)]), { ...JOB, period });
    expect(report.next.load.alarms).toBe(1);
  });
});
