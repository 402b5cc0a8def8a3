import { describe, expect, it } from 'vitest';

import type { EpisodeChange } from '../../domain/model/episode.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { changeOf, episodeBatch } from '../../test/harness/episode-batch.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryEpisodeStore } from '../../test/harness/memory-episode-store.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { LiveAlarms } from './live-alarms.ts';

const raised = (id: string, told = true) => changeOf('raised', id, { begin: 10, told: told ? ['blue'] : [] });
const ended = (id: string, live: boolean) => changeOf('ended', id, { begin: 10, end: 20, live });

async function alarmsAfter(...changes: readonly EpisodeChange[]) {
  const store = new MemoryEpisodeStore();
  await store.append(episodeBatch(30, { changes }));
  const clock = new ManualClock();
  const alarms = new LiveAlarms({
    clock,
    log: SILENT_LOG,
    store,
    rules: { newest: () => undefined },
    watch: {
      why: () => Promise.resolve(undefined),
      whyPoint: () => Promise.reject(new Error('not asked')),
      watchedDay: () => Promise.resolve([]),
    },
  });
  await alarms.load();
  const change = async (...more: readonly EpisodeChange[]): Promise<void> => {
    const { revision } = alarms;
    await store.append(episodeBatch(40, { changes: more }));
    alarms.changed(more.map(({ id }) => id));
    await waitFor('the board', () => alarms.revision > revision);
  };
  return { alarms, change, store, clock };
}

describe('LiveAlarms', () => {
  it('knows after a start what is open, and what was told and is over for nobody', async () => {
    const { alarms } = await alarmsAfter(
      raised('open'),
      raised('quiet', false),
      raised('back'),
      ended('back', true),
      raised('late'),
      ended('late', false),
      raised('never', false),
      ended('never', false),
    );
    expect([...alarms.board().keys()].sort()).toEqual(['late', 'open', 'quiet']);
  });

  it('takes a warning on the board when it is raised, and off it when a live reading ends it', async () => {
    const { alarms, change } = await alarmsAfter();
    await change(raised('a'), raised('b'));
    expect([...alarms.board().keys()].sort()).toEqual(['a', 'b']);
    await change(ended('a', false));
    expect(alarms.board().get('a')?.status).toBe('ended');
    await change(ended('a', true));
    expect([...alarms.board().keys()]).toEqual(['b']);
  });

  it('tries again what it could not read', async () => {
    const { alarms, store, clock } = await alarmsAfter();
    const read = store.episode.bind(store);
    store.episode = () => Promise.reject(new Error('gone'));
    await store.append(episodeBatch(40, { changes: [raised('a')] }));
    alarms.changed(['a']);
    await waitFor('the timer', () => clock.timers === 1);
    expect(alarms.board().size).toBe(0);
    store.episode = read;
    clock.advance(1_000);
    await waitFor('the board', () => alarms.board().has('a'));
  });

  it('tells what is watched, and that it knows of nothing before', async () => {
    const { alarms } = await alarmsAfter();
    const { revision } = alarms;
    expect([alarms.judged().size, alarms.gaps().length, alarms.rules().size]).toEqual([0, 0, 0]);
    alarms.watched({ versions: undefined, judged: new Set(['S/water_level']), gaps: [] });
    expect(alarms.judged().has('S/water_level')).toBe(true);
    expect(alarms.revision).toBeGreaterThan(revision);
  });
});
