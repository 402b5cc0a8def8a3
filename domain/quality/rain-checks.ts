import { GOOD, NOT_EVALUATED, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import { increment, rainBetween } from './rain-amount.ts';
import type { RainKind } from './rain-amount.ts';
import type { SeriesWindow } from './series-window.ts';

/** More rain than `suspectThreshold`, mm, over (t − `overMs`, t] is doubted. */
export interface RainLimit {
  readonly overMs: number;
  readonly suspectThreshold: number;
}

export interface RainIntensityParameters {
  readonly limits: readonly RainLimit[];
}

export interface RainNeighbourParameters {
  readonly overMs: number;
  /** Rain below this, mm, is too little to compare. */
  readonly wetMm: number;
  /** The gauge differs when it has more than so many times the rain of every neighbour, or less than that part of it. */
  readonly ratio: number;
  readonly minNeighbours: number;
}

export interface CounterResetParameters {
  /** A counter may go back to this or less, mm: that is a reset. */
  readonly resetMaxMm: number;
}

/** How a gauge counts, and the gap after which two readings have nothing to do with each other. */
export interface RainSeries {
  readonly kind: RainKind;
  readonly maxGapMs: number;
}

/**
 * More rain than has ever fallen here: `amountMm` at least, counted back until a limit was passed. A reading without rain
 * is never accused of the rain before it.
 */
export function rainIntensity(
  series: SeriesWindow,
  at: number,
  { limits }: RainIntensityParameters,
  { kind, maxGapMs }: RainSeries,
): Verdict {
  const fell = amountOf(series, at, kind, maxGapMs);
  if (fell <= 0) return GOOD;
  const t = series.timeAt(at);
  // One way back serves all limits, and ends where one is passed: a day of readings is what this test costs.
  const amounts = new Float64Array(limits.length);
  for (let back = at; back >= 0; back -= 1) {
    const ageMs = t - series.timeAt(back);
    const amount = series.isUsable(back) ? amountOf(series, back, kind, maxGapMs) : 0;
    let isWithin = false;
    for (let which = 0; which < limits.length; which += 1) {
      const { overMs, suspectThreshold } = limits[which] ?? NO_LIMIT;
      if (ageMs >= overMs) continue;
      isWithin = true;
      const amountMm = (amounts[which] ?? 0) + amount;
      if (amountMm > suspectThreshold) return suspect({ amountMm, overMs, suspectThreshold });
      amounts[which] = amountMm;
    }
    if (!isWithin) break;
  }
  return GOOD;
}

const NO_LIMIT: RainLimit = { overMs: 0, suspectThreshold: 0 };

function amountOf(series: SeriesWindow, at: number, kind: RainKind, maxGapMs: number): number {
  return kind === 'counter' ? increment(series, at, maxGapMs) : series.valueAt(at);
}

/**
 * A gauge against the gauges around it: blocked where it has next to nothing while every neighbour has rain, isolated
 * where it has rain and no neighbour has a fraction of it. Neighbours without a reading in the time do not count.
 */
export function rainNeighbour(
  series: SeriesWindow,
  at: number,
  parameters: RainNeighbourParameters,
  around: RainSeries & { readonly neighbours: readonly SeriesWindow[] },
): Verdict {
  const { overMs, wetMm, ratio, minNeighbours } = parameters;
  const { neighbours, kind, maxGapMs } = around;
  if (neighbours.length < minNeighbours) return NOT_EVALUATED;
  const t = series.timeAt(at);
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let compared = 0;
  for (const other of neighbours) {
    const last = other.usableUntil(t);
    if (last < 0 || other.timeAt(last) <= t - overMs) continue;
    const amount = rainBetween(other, [t - overMs, t], kind, maxGapMs);
    least = Math.min(least, amount);
    most = Math.max(most, amount);
    compared += 1;
  }
  if (compared < minNeighbours) return NOT_EVALUATED;
  const amountMm = rainBetween(series, [t - overMs, t], kind, maxGapMs);
  const detail = { amountMm, leastNeighbourMm: least, mostNeighbourMm: most, neighbours: compared };
  const limits = { overMs, wetMm, ratio };
  if (least > wetMm && amountMm * ratio < least) return suspect({ reason: 'blocked', ...detail, ...limits });
  if (amountMm > wetMm && amountMm > ratio * most)
    return suspect({ reason: 'isolated', ...detail, ...limits });
  return GOOD;
}

/** A counter only grows; it may start again near zero, and going back anywhere else is doubted. */
export function counterReset(
  series: SeriesWindow,
  at: number,
  { resetMaxMm }: CounterResetParameters,
  maxGapMs: number,
): Verdict {
  const before = series.usableBefore(at);
  if (before < 0 || series.timeAt(at) - series.timeAt(before) > maxGapMs) return NOT_EVALUATED;
  const v = series.valueAt(at);
  const standing = series.valueAt(before);
  return v >= standing || v <= resetMaxMm ? GOOD : suspect({ value: v, before: standing, resetMaxMm });
}
