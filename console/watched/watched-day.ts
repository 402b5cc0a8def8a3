import { LOCAL_OFFSET_MS } from '../../domain/time/bucket.ts';
import { DAY_MS } from '../../domain/time/instant.ts';
import { localTime } from '../text/local-time.ts';
import type { DayMinutes, RuleDay } from './watched-wire.ts';

/** What a minute can be, in the order in which it stands in a bar. */
export const MINUTE_KINDS = [
  'evaluated',
  'filledLater',
  'blind',
  'notEvaluatedByUs',
  'notJudged',
  'ahead',
] as const satisfies readonly (keyof DayMinutes)[];

/** All minutes of a bar together. */
export function totalOf(minutes: DayMinutes): number {
  return MINUTE_KINDS.reduce((sum, kind) => sum + minutes[kind], 0);
}

/** The local day of an instant as a field of a form has it: `2026-06-01`. */
export function dayOf(epochMs: number): string {
  return localTime(epochMs).date;
}

/** A day some days later, or earlier. */
export function dayAfter(day: string, days: number): string {
  return dayOf(startOf(day) + days * DAY_MS);
}

/** Where the server is asked how a station was watched. */
export function watchedPath(station: string, day: string): string {
  return `/api/v1/stations/${encodeURIComponent(station)}/watched?day=${String(startOf(day))}`;
}

/** The days of the rules by the point they judge, each in the order of the answer. */
export function byPoint(days: readonly RuleDay[]): ReadonlyMap<string, readonly RuleDay[]> {
  const groups = new Map<string, RuleDay[]>();
  for (const day of days) {
    const group = groups.get(day.subject);
    if (group === undefined) groups.set(day.subject, [day]);
    else group.push(day);
  }
  return groups;
}

/** 00:00 +08:00. */
function startOf(day: string): number {
  return Date.parse(`${day}T00:00Z`) - LOCAL_OFFSET_MS;
}
