import { describe, expect, it } from 'vitest';

import type { EpisodeRecord } from '../ports/episode-store.ts';
import { epochMs } from '../time/instant.ts';
import { recordsAfter } from './episode-record.ts';
import type { Episode, EpisodeChange } from './episode.ts';

const QUIET = { live: false, liveSteps: [] } as const;
const open = (begin: number): Episode => ({
  rule: 'r',
  subject: 'S/water_level',
  begin: epochMs(begin),
  severity: 'yellow',
  currentSeverity: 'yellow',
  steps: [],
  peak: { value: 1, t: epochMs(begin) },
  toVerify: false,
  basis: { ruleSet: 1, registry: 1 },
});
const over = (begin: number, end: number): Episode => ({
  ...open(begin),
  end: epochMs(end),
  ending: 'returned',
});

/** The records after a log whose changes became known a second apart. */
function fold(...changes: readonly EpisodeChange[]): Readonly<Record<string, EpisodeRecord>> {
  const records = new Map<string, EpisodeRecord>();
  for (const [at, change] of changes.entries()) {
    const logged = { seq: at + 1, knownAt: epochMs((at + 1) * 1_000), change };
    for (const record of recordsAfter(id => records.get(id), logged)) records.set(record.id, record);
  }
  return Object.fromEntries(records);
}

describe('recordsAfter', () => {
  it('keeps the first begin and the first time it was known, and the content of the last change', () => {
    const records = fold(
      { kind: 'raised', id: 'a', episode: open(50), live: true, liveSteps: ['yellow'] },
      { kind: 'amended', id: 'a', episode: open(20), fields: ['begin'], ...QUIET },
    );
    expect(records).toEqual({
      a: {
        id: 'a',
        status: 'open',
        episode: open(20),
        firstBegin: 50,
        told: 'yellow',
        isOverLive: false,
        firstKnownAt: 1_000,
        changedAt: 2_000,
        seq: 2,
      },
    });
  });

  it('is over for people only by a live end, and not any more once it goes on', () => {
    const raised: EpisodeChange = {
      kind: 'raised',
      id: 'a',
      episode: open(1),
      live: true,
      liveSteps: ['blue'],
    };
    const late: EpisodeChange = { kind: 'ended', id: 'a', episode: over(1, 9), ...QUIET };
    const live: EpisodeChange = { kind: 'ended', id: 'a', episode: over(1, 9), live: true, liveSteps: [] };
    const onward: EpisodeChange = { kind: 'amended', id: 'a', episode: open(1), fields: ['end'], ...QUIET };
    expect(fold(raised, late)['a']).toMatchObject({ status: 'ended', isOverLive: false });
    expect(fold(raised, late, live)['a']).toMatchObject({ status: 'ended', isOverLive: true });
    expect(fold(raised, live, onward)['a']).toMatchObject({ status: 'open', isOverLive: false });
  });

  it('leaves what was withdrawn withdrawn, also when it ends for people', () => {
    const records = fold(
      { kind: 'raised', id: 'a', episode: open(1), live: true, liveSteps: ['blue'] },
      { kind: 'withdrawn', id: 'a', episode: open(1), ...QUIET },
      { kind: 'ended', id: 'a', episode: open(1), live: true, liveSteps: [] },
    );
    expect(records['a']).toMatchObject({ status: 'withdrawn', told: 'blue', isOverLive: true });
  });

  it('has told of the whole what it told of a part', () => {
    const records = fold(
      { kind: 'raised', id: 'a', episode: over(1, 3), live: true, liveSteps: ['blue'] },
      { kind: 'raised', id: 'b', episode: open(5), live: true, liveSteps: ['blue', 'red'] },
      { kind: 'amended', id: 'a', episode: open(1), fields: ['end'], ...QUIET },
      { kind: 'merged', id: 'b', episode: open(5), into: 'a', ...QUIET },
    );
    expect(records['b']).toMatchObject({ status: 'merged', into: 'a' });
    expect(records['a']).toMatchObject({ status: 'open', told: 'red', changedAt: 4_000, seq: 4 });
  });

  it('has told of a part what it told of the whole', () => {
    const records = fold(
      { kind: 'raised', id: 'a', episode: open(1), live: true, liveSteps: ['blue', 'yellow'] },
      { kind: 'split', id: 'b', from: 'a', episode: open(7), ...QUIET },
    );
    expect(records['b']).toMatchObject({ status: 'open', told: 'yellow', firstBegin: 7 });
  });

  it('never lowers what was told, and tells nothing of what is retroactive', () => {
    const records = fold(
      { kind: 'raised', id: 'a', episode: open(1), live: true, liveSteps: ['orange'] },
      { kind: 'amended', id: 'a', episode: open(1), fields: [], live: true, liveSteps: ['blue'] },
      { kind: 'raised', id: 'b', episode: over(1, 2), ...QUIET },
    );
    expect(records['a']?.told).toBe('orange');
    expect(records['b']).not.toHaveProperty('told');
  });
});
