import type { SeriesWindow } from './series-window.ts';

/** How a rain series counts: amounts of periods, or a total that grows until it is set back. */
export type RainKind = 'period_total' | 'counter';

/**
 * What fell over (from, to], mm. A counter that went back counts what it shows since; its first reading without one
 * before it within the gap counts nothing.
 */
export function rainBetween(
  series: SeriesWindow,
  [from, to]: readonly [from: number, to: number],
  kind: RainKind,
  maxGapMs: number,
): number {
  let sum = 0;
  for (let at = series.firstFrom(from + 1); at < series.size && series.timeAt(at) <= to; at += 1) {
    if (series.isUsable(at)) sum += kind === 'counter' ? increment(series, at, maxGapMs) : series.valueAt(at);
  }
  return sum;
}

/** What a counter gained at a reading, mm. */
export function increment(series: SeriesWindow, at: number, maxGapMs: number): number {
  const before = series.usableBefore(at);
  if (before < 0 || series.timeAt(at) - series.timeAt(before) > maxGapMs) return 0;
  const v = series.valueAt(at);
  const standing = series.valueAt(before);
  return v >= standing ? v - standing : v;
}

/** The most that any of the gauges with a reading over (from, to] counted there, mm; undefined when none has one. */
export function mostRain(gauges: readonly SeriesWindow[], from: number, to: number): number | undefined {
  let most: number | undefined;
  for (const gauge of gauges) {
    const last = gauge.usableUntil(to);
    if (last < 0 || gauge.timeAt(last) <= from) continue;
    most = Math.max(most ?? 0, rainBetween(gauge, [from, to], 'period_total', 0));
  }
  return most;
}
