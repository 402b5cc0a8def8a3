import { DAY_MS, HOUR_MS } from '../../domain/time/instant.ts';
import type { AlarmRecordState } from './alarm-wire.ts';

/** Which alarms of the record are shown. */
export interface RecordQuery {
  /** Empty: every state. */
  readonly state: AlarmRecordState | '';
  /** As known at that time, `2026-06-01T18:00` in Asia/Shanghai; empty: now. */
  readonly knownAt: string;
}

export const WHOLE_RECORD: RecordQuery = { state: '', knownAt: '' };

export const RECORD_STATES = [
  '',
  'open',
  'ended',
  'withdrawn',
  'merged',
] as const satisfies readonly RecordQuery['state'][];

const SPAN_MS = 7 * DAY_MS;

/**
 * The path of the record of seven days up to now, or up to the instant of knowledge. It begins at a whole hour: the same
 * path means the same question, however the clock goes on.
 */
export function recordPath({ state, knownAt }: RecordQuery, now: number): string {
  const knownAtMs = instantOf(knownAt);
  const from = Math.floor(((knownAtMs ?? now) - SPAN_MS) / HOUR_MS) * HOUR_MS;
  const search = new URLSearchParams({
    state: state === '' ? RECORD_STATES.filter(Boolean).join(',') : state,
    from: String(from),
  });
  if (knownAtMs !== undefined) search.set('knownAt', String(knownAtMs));
  return `/api/v1/alarms?${search}`;
}

/** Epoch ms of `2026-06-01T18:00` or with seconds, of Asia/Shanghai, whatever the zone of the browser; undefined for none. */
export function instantOf(local: string): number | undefined {
  const ms = Date.parse(`${local}+08:00`);
  return Number.isNaN(ms) ? undefined : ms;
}
