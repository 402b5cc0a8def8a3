import { shortInstant } from '../text/local-time.ts';
import type { TextTable } from '../text/zh.ts';
import type { Alarm, ListedAlarm } from './alarm-wire.ts';

export type AlarmMark = keyof TextTable['marks'];

/** An alarm is news for so long after we first knew of it, milliseconds. */
const NEWS_MS = 120_000;

/** What a person has to know of an alarm beside its severity. */
export function marksOf(alarm: Alarm, now: number): readonly AlarmMark[] {
  const { state, ending, inForce, toVerify, retroactive, firstKnownAt } = alarm;
  const marks: AlarmMark[] = [];
  if (inForce && now - firstKnownAt < NEWS_MS) marks.push('fresh');
  if (state === 'withdrawn' || state === 'merged') marks.push(state);
  if (ending === 'basis_changed') marks.push('basisChanged');
  else if (state === 'ended' && !inForce) marks.push('ended');
  if (inForce && state !== 'open') marks.push('unconfirmed');
  if (toVerify) marks.push('toVerify');
  if (retroactive) marks.push('retroactive');
  return marks;
}

/** What turned out since the instant of the list; undefined where nothing did. */
export function laterText({ later, ...then }: ListedAlarm, text: TextTable): string | undefined {
  if (later === null) return undefined;
  const parts: string[] = [];
  if (later.state !== then.state && (later.state === 'withdrawn' || later.state === 'merged')) {
    parts.push(text.marks[later.state]);
  } else if (later.end !== null && later.end !== then.end) {
    parts.push(text.turnedOut.ended(shortInstant(later.end)));
  }
  if (later.severity !== then.severity) parts.push(text.turnedOut.severity(text.severity[later.severity]));
  return text.since(parts.length === 0 ? text.turnedOut.changed : parts.join(text.listJoin));
}
