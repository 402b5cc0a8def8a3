import { expect, it } from 'vitest';

import { AppError } from '../domain/errors.ts';
import type { EpisodeBatch } from '../domain/ports/episode-store.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { SECOND_MS, epochMs } from '../domain/time/instant.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { EpisodeLog } from './episode-log.ts';

const outage = (t: number) => ({ kind: 'outage' as const, from: epochMs(0), t: epochMs(t) });

function logInto(append: (batch: EpisodeBatch) => Promise<void>) {
  const clock = new ManualClock();
  const durable: number[][] = [];
  const log = new EpisodeLog({
    clock,
    log: SILENT_LOG,
    store: { append },
    heardThrough: () => clock.now(),
    inHand: () => ({ live: 7, backlog: 3 }),
    onDurable: ({ decisions }) => durable.push(decisions.map(({ t }) => t)),
  });
  return { clock, log, durable };
}

it('writes one batch after the other, and what came meanwhile together', async () => {
  const open: (() => void)[] = [];
  const batches: EpisodeBatch[] = [];
  const { log, durable } = logInto(batch => {
    batches.push(batch);
    return new Promise<void>(resolve => {
      open.push(resolve);
    });
  });
  expect(log.flush()).toBeUndefined();
  log.add({ decisions: [outage(1)] });
  const first = log.flush();
  await Promise.resolve();
  log.add({ decisions: [outage(2)] });
  void log.flush();
  log.add({ decisions: [outage(3)] });
  const last = log.flush();
  expect(batches).toHaveLength(1);
  open.shift()?.();
  await first;
  await expect.poll(() => batches.length).toBe(2);
  open.shift()?.();
  await last;
  expect(durable).toEqual([[1], [2, 3]]);
  expect(batches[1]).toMatchObject({ through: { live: 7, backlog: 3 }, changes: [], refills: [] });
  expect(log.flush()).toBeUndefined();
});

it('asks a store that refuses again until it takes the batch, in order', async () => {
  const refusals = [1, 2, 3];
  const { clock, log, durable } = logInto(() =>
    refusals.pop() === undefined
      ? Promise.resolve()
      : Promise.reject(new AppError('store_unavailable', 'The disk is full.', { retryable: true })),
  );
  log.add({ decisions: [outage(1)] });
  const first = log.flush();
  log.add({ decisions: [outage(2)] });
  const second = log.flush();
  while (refusals.length > 0) {
    await expect.poll(() => clock.timers).toBe(1);
    expect(durable).toEqual([]);
    clock.advance(SECOND_MS);
  }
  await Promise.all([first, second]);
  expect(durable.flat()).toEqual([1, 2]);
});

it('rejects where the store gives the batch up for good', async () => {
  const { log, durable } = logInto(() => Promise.reject(new AppError('store_corrupt', 'It is broken.')));
  log.add({ decisions: [outage(1)] });
  await expect(log.flush()).rejects.toMatchObject({ code: 'store_corrupt' });
  expect(durable).toEqual([]);
});
