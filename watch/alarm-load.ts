import { LOCAL_OFFSET_MS } from '../domain/time/bucket.ts';
import { DAY_MS, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { ToldEpisode } from './track-backtest.ts';

/** What a rule set asks of the people who watch: an alarm is each time they are told something. */
export interface AlarmLoad {
  readonly alarms: number;
  readonly perDay: number;
  /** By day of Asia/Shanghai, which begins at `day`; every day of the period, the first and last may be cut. */
  readonly days: readonly { readonly day: EpochMs; readonly alarms: number }[];
  readonly rules: readonly { readonly rule: string; readonly episodes: number; readonly alarms: number }[];
  /** Those that tell most, the worst first. */
  readonly subjects: readonly { readonly subject: string; readonly alarms: number }[];
}

export interface Period {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

const SUBJECTS_NAMED = 10;

/** @param told episodes of which something is told in the period, and what of them */
export function alarmLoad(told: readonly ToldEpisode[], { from, to }: Period): AlarmLoad {
  const byDay = new Map<number, number>();
  const byRule = new Map<string, { episodes: number; alarms: number }>();
  const bySubject = new Map<string, number>();
  for (let day = dayOf(from); day < to; day += DAY_MS) byDay.set(day, 0);
  let alarms = 0;
  for (const { record, tellings } of told) {
    const { rule, subject } = record.episode;
    const counts = byRule.get(rule) ?? { episodes: 0, alarms: 0 };
    byRule.set(rule, { episodes: counts.episodes + 1, alarms: counts.alarms + tellings.length });
    bySubject.set(subject, (bySubject.get(subject) ?? 0) + tellings.length);
    alarms += tellings.length;
    for (const { at } of tellings) byDay.set(dayOf(at), (byDay.get(dayOf(at)) ?? 0) + 1);
  }
  return {
    alarms,
    perDay: (alarms * DAY_MS) / (to - from),
    days: [...byDay].map(([day, count]) => ({ day: epochMs(day), alarms: count })),
    rules: [...byRule]
      .map(([rule, counts]) => ({ rule, ...counts }))
      .sort((a, b) => b.alarms - a.alarms || (a.rule < b.rule ? -1 : 1)),
    subjects: [...bySubject]
      .map(([subject, count]) => ({ subject, alarms: count }))
      .sort((a, b) => b.alarms - a.alarms || (a.subject < b.subject ? -1 : 1))
      .slice(0, SUBJECTS_NAMED),
  };
}

/** What is told within a period. */
export function toldWithin(told: readonly ToldEpisode[], { from, to }: Period): readonly ToldEpisode[] {
  return told.flatMap(({ record, tellings }) => {
    const within = tellings.filter(({ at }) => at >= from && at < to);
    return within.length === 0 ? [] : [{ record, tellings: within }];
  });
}

function dayOf(at: number): number {
  return Math.floor((at + LOCAL_OFFSET_MS) / DAY_MS) * DAY_MS - LOCAL_OFFSET_MS;
}
