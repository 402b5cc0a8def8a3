import { QUALITY } from '../model/observation.ts';
import type { Span } from './gross-range.ts';
import { isOutside } from './gross-range.ts';
import { fail, GOOD, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import { mostRain } from './rain-amount.ts';
import type { SeriesWindow } from './series-window.ts';

export interface FlatLineParameters {
  /** Values count as the same while they stay within so much of each other, in the property's unit. */
  readonly tolerance: number;
  readonly suspectThresholdMs: number;
  readonly failThresholdMs?: number;
  /** Values that may stand still for ever, e.g. those of a dry low spot. */
  readonly exemptSpan?: Span;
  /** Standing still means something only when so much rain fell meanwhile at a gauge nearby. */
  readonly minRainMm?: number;
}

/** The longest span that the test looks at. */
export function flatLineSpanMs({ suspectThresholdMs, failThresholdMs = 0 }: FlatLineParameters): number {
  return Math.max(suspectThresholdMs, failThresholdMs);
}

/**
 * Where the run of like values that ends at the index begins; no further back than the longest threshold needs. The
 * begin never moves back from one index to the next.
 */
export function flatRunStart(
  series: SeriesWindow,
  at: number,
  parameters: FlatLineParameters,
  maxGapMs: number,
): number {
  const enoughMs = flatLineSpanMs(parameters);
  const t = series.timeAt(at);
  let start = at;
  let startTime: number = t;
  let min = series.valueAt(at);
  let max = min;
  for (let back = at - 1; back >= 0 && t - startTime < enoughMs; back -= 1) {
    if (!series.isUsable(back)) continue;
    const time = series.timeAt(back);
    if (startTime - time > maxGapMs) break;
    const v = series.valueAt(back);
    if (v < min) min = v;
    else if (v > max) max = v;
    if (max - min > parameters.tolerance) break;
    start = back;
    startTime = time;
  }
  return start;
}

const NO_RAIN_GAUGE: Verdict = { flag: QUALITY.unknown, detail: { reason: 'no_rain_gauge' } };

/** QARTOD flat line test: the values have not moved for as long as the threshold, without a gap in between. */
export function flatLine(
  series: SeriesWindow,
  at: number,
  parameters: FlatLineParameters,
  around: { readonly maxGapMs: number; readonly rain: readonly SeriesWindow[] },
): Verdict {
  const { tolerance, suspectThresholdMs, failThresholdMs, exemptSpan, minRainMm } = parameters;
  if (exemptSpan !== undefined && !isOutside(series.valueAt(at), exemptSpan)) return GOOD;
  const from = series.timeAt(flatRunStart(series, at, parameters, around.maxGapMs));
  const t = series.timeAt(at);
  const flatMs = t - from;
  if (flatMs < Math.min(suspectThresholdMs, failThresholdMs ?? suspectThresholdMs)) return GOOD;
  const rainMm = minRainMm === undefined ? undefined : mostRain(around.rain, from, t);
  if (minRainMm !== undefined) {
    if (rainMm === undefined) return NO_RAIN_GAUGE;
    if (rainMm < minRainMm) return GOOD;
  }
  const detail = { flatMs, tolerance, ...(rainMm === undefined ? {} : { rainMm }) };
  return failThresholdMs !== undefined && flatMs >= failThresholdMs
    ? fail({ ...detail, failThresholdMs })
    : suspect({ ...detail, suspectThresholdMs });
}
