import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import { MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { evaluateSeries } from '../rules/evaluate-series.ts';
import type { RuleBinding } from '../rules/fold-context.ts';
import type { RulePlan } from '../rules/plan.ts';
import type { Sample } from '../rules/sample.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { backtestTrack } from './track-backtest.ts';
import type { BacktestLimits, ToldEpisode } from './track-backtest.ts';

const LIMITS: BacktestLimits = {
  horizonMs: durationMs(30 * MINUTE_MS),
  refillQuietMs: durationMs(2 * SECOND_MS),
  refillPatienceMs: durationMs(30 * SECOND_MS),
};
const RUNS = 1_000;
const PATIENCE_MS = 120_000;

function bindingOf(plan: RulePlan): RuleBinding {
  const basis = [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan }];
  return { rule: 'r', subject: 'S/ponding_depth', basis };
}

const plans = fc
  .record({
    limits: fc.constantFrom([10, 20, 30], [undefined, 10, 20, 30], [15]),
    deadband: fc.constantFrom(0, 3),
    holdMin: fc.constantFrom(0, 3, 8),
    readings: fc.constantFrom(1, 2),
    offDelayMin: fc.constantFrom(0, 4),
    maxGapMin: fc.constantFrom(3, 6),
  })
  .map(({ limits, ...rest }) => ladderPlan(limits, rest));

const values = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(9, 10, 19, 20, 30));

/** Readings that arrive at once or hours later, some of them corrected, and silences. */
const samples = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .record({
          at: fc.integer({ min: 0, max: 120 }),
          v: values,
          receivedAfter: fc.constantFrom(0, 0, 1, 9, 60, 300),
        })
        .map(({ at, v, receivedAfter }): Sample =>
          readingAt(at, v, { receivedAfter, sent: at + receivedAfter }),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ since: fc.integer({ min: 0, max: 100 }), after: fc.integer({ min: 6, max: 20 }) })
        .map(({ since, after }): Sample => ({
          kind: 'silence',
          input: 'S/ponding_depth',
          since: minute(since),
          t: minute(since + after),
        })),
    },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

/** Readings that each arrive at once. */
const promptly = fc
  .array(fc.record({ gap: fc.constantFrom(1, 1, 2, 9), v: values }), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
  })
  .map(steps => {
    let at = 0;
    return steps.map(({ gap, v }): Sample => readingAt((at += gap), v));
  });

/** When a sample became known. */
const knownAt = (sample: Sample) => (sample.kind === 'reading' ? sample.received : sample.t);

const toldUpTo = (told: readonly ToldEpisode[], now: EpochMs) =>
  told
    .map(({ record, tellings }) => [record.id, tellings.filter(({ at }) => at <= now)] as const)
    .filter(([, tellings]) => tellings.length > 0);

/** For how long a step was held is no change that is told. */
function withoutHeld(episode: Episode) {
  return { ...episode, steps: episode.steps.map(({ heldMs: _held, ...step }) => step) };
}

/** Judges every prefix of the arrival from scratch: what a new step shows is told when it shows. */
function naiveTellings(binding: RuleBinding, all: readonly Sample[]) {
  const told: { readonly begin: EpochMs; readonly at: EpochMs; readonly severity: string }[] = [];
  let before: readonly Episode[] = [];
  for (const [index, sample] of all.entries()) {
    const now = evaluateSeries(binding, all.slice(0, index + 1));
    for (const [place, episode] of now.entries()) {
      const known = before[place]?.severity;
      if (known !== undefined && severityRank(known) >= severityRank(episode.severity)) continue;
      told.push({ begin: episode.begin, at: knownAt(sample), severity: episode.severity });
    }
    before = now;
  }
  return told;
}

describe('backtestTrack', () => {
  it(
    'tells of prompt readings what judging every prefix from scratch shows',
    () => {
      fc.assert(
        fc.property(plans, promptly, (plan, all) => {
          const binding = bindingOf(plan);
          const told = backtestTrack(binding, all, LIMITS).flatMap(({ record, tellings }) =>
            tellings.map(telling => ({ begin: record.episode.begin, ...telling })),
          );
          expect(told).toEqual(naiveTellings(binding, all));
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it(
    'never looks ahead: what had been told by an instant does not depend on what arrives later',
    () => {
      fc.assert(
        fc.property(plans, samples, fc.nat(), (plan, all, cut) => {
          const binding = bindingOf(plan);
          const now = knownAt(all[cut % all.length]!);
          const early = all.filter(sample => knownAt(sample) <= now);
          expect(toldUpTo(backtestTrack(binding, all, LIMITS), now)).toEqual(
            toldUpTo(backtestTrack(binding, early, LIMITS), now),
          );
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it(
    'ends with what the complete series says, for all that was told and neither withdrawn nor merged',
    () => {
      fc.assert(
        fc.property(plans, samples, (plan, all) => {
          const binding = bindingOf(plan);
          const complete = evaluateSeries(binding, all).map(withoutHeld);
          const last = backtestTrack(binding, all, LIMITS)
            .map(({ record }) => record)
            .filter(({ status }) => status === 'open' || status === 'ended');
          for (const { episode } of last) expect(complete).toContainEqual(withoutHeld(episode));
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it('tells nothing of an episode that is known only by late readings', () => {
    const binding = bindingOf(ladderPlan([10, 20]));
    const late = [0, 12, 25, 0].map((v, at) => readingAt(at, v, { receivedAfter: 300 }));
    expect(backtestTrack(binding, late, LIMITS)).toEqual([]);
  });

  it('says what late readings made of an episode that was told', () => {
    const binding = bindingOf(ladderPlan([10, 20]));
    const told = backtestTrack(
      binding,
      [readingAt(0, 0), readingAt(60, 12), readingAt(61, 0), readingAt(59, 25, { receivedAfter: 200 })],
      LIMITS,
    );
    expect(told).toMatchObject([
      {
        record: { status: 'ended', episode: { begin: minute(59), end: minute(61), severity: 'yellow' } },
        tellings: [{ at: minute(60), severity: 'blue' }],
      },
    ]);
  });
});
