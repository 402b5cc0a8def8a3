import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Episode, EpisodeChange } from '../domain/model/episode.ts';
import { QUALITY } from '../domain/model/observation.ts';
import type { QualityFlag } from '../domain/model/observation.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import { DAY_MS, MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import type { KnownPast } from './episode-ledger.ts';
import { evaluateSeries } from './evaluate-series.ts';
import type { RuleBinding } from './fold-context.ts';
import type { Basis } from './plan.ts';
import { withModes } from './plan-modes.ts';
import { RuleTrack } from './rule-track.ts';
import type { TrackState } from './rule-track.ts';
import { inOrder } from './sample.ts';
import type { Sample } from './sample.ts';

const RUNS = 2_000;
/** Thousands of runs take their time where others compute too. */
const PATIENCE_MS = 120_000;
const LIVE_WINDOW_MS = 10 * MINUTE_MS;

const readingUpTo = (lastMinute: number) =>
  fc
    .record({
      at: fc.integer({ min: 0, max: lastMinute }),
      v: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(9, 10, 19, 20, 30)),
      receivedAfter: fc.constantFrom(0, 1, 9, 60, 300),
      sentAfter: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ at, v, receivedAfter, sentAfter }) =>
      readingAt(at, v, { quality: qualityOf(at, v), receivedAfter, sent: at + sentAfter }),
    );

/** The flag is a function of the reading: of two flags for one the order of arrival would have to decide. */
function qualityOf(at: number, v: number): QualityFlag {
  const flags = [
    QUALITY.good,
    QUALITY.suspect,
    QUALITY.good,
    QUALITY.good,
    QUALITY.fail,
    QUALITY.good,
  ] as const;
  return flags[(at * 7 + v) % flags.length]!;
}

const silence = fc
  .record({ since: fc.integer({ min: 0, max: 80 }), after: fc.integer({ min: 6, max: 20 }) })
  .map(({ since, after }): Sample => ({
    kind: 'silence',
    input: 'S/ponding_depth',
    since: minute(since),
    t: minute(since + after),
  }));

/** Some share an identity and say different things. */
const signal = fc
  .record({
    at: fc.integer({ min: 0, max: 90 }),
    zone: fc.constantFrom('B', '*'),
    severity: fc.constantFrom('yellow', 'orange', 'red', null),
  })
  .map(({ at, ...said }): Sample => ({ kind: 'signal', t: minute(at), ...said }));

const modeless = fc
  .record({
    limits: fc.constantFrom([10, 20, 30], [undefined, 10, 20, 30], [10, undefined, 25], [15]),
    deadband: fc.constantFrom(0, 3),
    holdMin: fc.constantFrom(0, 3, 8),
    readings: fc.constantFrom(1, 2),
    offDelayMin: fc.constantFrom(0, 4),
    watch: fc.constantFrom(undefined, 5),
    maxGapMin: fc.constantFrom(3, 6),
  })
  .map(({ limits, watch, ...rest }) => ladderPlan(limits, watch === undefined ? rest : { ...rest, watch }));

/** Some have other limits and times in a storm. */
const plan = fc
  .tuple(modeless, fc.option(modeless, { nil: undefined }))
  .map(([calm, storm]) =>
    withModes(calm, storm === undefined ? [] : [{ when: { signal: 'orange' }, plan: storm }], ['B', '*']),
  );

const basis: fc.Arbitrary<Basis> = fc
  .record({
    first: plan,
    second: fc.option(plan, { nil: undefined }),
    change: fc.option(fc.integer({ min: 10, max: 80 }), { nil: undefined }),
  })
  .map(({ first, second, change }) => [
    { from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan: first },
    ...(change === undefined
      ? []
      : [
          {
            from: minute(change),
            versions: { ruleSet: 2, registry: 1 },
            ...(second === undefined ? {} : { plan: second }),
          },
        ]),
  ]);

const samplesUpTo = (lastMinute: number, most: number) =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: readingUpTo(lastMinute) },
      { weight: 1, arbitrary: silence },
      { weight: 1, arbitrary: signal },
    ),
    {
      minLength: 1,
      maxLength: most,
      size: 'max',
    },
  );
const samples = samplesUpTo(90, 60);

/** An order of arrival with repeats, cut into batches, with a restart before some of them. */
const arrivals = fc.record({
  order: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
  repeats: fc.array(fc.nat(), { maxLength: 10 }),
  cuts: fc.infiniteStream(fc.integer({ min: 1, max: 8 })),
  restarts: fc.infiniteStream(fc.boolean()),
});
type Arrival = typeof arrivals extends fc.Arbitrary<infer T> ? T : never;

