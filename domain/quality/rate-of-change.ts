import { GOOD, NOT_EVALUATED, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import type { SeriesWindow } from './series-window.ts';

export interface RateOfChangeParameters {
  /** The most that the value may change over `perMs`, in the property's unit. */
  readonly suspectThreshold: number;
  readonly perMs: number;
}

/**
 * QARTOD rate of change test with a fixed rate: the change since the reading before, and since the oldest one within
 * `perMs`, so that neither a step nor a steady climb in small steps goes by. Over less than `perMs` the whole
 * threshold is allowed, since the noise of two close readings is no rate. SUSPECT at most, as in QARTOD.
 */
export function rateOfChange(
  series: SeriesWindow,
  at: number,
  { suspectThreshold, perMs }: RateOfChangeParameters,
  maxGapMs: number,
): Verdict {
  const t = series.timeAt(at);
  const v = series.valueAt(at);
  const before = series.usableBefore(at);
  if (before < 0 || t - series.timeAt(before) > maxGapMs) return NOT_EVALUATED;
  let oldest = Math.min(series.firstFrom(t - perMs), before);
  while (oldest < before && !series.isUsable(oldest)) oldest += 1;
  for (const reference of oldest === before ? [before] : [before, oldest]) {
    const overMs = t - series.timeAt(reference);
    const change = v - series.valueAt(reference);
    if (Math.abs(change) > suspectThreshold * Math.max(1, overMs / perMs)) {
      return suspect({ change, overMs, suspectThreshold, perMs });
    }
  }
  return GOOD;
}
