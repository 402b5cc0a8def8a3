import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time/instant.ts';
import type { TextTable } from './zh.ts';

/** A reading this little ahead of our clock is "now": clocks differ. */
const AHEAD_TOLERATED_MS = 5_000;

/** An age in words of at most two parts, in whole seconds below two minutes, so that it is seen to move. */
export function ageText(ageMs: number, { ages }: Pick<TextTable, 'ages'>): string {
  if (ageMs < -AHEAD_TOLERATED_MS) return ages.ahead(spanText(-ageMs, { ages }));
  return ageMs < SECOND_MS ? ages.now : spanText(ageMs, { ages });
}

/** A span of time in the same words, also the shortest. */
export function spanText(ms: number, { ages }: Pick<TextTable, 'ages'>): string {
  if (ms < 2 * MINUTE_MS) return ages.seconds(Math.floor(ms / SECOND_MS));
  if (ms < HOUR_MS) return ages.minutes(Math.floor(ms / MINUTE_MS));
  if (ms < DAY_MS) {
    const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
    return ages.hours(Math.floor(ms / HOUR_MS)) + (minutes === 0 ? '' : ages.minutes(minutes));
  }
  return ages.days(Math.floor(ms / DAY_MS));
}
