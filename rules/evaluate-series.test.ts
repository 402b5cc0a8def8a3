import { describe, expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import { QUALITY } from '../domain/model/observation.ts';
import { HOUR_MS, epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { evaluateSeries } from './evaluate-series.ts';
import type { RulePlan } from './plan.ts';
import { RuleTrack } from './rule-track.ts';
import type { Sample, SilenceDecision } from './sample.ts';

const INPUT = 'S/ponding_depth';

function bindingOf(
  plan: RulePlan,
  later: readonly { readonly from: number; readonly plan?: RulePlan }[] = [],
) {
  return {
    rule: 'r',
    subject: INPUT,
    basis: [
      { from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan },
      ...later.map(({ from, plan: next }, index) => ({
        from: minute(from),
        versions: { ruleSet: index + 2, registry: 1 },
        ...(next === undefined ? {} : { plan: next }),
      })),
    ],
  };
}

function episodesOf(plan: RulePlan, samples: readonly Sample[]): readonly Episode[] {
  return evaluateSeries(bindingOf(plan), samples);
}

/** One reading a minute. */
function everyMinute(from: number, values: readonly number[]): readonly Sample[] {
  return values.map((v, index) => readingAt(from + index, v));
}

function silenceAt(since: number, t: number): SilenceDecision {
  return { kind: 'silence', input: INPUT, since: minute(since), t: minute(t) };
}

function shape(episodes: readonly Episode[]) {
  return episodes.map(({ begin, end, severity, steps, toVerify }) => ({
    begin: (begin - minute(0)) / 60_000,
    end: end === undefined ? undefined : (end - minute(0)) / 60_000,
    severity,
    steps: steps.map(step => `${step.severity}@${(step.t - minute(0)) / 60_000} ${step.cause}`),
    toVerify,
  }));
}

describe('an episode', () => {
  it('begins with the first reading of the condition that held, goes up at once, ends below the deadband', () => {
    const plan = ladderPlan([10, 20, 30], { holdMin: 2, deadband: 3 });
    const [episode] = episodesOf(plan, everyMinute(0, [5, 12, 13, 14, 31, 18, 8, 9, 7, 6, 5]));
    expect(shape([episode!])).toEqual([
      {
        begin: 1,
        end: 9,
        severity: 'orange',
        steps: ['blue@1 held', 'yellow@4 held', 'orange@4 held'],
        toVerify: false,
      },
    ]);
    expect(episode!.peak).toEqual({ value: 31, t: minute(4) });
    expect(episode!.steps[0]).toMatchObject({
      decidedT: minute(3),
      value: 14,
      limit: 10,
      heldMs: 4 * 60_000,
    });
  });

  it('is not raised by a single reading that is hours old: 90 minutes are not proven by one value', () => {
    const plan = ladderPlan([10], { holdMin: 90, maxGapMin: 15 });
    const old = readingAt(0, 50, { receivedAfter: 120 });
    expect(episodesOf(plan, [old])).toEqual([]);
    const track = new RuleTrack({
      binding: bindingOf(plan),
      horizonMs: HOUR_MS,
      acknowledgedAt: () => undefined,
    });
    expect(track.offer([old]).changes).toEqual([]);
  });

  it('is not raised across a gap longer than maxGap, since nobody knows what was between', () => {
    const plan = ladderPlan([10], { holdMin: 90, maxGapMin: 15 });
    const before = [0, 15, 30].map(at => readingAt(at, 20));
    const after = [75, 90, 105].map(at => readingAt(at, 20));
    expect(episodesOf(plan, [...before, ...after])).toEqual([]);
    const between = [45, 60].map(at => readingAt(at, 20));
    expect(shape(episodesOf(plan, [...before, ...between, ...after]))).toMatchObject([{ begin: 0 }]);
  });

  it('stays open over a gap, which is recorded, and never ends by silence', () => {
    const plan = ladderPlan([10], { raisesWhenBlind: false });
    const samples = [readingAt(0, 12), silenceAt(0, 10), readingAt(60, 12)];
    const [episode] = episodesOf(plan, samples);
    expect(episode).toMatchObject({ begin: minute(0), gaps: { count: 1, totalMs: 3_600_000 } });
    expect(episode!.end).toBeUndefined();
  });

  it('ignores FAIL and MISSING, and is to verify while only suspect readings support it', () => {
    const plan = ladderPlan([10]);
    expect(episodesOf(plan, [readingAt(0, 50, { quality: QUALITY.fail }), readingAt(1, null)])).toEqual([]);
    const suspect = [readingAt(0, 50, { quality: QUALITY.suspect })];
    expect(shape(episodesOf(plan, suspect))).toMatchObject([{ toVerify: true }]);
    expect(shape(episodesOf(plan, [...suspect, readingAt(1, 50)]))).toMatchObject([{ toVerify: false }]);
  });

  it('steps down with the readings and keeps its highest severity', () => {
    const [episode] = episodesOf(ladderPlan([10, 20, 30]), everyMinute(0, [35, 15]));
    expect(episode).toMatchObject({ severity: 'orange', currentSeverity: 'blue' });
  });

  it('waits for the off-delay and ends at the first reading of that time', () => {
    const plan = ladderPlan([10], { offDelayMin: 3 });
    expect(shape(episodesOf(plan, everyMinute(0, [12, 5, 12, 5, 5, 5])))).toMatchObject([{ end: undefined }]);
    expect(shape(episodesOf(plan, everyMinute(0, [12, 5, 12, 5, 5, 5, 5])))).toMatchObject([{ end: 3 }]);
  });
});

describe('a point that goes blind', () => {
  const plan = ladderPlan([10, 20], { holdMin: 5, watch: 5 });

  it('raises while pending, to verify, and is confirmed by the next good reading over the limit', () => {
    const drowned = [...everyMinute(0, [5, 12]), silenceAt(1, 4)];
    expect(shape(episodesOf(plan, drowned))).toEqual([
      { begin: 1, end: undefined, severity: 'blue', steps: ['blue@1 blind'], toVerify: true },
    ]);
    expect(shape(episodesOf(plan, [...drowned, readingAt(30, 13)]))).toMatchObject([{ toVerify: false }]);
    expect(shape(episodesOf(plan, [...drowned, readingAt(30, 2)]))).toMatchObject([{ end: 30 }]);
  });

  it('raises the lowest step while it rises above the watched limit', () => {
    expect(episodesOf(plan, [...everyMinute(0, [7, 6]), silenceAt(1, 4)])).toEqual([]);
    expect(shape(episodesOf(plan, [...everyMinute(0, [6, 7]), silenceAt(1, 4)]))).toMatchObject([
      { begin: 1, steps: ['blue@1 blind'], toVerify: true },
    ]);
  });

  it('goes one step up where it was rising, once a silence', () => {
    const open = ladderPlan([10, 20, 30]);
    const rising = [...everyMinute(0, [11, 15]), silenceAt(1, 4), silenceAt(1, 8)];
    expect(shape(episodesOf(open, rising))).toMatchObject([{ severity: 'yellow', toVerify: true }]);
    const falling = [...everyMinute(0, [15, 11]), silenceAt(1, 4)];
    expect(shape(episodesOf(open, falling))).toMatchObject([{ severity: 'blue', toVerify: false }]);
  });

  it('is not blind where the readings came later: the silence is refuted', () => {
    const samples = [...everyMinute(0, [5, 12]), silenceAt(1, 6)];
    expect(episodesOf(plan, [...samples, ...everyMinute(2, [4, 3])])).toEqual([]);
    expect(episodesOf(plan, [...everyMinute(0, [5, 12, 12, 12]), silenceAt(1, 4)])).toEqual([]);
  });
});

describe('a new basis', () => {
  const low = ladderPlan([10]);

  it.each([
    { what: 'a limit above the last value', next: ladderPlan([20]) },
    { what: 'no rule at all', next: undefined },
    { what: 'another measure', next: { ...ladderPlan([10]), measureKey: 'other' } },
  ])('ends what it does not support: $what', ({ next }) => {
    const binding = bindingOf(low, [{ from: 5, ...(next === undefined ? {} : { plan: next }) }]);
    const samples: readonly Sample[] = [readingAt(0, 12), { kind: 'activation', t: minute(5) }];
    expect(evaluateSeries(binding, samples)).toMatchObject([{ end: minute(5), ending: 'basis_changed' }]);
    expect(evaluateSeries(binding, [readingAt(0, 12), readingAt(6, 12)])[0]).toMatchObject({
      end: minute(5),
    });
  });

  it('leaves alone what it supports, and judges no reading before it', () => {
    const binding = bindingOf(low, [{ from: 5, plan: ladderPlan([8]) }]);
    const episodes = evaluateSeries(binding, [readingAt(0, 9), readingAt(4, 12), readingAt(6, 9)]);
    expect(episodes).toHaveLength(1);
    expect(episodes[0]).toMatchObject({ begin: minute(4), basis: { ruleSet: 1 } });
    expect(episodes[0]!.end).toBeUndefined();
  });

  it('changes nothing where it judges alike, also for what was raised blind', () => {
    const plan = ladderPlan([10], { holdMin: 5, watch: 5 });
    const binding = bindingOf(plan, [{ from: 5, plan: { ...plan } }]);
    const samples = [...everyMinute(0, [6, 7]), silenceAt(1, 4), readingAt(20, 8)];
    expect(evaluateSeries(binding, samples)).toMatchObject([{ begin: minute(1), end: minute(20) }]);
  });
});
