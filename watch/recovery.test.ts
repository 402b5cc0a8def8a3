import { expect, it } from 'vitest';

import { durationMs } from '../domain/time/instant.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { Recovery } from './recovery.ts';

const PATIENCE = durationMs(1_000);

/** A recovery that waits for these batches, of an ingest that has taken none yet. */
function recoveryOf(through: { live: number; backlog: number }) {
  const clock = new ManualClock();
  const taken = { live: 0, backlog: 0 };
  const progress = () => ({ heardThrough: clock.now(), inHand: taken, taken, isClockTrusted: true });
  const recovery = new Recovery({ clock, ingest: { progress }, through, patienceMs: PATIENCE });
  let isRecovered = false;
  void recovery.recovered.then(() => {
    isRecovered = true;
  });
  const after = async (ms: number): Promise<boolean> => {
    clock.advance(ms);
    await new Promise(resolve => setImmediate(resolve));
    return isRecovered;
  };
  return { recovery, taken, after };
}

it('waits until both lanes have taken again what was in hand', async () => {
  const { taken, after } = recoveryOf({ live: 3, backlog: 2 });
  expect(await after(0)).toBe(false);
  taken.live = 3;
  expect(await after(100)).toBe(false);
  taken.backlog = 1;
  expect(await after(100)).toBe(false);
  taken.backlog = 2;
  expect(await after(20)).toBe(true);
});

it('waits for nothing where nothing was in hand', async () => {
  expect(await recoveryOf({ live: 0, backlog: 0 }).after(0)).toBe(true);
});

it('waits no longer than it is told to: a journal of an earlier state never gets there', async () => {
  const { after } = recoveryOf({ live: 3, backlog: 0 });
  expect(await after(PATIENCE - 1)).toBe(false);
  expect(await after(20)).toBe(true);
});

it('keeps nobody waiting once it is stopped', async () => {
  const { recovery, after } = recoveryOf({ live: 3, backlog: 0 });
  recovery.stop();
  expect(await after(0)).toBe(true);
});
