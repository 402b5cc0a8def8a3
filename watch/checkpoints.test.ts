import { expect, it } from 'vitest';

import { AppError } from '../domain/errors.ts';
import type { Checkpoint } from '../domain/ports/episode-store.ts';
import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import { ladderPlan, minute, readingAt } from '../test/harness/rule-samples.ts';
import { Checkpoints } from './checkpoints.ts';
import { TrackTable } from './track-table.ts';
import type { OlderSamples, TrackSlot } from './track-slot.ts';

const OLDER: OlderSamples = {
  from: minute(0),
  sinceMs: 0,
  lastMs: 0,
  through: { live: 0, backlog: 0 },
  given: [],
};

/** Checkpoints of some tracks, of which every one has something folded. */
function checkpointsOf(count: number) {
  const basis = [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan: ladderPlan([10]) }];
  const bindings = Array.from({ length: count }, (_, at) => ({
    rule: `r-${at}`,
    subject: 'S/ponding_depth',
    basis,
  }));
  const table = new TrackTable();
  table.set(bindings);
  const slots = [...table.all()];
  for (const [at, slot] of slots.entries()) {
    const binding = bindings[at]!;
    slot.track = new RuleTrack({
      binding,
      horizonMs: durationMs(MINUTE_MS),
      acknowledgedAt: () => undefined,
    });
    slot.track.offer(Array.from({ length: 40 }, (_, each) => readingAt(each, 0)));
  }
  const kept: Checkpoint[] = [];
  const events: string[] = [];
  const dirty = new Set<TrackSlot>(slots);
  const asked: { write: (checkpoint: Checkpoint) => Promise<void> } = { write: () => Promise.resolve() };
  const checkpoints = new Checkpoints(
    {
      store: {
        checkpoint: async checkpoint => {
          events.push('checkpoint');
          await asked.write(checkpoint);
          kept.push(checkpoint);
        },
      },
      episodes: {
        flush: () => {
          events.push('flush');
          return Promise.resolve();
        },
      },
      tracks: {
        takeDirty: () => {
          const taken = [...dirty];
          dirty.clear();
          return taken;
        },
        touch: touched => {
          for (const slot of touched) dirty.add(slot);
        },
      },
      nextTurn: () => Promise.resolve(),
    },
    minute(0),
  );
  return { checkpoints, slots, kept, events, dirty, asked };
}

it('keeps what has changed once, after what was found is durable', async () => {
  const { checkpoints, kept, events } = checkpointsOf(3);
  await checkpoints.keepTracks();
  expect(kept.map(({ tracks }) => tracks.map(({ rule }) => rule))).toEqual([['r-0', 'r-1', 'r-2']]);
  expect(events).toEqual(['flush', 'checkpoint']);
  await checkpoints.keepTracks();
  expect(kept).toHaveLength(1);
});

it('keeps a refill that is noted while the checkpoint is written, and forgets one that is done', async () => {
  const { checkpoints, slots, kept, asked, dirty } = checkpointsOf(2);
  for (const slot of slots) slot.isRefilled = true;
  const [done, again] = slots;
  if (done === undefined || again === undefined) throw new Error('There are no tracks.');
  again.refill = OLDER;
  asked.write = () => {
    done.refill = OLDER;
    return Promise.resolve();
  };
  await checkpoints.keepTracks();
  expect(kept[0]?.refilled).toEqual([{ rule: 'r-0', subject: 'S/ponding_depth' }]);
  expect([done.isRefilled, again.isRefilled]).toEqual([false, true]);
  // It waits for the end of its own refill.
  again.refill = undefined;
  dirty.add(again);
  await checkpoints.keepTracks();
  expect(kept[1]?.refilled).toEqual([{ rule: 'r-1', subject: 'S/ponding_depth' }]);
});

it('tries again with all that was not kept, where the store refuses', async () => {
  const { checkpoints, slots, kept, asked, dirty } = checkpointsOf(600);
  let asks = 0;
  asked.write = () => {
    asks += 1;
    return asks === 2 ? Promise.reject(new AppError('store_unavailable', 'full')) : Promise.resolve();
  };
  await expect(checkpoints.keepTracks()).rejects.toThrow('full');
  expect([kept.length, dirty.size]).toEqual([1, 350]);
  await checkpoints.keepTracks();
  const rules = kept.flatMap(({ tracks }) => tracks.map(({ rule }) => rule));
  expect(new Set(rules).size).toBe(slots.length);
  expect(rules).toHaveLength(slots.length);
});

it('never marks that it was heard for less long than it was', async () => {
  const { checkpoints, kept } = checkpointsOf(0);
  await checkpoints.mark(minute(5));
  await checkpoints.mark(minute(4));
  await checkpoints.mark(minute(5));
  expect(kept).toEqual([{ tracks: [], refilled: [], heardThrough: minute(5) }]);
});
