import { LOCAL_OFFSET_MS } from '../../domain/time/bucket.ts';

/** Calendar and clock of an instant in Asia/Shanghai, whatever the zone of the browser. */
export interface LocalTime {
  /** `2026-06-01` */
  readonly date: string;
  /** `10:05:09` */
  readonly time: string;
}

export function localTime(epochMs: number): LocalTime {
  const [date = '', time = ''] = new Date(epochMs + LOCAL_OFFSET_MS).toISOString().split('T');
  return { date, time: time.slice(0, 8) };
}

/** `06-01 10:05:09`; the year is left out. */
export function shortInstant(epochMs: number): string {
  const { date, time } = localTime(epochMs);
  return `${date.slice(5)} ${time}`;
}

/** `2026-06-01 10:05:09` */
export function fullInstant(epochMs: number): string {
  const { date, time } = localTime(epochMs);
  return `${date} ${time}`;
}
