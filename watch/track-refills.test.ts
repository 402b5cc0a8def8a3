import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { evaluateSeries } from '../rules/evaluate-series.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Reading } from '../rules/sample.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { MemoryEpisodeStore } from '../test/harness/memory-episode-store.ts';
import { ladderPlan, readingAt } from '../test/harness/rule-samples.ts';
import { episodeContents } from '../test/harness/told-changes.ts';
import { EpisodeLog } from './episode-log.ts';
import { TrackPast } from './track-past.ts';
import { TrackRefills } from './track-refills.ts';
import { TrackRunner } from './track-runner.ts';
import { TrackTable } from './track-table.ts';
import { DEFAULT_WATCH_LIMITS } from './watch-limits.ts';

const SUBJECT = 'S/ponding_depth';
const PATIENCE_MS = 60_000;
const plan = ladderPlan([10, 20, 30], { maxGapMin: 15, deadband: 2, offDelayMin: 5 });
const basis = [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan }];
const binding = { rule: 'ponding', subject: SUBJECT, basis };

/** Lets everything run that waits for nothing else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** A watch of one track over a store that lags behind what was given, and answers when it is told to. */
function watchOfOne() {
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
      const found = given.slice(0, handedOver).filter(({ t }) => t >= (spans.get(SUBJECT) ?? 0));
      await new Promise<void>(resolve => void reads.push(resolve));
      return new Map([[SUBJECT, found]]);
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
  table.set([binding]);
  const slot = table.get(binding);
  if (slot === undefined) throw new Error('There is no track.');
  const horizonMs = durationMs(30 * MINUTE_MS);
  slot.track = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
  return {
    give(reading: Reading): void {
      if (batch === taken) batch += 1;
      given.push(reading);
      tracks.give(slot, reading);
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
    async found(): Promise<readonly Episode[]> {
      const records = await store.episodes({ limit: 1_000 });
      const believed = records.filter(({ status }) => status === 'open' || status === 'ended');
      return episodeContents(believed.map(({ episode }) => episode));
    },
    given,
    failures,
  };
}

const backfill = fc
  .integer({ min: 0, max: 150 })
  .chain(from =>
    fc
      .array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 25, size: 'max' })
      .map(values => values.map((v, at) => readingAt(from + at, v))),
  );
const stream = fc.record({
  // Each a device that sends what it kept, in order; the first sends what is new.
  runs: fc.array(backfill, { minLength: 1, maxLength: 6, size: 'max' }),
  turns: fc.array(
    fc.record({
      run: fc.nat({ max: 5 }),
      after: fc.constantFrom('nothing', 'nothing', 'hand over', 'tick', 'tick', 'answer'),
    }),
    { minLength: 150, maxLength: 150 },
  ),
});

it('judges anew without losing what comes while the store is read', { timeout: PATIENCE_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(stream, async ({ runs, turns }) => {
      const watch = watchOfOne();
      watch.give(readingAt(200, 5));
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
      expect(await watch.found()).toEqual(episodeContents(evaluateSeries(binding, watch.given)));
    }),
    { numRuns: 1_000 },
  );
});
