import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { Episode, EpisodeChange } from '../domain/model/episode.ts';
import type { TrackKey } from '../domain/ports/episode-store.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { evaluateSeries } from '../rules/evaluate-series.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Reading } from '../rules/sample.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { MemoryEpisodeStore } from '../test/harness/memory-episode-store.ts';
import { ladderPlan, readingAt } from '../test/harness/rule-samples.ts';
import { episodeContents, mistold } from '../test/harness/told-changes.ts';
import { EpisodeLog } from './episode-log.ts';
import { TrackPast } from './track-past.ts';
import { TrackRefills } from './track-refills.ts';
import { TrackRunner } from './track-runner.ts';
import { TrackTable } from './track-table.ts';
import { DEFAULT_WATCH_LIMITS } from './watch-limits.ts';

const PATIENCE_MS = 60_000;
const [HERE, THERE] = ['S/ponding_depth', 'R/ponding_depth'];

function binding(rule: string, subject: string, offDelayMin: number, limits = [10, 20, 30]) {
  const ladder = ladderPlan(limits, { maxGapMin: 15, deadband: 2, offDelayMin, raisesWhenBlind: false });
  const plan = { ...ladder, inputs: ladder.inputs.map(input => ({ ...input, key: subject })) };
  return { rule, subject, basis: [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan }] };
}

/** The first two read the same, and need different stretches of it. */
const BINDINGS = [
  binding('ponding', HERE, 60),
  binding('deep-ponding', HERE, 0, [38]),
  binding('ponding', THERE, 5),
];

/** Lets everything run that waits for nothing else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** A watch of a few tracks over a store that lags behind what was given, and answers when it is told to. */
function watchOfFew() {
  const clock = new ManualClock();
  const store = new MemoryEpisodeStore();
  const given: Reading[] = [];
  const reads: (() => void)[] = [];
  let [handedOver, batch, taken] = [0, 0, 0];
  const progress = () => ({
    heardThrough: clock.now(),
    inHand: { live: batch, backlog: 0 },
    taken: { live: taken, backlog: 0 },
    isClockTrusted: true,
  });
  const history = {
    readings: async (spans: ReadonlyMap<string, EpochMs>) => {
      const there = given.slice(0, handedOver);
      await new Promise<void>(resolve => void reads.push(resolve));
      const found = [...spans].map(([wanted, from]) => {
        return [wanted, there.filter(({ input, t }) => input === wanted && t >= from)] as const;
      });
      return new Map(found);
    },
  };
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const episodes = new EpisodeLog({
    clock,
    log: SILENT_LOG,
    store,
    onDurable: () => undefined,
    heardThrough: () => clock.now(),
    inHand: () => progress().inHand,
  });
  const tracks: TrackRunner = new TrackRunner({
    clock,
    log: SILENT_LOG,
    episodes,
    opener: { open: () => Promise.reject(new Error('The track is open.')) },
    recovered: Promise.resolve(),
    onBeyond: (slot, beyond) => refills.note(slot, beyond[0]?.t ?? clock.now()),
    onFailure,
  });
  const refills = new TrackRefills({
    clock,
    log: SILENT_LOG,
    episodes,
    past: new TrackPast({ store, history }),
    ingest: { progress, offered: () => Promise.resolve() },
    tracks,
    limits: DEFAULT_WATCH_LIMITS,
    nextTurn: () => Promise.resolve(),
    onFailure,
  });
  const table = new TrackTable();
  table.set(BINDINGS);
  const horizonMs = durationMs(5 * MINUTE_MS);
  for (const each of BINDINGS) {
    const slot = table.get(each);
    if (slot === undefined) throw new Error('There is no track.');
    slot.track = new RuleTrack({ binding: each, horizonMs, acknowledgedAt: () => undefined });
  }
  return {
    give(reading: Reading): void {
      if (batch === taken) batch += 1;
      given.push(reading);
      for (const slot of table.hearing(reading.input)) tracks.give(slot, reading);
    },
    handOver(): void {
      [handedOver, taken] = [given.length, batch];
    },
    tick(): void {
      clock.advance(SECOND_MS);
      refills.beginDue();
    },
    answer(): void {
      reads.shift()?.();
    },
    async rest(): Promise<void> {
      this.handOver();
      while (refills.open > 0) {
        this.tick();
        this.answer();
        await settle();
      }
      await episodes.flush();
    },
    async found({ rule, subject }: TrackKey): Promise<readonly Episode[]> {
      const records = await store.episodes({ limit: 1_000, rule });
      const believed = records.filter(({ status }) => status === 'open' || status === 'ended');
      const episodes = believed.map(({ episode }) => episode).filter(each => each.subject === subject);
      return episodeContents(episodes);
    },
    async told(): Promise<readonly EpisodeChange[]> {
      const log = await store.changes({ afterSeq: 0, limit: 10_000 });
      return log.map(({ change }) => change);
    },
    given,
    failures,
  };
}

const input = fc.constantFrom(HERE, HERE, THERE);
const values = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 25, size: 'max' });
const backfill = fc
  .record({ from: fc.integer({ min: 0, max: 150 }), input, values })
  .map(run => run.values.map((v, at) => readingAt(run.from + at, v, { input: run.input })));
/** Rain that comes and goes, so that what is told while the store is read may be over by the answer. */
const news = fc
  .record({
    stepMin: fc.integer({ min: 5, max: 14 }),
    input,
    wet: fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
  })
  .map(run =>
    run.wet.map((wet, at) => readingAt(201 + at * run.stepMin, wet ? 40 : 0, { input: run.input })),
  );
const after = fc.oneof(
  { weight: 8, arbitrary: fc.constant('nothing') },
  { weight: 4, arbitrary: fc.constant('hand over') },
  { weight: 8, arbitrary: fc.constant('tick') },
  { weight: 1, arbitrary: fc.constant('answer') },
);
const stream = fc.record({
  // Each a device that sends, in order, what it measures now or what it has kept.
  runs: fc.array(fc.oneof(news, backfill), { minLength: 1, maxLength: 4, size: 'max' }),
  turns: fc.array(fc.record({ run: fc.nat({ max: 3 }), after }), { minLength: 150, maxLength: 150 }),
});

it('judges anew without losing what comes while the store is read', { timeout: PATIENCE_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(stream, async ({ runs, turns }) => {
      const watch = watchOfFew();
      for (const input of [HERE, THERE]) watch.give(readingAt(200, 5, { input }));
      const left = runs.map(run => [...run]);
      for (const { run, after } of turns) {
        const next = left[run % left.length]?.shift();
        if (next !== undefined) watch.give(next);
        if (after === 'hand over') watch.handOver();
        if (after === 'tick') watch.tick();
        if (after === 'answer') watch.answer();
        await settle();
      }
      await watch.rest();
      expect(watch.failures).toEqual([]);
      expect(mistold(await watch.told())).toEqual([]);
      for (const each of BINDINGS) {
        expect(await watch.found(each)).toEqual(episodeContents(evaluateSeries(each, watch.given)));
      }
    }),
    { numRuns: 1_000 },
  );
});
