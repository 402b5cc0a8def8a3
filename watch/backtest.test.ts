import { describe, expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { DAY_MS, MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import { parseRuleSet } from '../rules/schema.ts';
import type { Reading } from '../rules/sample.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import { backtest } from './backtest.ts';
import type { BacktestOptions } from './backtest.ts';
import { DEFAULT_WATCH_LIMITS } from './watch-limits.ts';

const THRESHOLDS = { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 };

function ruleSet(version: number, ...rules: readonly object[]) {
  const named = rules.map((rule, index) => ({
    id: `rule-${index}`,
    kind: 'ponding',
    name: 'p',
    nameEn: 'p',
    source: 'proposal',
    subjects: { property: 'ponding_depth' },
    ...rule,
  }));
  const outcome = parseRuleSet({ version, validFrom: 0, rules: named });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  return outcome.ruleSet;
}

const STATIONS = ['A', 'B'].map((id): [string, StationSpec] => [
  id,
  {
    kind: 'station',
    id: id as ThingId,
    name: id,
    datastreams: [{ property: 'ponding_depth', intervalMs: MINUTE_MS, thresholds: THRESHOLDS }],
  },
]);
const SITE = { registry: { version: 4, things: new Map(STATIONS) }, district: { assets: new Map() } };

/** Runs over readings by station; the period is from minute 0 to minute 600. */
async function run(
  series: Readonly<Record<string, readonly Reading[]>>,
  options: Partial<BacktestOptions> = {},
) {
  const asked: string[] = [];
  const { heardFrom, sets: outcomes } = await backtest({
    ruleSets: [ruleSet(1, {})],
    site: SITE,
    period: { from: minute(0), to: minute(600) },
    readings: async (input, { from, to }) => {
      asked.push(input);
      const [station = ''] = input.split('/');
      return (series[station] ?? []).filter(({ t }) => t >= from && t < to);
    },
    outages: [],
    signals: [],
    limits: DEFAULT_WATCH_LIMITS,
    hindsight: false,
    ...options,
  });
  return { outcomes, asked, heardFrom };
}

const of = (station: string, values: readonly (readonly [at: number, v: number, after?: number])[]) =>
  values.map(([at, v, receivedAfter = 0]) =>
    readingAt(at, v, { input: `${station}/ponding_depth`, receivedAfter, sent: at + receivedAfter }),
  );

const tellings = (told: Awaited<ReturnType<typeof run>>['outcomes'][number]['told']) =>
  told.map(one => [
    one.record.episode.rule,
    one.record.episode.subject,
    one.tellings.map(({ at, severity }) => `${(at - minute(0)) / MINUTE_MS} ${severity}`).join(', '),
  ]);

describe('backtest', () => {
  it('runs each rule set over every subject, and reads each datastream once', async () => {
    const second = ruleSet(2, {}, { subjects: { property: 'ponding_depth', stations: ['B'] } });
    const { outcomes, asked } = await run(
      {
        A: of('A', [
          [1, 0],
          [2, 0.2],
          [3, 0.3],
        ]),
        B: of('B', [[5, 0.05]]),
      },
      { ruleSets: [ruleSet(1, {}), second] },
    );
    expect(outcomes.map(({ tracks }) => tracks)).toEqual([2, 3]);
    const ofA = ['rule-0', 'A/ponding_depth', '2 orange, 3 red'];
    expect(tellings(outcomes[0]!.told)).toEqual([ofA, ['rule-0', 'B/ponding_depth', '5 blue']]);
    expect(tellings(outcomes[1]!.told)).toEqual([
      ofA,
      ['rule-0', 'B/ponding_depth', '5 blue'],
      ['rule-1', 'B/ponding_depth', '5 blue'],
    ]);
    expect(outcomes[1]!.told[0]!.record.episode.basis).toEqual({ ruleSet: 2, registry: 4 });
    expect(asked).toEqual(['A/ponding_depth', 'B/ponding_depth']);
  });

  it('counts what is told in the period alone, and knows what began before', async () => {
    const { outcomes } = await run({
      A: of('A', [
        [-600, 0.05],
        [-1, 0.05],
        [0, 0.2],
        [1, 0.19],
        [599, 0.3],
        [600, 0.4],
      ]),
      B: of('B', [
        [-5, 0.05],
        [10, 0],
      ]),
    });
    expect(tellings(outcomes[0]!.told)).toEqual([['rule-0', 'A/ponding_depth', '0 orange, 599 red']]);
    expect(outcomes[0]!.told[0]!.record.episode.begin).toBe(minute(-600));
  });

  it('sees a value only from when it arrived, also where another took its place later', async () => {
    const { outcomes } = await run(
      {
        A: of('A', [
          [0, 0],
          [1, 0.2],
          [1, 0, 90],
          [2, 0],
          [60, 0.05, 500],
        ]),
      },
      { hindsight: true },
    );
    // The false value was told when it came; what came hours late was told to nobody.
    expect(tellings(outcomes[0]!.told)).toEqual([['rule-0', 'A/ponding_depth', '1 orange']]);
    expect(outcomes[0]!.complete.map(({ begin }) => begin)).toEqual([minute(60)]);
  });

  it('knows in hindsight also what arrived after the period', async () => {
    const { outcomes } = await run(
      {
        A: of('A', [
          [0, 0],
          [30, 0.2, 5_000],
        ]),
      },
      { hindsight: true },
    );
    expect(outcomes[0]!.told).toEqual([]);
    expect(outcomes[0]!.complete).toHaveLength(1);
  });

  it('tells who would have been taken for silent, and counts no outage of ours', async () => {
    const silent = ruleSet(3, {
      kind: 'absence',
      params: { steps: [{ severity: 'blue', silentFor: '30m' }] },
    });
    const series = {
      A: of('A', [
        [0, 0],
        [300, 0],
      ]),
    };
    const alone = await run(series, { ruleSets: [silent] });
    expect(tellings(alone.outcomes[0]!.told)).toEqual([
      ['rule-0', 'A/ponding_depth', '30 blue'],
      ['rule-0', 'A/ponding_depth', '330 blue'],
    ]);
    const outages = [{ kind: 'outage' as const, from: minute(1), t: minute(299) }];
    const ours = await run(series, { ruleSets: [silent], outages });
    expect(tellings(ours.outcomes[0]!.told)).toEqual([['rule-0', 'A/ponding_depth', '330 blue']]);
  });

  it('reads no further back than rules can look and a day', async () => {
    let earliest = Infinity;
    await run(
      {},
      {
        readings: async (_, { from }) => {
          earliest = Math.min(earliest, from);
          return [];
        },
      },
    );
    expect(minute(0) - earliest).toBeGreaterThan(DAY_MS);
    expect(minute(0) - earliest).toBeLessThan(2 * DAY_MS);
    expect(epochMs(earliest)).toBe(earliest);
  });

  it('says when the first reading of the period came', async () => {
    const series = {
      A: of('A', [
        [-9, 0],
        [7, 0, 30],
      ]),
      B: of('B', [[20, 0]]),
    };
    expect((await run(series)).heardFrom).toBe(minute(20));
    expect(
      (
        await run({
          A: of('A', [
            [-9, 0],
            [600, 0],
          ]),
        })
      ).heardFrom,
    ).toBeUndefined();
  });
});
