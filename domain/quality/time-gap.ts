import { QUALITY } from '../model/observation.ts';
import { GOOD } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import type { SeriesWindow } from './series-window.ts';

export interface TimeGapParameters {
  /** More time than this without a reading is a gap, milliseconds. */
  readonly suspectThresholdMs: number;
}

/**
 * QARTOD timing test, told at the reading that ends a gap: MISSING is what should have been before it. Readings with a
 * missing value are no gap, since the device spoke. It takes no part in the flag of the reading itself.
 */
export function timeGap(
  series: SeriesWindow,
  at: number,
  { suspectThresholdMs }: TimeGapParameters,
): Verdict {
  if (at > 0 && series.timeAt(at) - series.timeAt(at - 1) <= suspectThresholdMs) return GOOD;
  return { flag: QUALITY.missing, detail: { reason: 'nothing_before', suspectThresholdMs } };
}
