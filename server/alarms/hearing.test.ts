import { expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import type { JournalHealth } from '../../domain/ports/journal.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { Hearing } from './hearing.ts';

it('tells the watch while the journal takes nothing, and of an outage where it lasted', () => {
  const clock = new ManualClock();
  const told: string[] = [];
  let health: Pick<JournalHealth, 'state' | 'since'> = { state: 'ok', since: epochMs(0) };
  const hearing = new Hearing({
    clock,
    journalHealth: () => health,
    watch: {
      setDeaf: isDeaf => Promise.resolve(void told.push(`deaf ${isDeaf}`)),
      wasAway: from => Promise.resolve(void told.push(`away since ${from}`)),
    },
  });
  hearing.start();
  clock.advance(5_000);
  expect(told).toEqual([]);
  const since = clock.now();
  health = { state: 'journal_full', since };
  clock.advance(20_000);
  expect(told).toEqual(['deaf true']);
  health = { state: 'ok', since: epochMs(99) };
  clock.advance(5_000);
  expect(told).toEqual(['deaf true', `away since ${since}`, 'deaf false']);
  health = { state: 'journal_stalled', since: clock.now() };
  clock.advance(5_000);
  health = { state: 'ok', since: epochMs(99) };
  clock.advance(5_000);
  expect(told.slice(3)).toEqual(['deaf true', 'deaf false']);
  health = { state: 'journal_full', since: clock.now() };
  hearing.stop();
  clock.advance(5_000);
  expect(told).toHaveLength(5);
});
