import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time/instant.ts';
import type { TextTable } from './zh.ts';

/** A span of time in a sentence, in at most two parts; in seconds below two minutes. */
export function longSpan(ms: number, { spans }: Pick<TextTable, 'spans'>): string {
  if (ms < 2 * MINUTE_MS) return spans.seconds(Math.round(ms / SECOND_MS));
  if (ms < HOUR_MS) return spans.minutes(Math.floor(ms / MINUTE_MS));
  const [whole, part] = ms < DAY_MS ? [HOUR_MS, MINUTE_MS] : [DAY_MS, HOUR_MS];
  const [wholes, parts] = [Math.floor(ms / whole), Math.floor((ms % whole) / part)];
  const words = ms < DAY_MS ? [spans.hours, spans.minutes] : [spans.days, spans.hours];
  return [words[0]?.(wholes), parts === 0 ? undefined : words[1]?.(parts)].filter(Boolean).join(' ');
}
