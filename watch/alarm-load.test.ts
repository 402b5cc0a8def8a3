import { describe, expect, it } from 'vitest';

import type { EpisodeRecord } from '../domain/ports/episode-store.ts';
import { DAY_MS, HOUR_MS, epochMs } from '../domain/time/instant.ts';
import { minute } from '../test/harness/rule-samples.ts';
import { alarmLoad, toldWithin } from './alarm-load.ts';
import type { ToldEpisode } from './track-backtest.ts';

/** Midnight in Asia/Shanghai. */
const DAY = minute(0);

function told(rule: string, subject: string, ...hours: readonly number[]): ToldEpisode {
  return {
    record: { episode: { rule, subject } } as EpisodeRecord,
    tellings: hours.map(hour => ({ at: epochMs(DAY + hour * HOUR_MS), severity: 'blue' })),
  };
}

const PERIOD = { from: DAY, to: epochMs(DAY + 2 * DAY_MS) };

describe('alarmLoad', () => {
  it('counts each telling by day, rule and subject; days without any are there', () => {
    const all = [told('a', 'S/x', 23, 25), told('a', 'S/y', 23.99), told('b', 'S/x', 0)];
    expect(alarmLoad(all, { ...PERIOD, to: epochMs(DAY + 3 * DAY_MS) })).toEqual({
      alarms: 4,
      perDay: 4 / 3,
      days: [
        { day: DAY, alarms: 3 },
        { day: DAY + DAY_MS, alarms: 1 },
        { day: DAY + 2 * DAY_MS, alarms: 0 },
      ],
      rules: [
        { rule: 'a', episodes: 2, alarms: 3 },
        { rule: 'b', episodes: 1, alarms: 1 },
      ],
      subjects: [
        { subject: 'S/x', alarms: 3 },
        { subject: 'S/y', alarms: 1 },
      ],
    });
  });

  it('names only the worst subjects', () => {
    const all = Array.from({ length: 12 }, (_, index) => told('a', `S/${index + 10}`, 1));
    const { subjects } = alarmLoad([...all, told('a', 'S/worst', 1, 2)], PERIOD);
    expect(subjects.map(({ subject }) => subject).slice(0, 2)).toEqual(['S/worst', 'S/10']);
    expect(subjects).toHaveLength(10);
  });
});

describe('toldWithin', () => {
  it('leaves out what was told before and after, and episodes of which nothing is left', () => {
    const within = toldWithin([told('a', 'S/x', -1, 0, 47.9, 48), told('a', 'S/y', -1)], PERIOD);
    expect(within.map(({ tellings }) => tellings.map(({ at }) => (at - DAY) / HOUR_MS))).toEqual([[0, 47.9]]);
  });
});