function batchesOf(
  all: readonly Sample[],
  { order, repeats, cuts }: Arrival,
): readonly (readonly Sample[])[] {
  const shuffled = all
    .map((sample, index) => ({ sample, key: order[index] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ sample }) => sample);
  const log = [...shuffled, ...repeats.map(index => all[index % all.length]!)];
  const batches: Sample[][] = [];
  for (let at = 0; at < log.length;) {
    const size = cuts.next().value ?? 1;
    batches.push(log.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** Follows the changes as whoever stores them does, and notes what must never be. */
class History {
  readonly episodes = new Map<string, Episode>();
  readonly told = new Map<string, WarningSeverity[]>();
  readonly wrong: string[] = [];

  take(changes: readonly EpisodeChange[], batch: readonly Sample[]): void {
    const readings = batch.filter(sample => sample.kind === 'reading');
    const hasFreshReading = readings.some(({ received, t }) => received - t <= LIVE_WINDOW_MS);
    const isFresh = hasFreshReading || batch.some(({ kind }) => kind === 'silence');
    for (const change of changes) {
      if (!isFresh && (change.live || change.liveSteps.length > 0))
        this.wrong.push('live without a fresh one');
      if (change.kind === 'ended' && change.live && !hasFreshReading)
        this.wrong.push('over without a reading');
      const told = this.told.get(change.id) ?? [];
      if (change.liveSteps.some(severity => told.includes(severity))) this.wrong.push('a step told twice');
      this.told.set(change.id, [...told, ...change.liveSteps]);
      if (change.kind === 'withdrawn' || change.kind === 'merged') {
        this.episodes.delete(change.id);
        continue;
      }
      const isNew = change.kind === 'raised' || change.kind === 'split';
      if (isNew && this.episodes.has(change.id)) this.wrong.push('an identity issued twice');
      // What was withdrawn may still end for people.
      if (isNew || this.episodes.has(change.id)) this.episodes.set(change.id, change.episode);
    }
  }

  past(): KnownPast {
    const episodes = [...this.episodes].map(([id, episode]) => {
      const told = this.told.get(id)?.at(-1);
      return { id, episode, ...(told === undefined ? {} : { told }) };
    });
    // Nothing is forgotten between two starts of a track: it knows itself what it has issued.
    return { episodes, issued: {} };
  }

  contents(): readonly Episode[] {
    return withoutHeld([...this.episodes.values()].sort((a, b) => a.begin - b.begin));
  }
}

/** Time held grows with every reading and is no change; it comes with the next one. */
function withoutHeld(episodes: readonly Episode[]): readonly Episode[] {
  return episodes.map(episode => ({
    ...episode,
    steps: episode.steps.map(step => ({ ...step, heldMs: durationMs(0) })),
  }));
}

function bindingOf(value: Basis): RuleBinding {
  return { rule: 'r', subject: 'S/ponding_depth', basis: value };
}

describe('RuleTrack', () => {
  it(
    'gives the episodes of the whole series for every order, repetition, batching and restart',
    () => {
      fc.assert(
        fc.property(basis, samples, arrivals, (value, all, arrival) => {
          const options = {
            binding: bindingOf(value),
            horizonMs: DAY_MS,
            acknowledgedAt: () => undefined,
          };
          let track = new RuleTrack(options);
          const history = new History();
          for (const batch of batchesOf(all, arrival)) {
            if (arrival.restarts.next().value === true) {
              track = new RuleTrack(options, JSON.parse(JSON.stringify(track.state())) as TrackState);
            }
            history.take(track.offer(batch).changes, batch);
          }
          const expected = evaluateSeries(options.binding, all);
          expect(track.episodes.map(({ episode }) => episode)).toEqual(expected);
          expect(history.contents()).toEqual(withoutHeld(expected));
          expect(history.wrong).toEqual([]);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    PATIENCE_MS,
  );

  it(
    'gives them with a short horizon too, when what came from beyond it is refilled from the store',
    () => {
      let refills = 0;
      fc.assert(
        fc.property(basis, samplesUpTo(200, 150), arrivals, (value, all, arrival) => {
          const options = {
            binding: bindingOf(value),
            horizonMs: durationMs(40 * MINUTE_MS),
            acknowledgedAt: () => undefined,
          };
          const track = new RuleTrack(options);
          const history = new History();
          const store: Sample[] = [];
          for (const batch of batchesOf(all, arrival)) {
            store.push(...batch);
            const { changes, beyond } = track.offer(batch);
            history.take(changes, batch);
            if (beyond.length === 0) continue;
            refills += 1;
            history.take(track.refill(inOrder(store), history.past(), minute(0)).changes, []);
          }
          expect(history.contents()).toEqual(withoutHeld(evaluateSeries(options.binding, all)));
          expect(history.wrong).toEqual([]);
        }),
        { numRuns: RUNS / 4, endOnFailure: true },
      );
      expect(refills).toBeGreaterThan(RUNS / 10);
    },
    PATIENCE_MS,
  );

  it(
    'says the same for the same arrival log',
    () => {
      fc.assert(
        fc.property(basis, samples, arrivals, (value, all, arrival) => {
          const options = { binding: bindingOf(value), horizonMs: DAY_MS, acknowledgedAt: () => undefined };
          const batches = batchesOf(all, arrival);
          const [first, second] = [new RuleTrack(options), new RuleTrack(options)];
          for (const batch of batches) expect(second.offer(batch)).toEqual(first.offer(batch));
        }),
        { numRuns: RUNS / 4 },
      );
    },
    PATIENCE_MS,
  );
});
