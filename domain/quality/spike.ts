import { fail, GOOD, NOT_EVALUATED, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import type { SeriesWindow } from './series-window.ts';

export interface SpikeParameters {
  /** Height above or below both neighbours, in the property's unit. */
  readonly suspectThreshold: number;
  readonly failThreshold?: number;
}

/**
 * QARTOD spike test on the usable neighbours in time. The height is the smaller of the two steps, where they go
 * opposite ways, and not the distance from the neighbours' mean: for a lone spike both are the same, but the mean also
 * accuses the good readings beside it, and every rise that begins or ends sharply. Not evaluated before the next
 * reading is there, or where a neighbour is further away than the gap.
 */
export function spike(
  series: SeriesWindow,
  at: number,
  parameters: SpikeParameters,
  maxGapMs: number,
): Verdict {
  const before = series.usableBefore(at);
  const after = series.usableAfter(at);
  if (before < 0 || after < 0) return NOT_EVALUATED;
  const t = series.timeAt(at);
  if (t - series.timeAt(before) > maxGapMs || series.timeAt(after) - t > maxGapMs) return NOT_EVALUATED;
  const v = series.valueAt(at);
  const up = v - series.valueAt(before);
  const down = v - series.valueAt(after);
  if (up * down <= 0) return GOOD;
  const height = Math.min(Math.abs(up), Math.abs(down));
  const { suspectThreshold, failThreshold } = parameters;
  if (failThreshold !== undefined && height > failThreshold) return fail({ height, failThreshold });
  return height > suspectThreshold ? suspect({ height, suspectThreshold }) : GOOD;
}
