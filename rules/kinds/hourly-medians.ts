import { medianOf } from '../../domain/quality/median.ts';
import { HOUR_MS } from '../../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';

interface HourMedian {
  /** Hours since the epoch. */
  readonly hour: number;
  readonly v: number;
}

/** What is usual at a point: the medians of past hours, and the readings of the present one. Never changed in place. */
export interface HourlyMedians {
  /** In order of time. */
  readonly past: readonly HourMedian[];
  /** The median of `past`; null where it has not enough hours. */
  readonly usual: number | null;
  readonly hour: number;
  readonly values: readonly number[];
}

export const NO_HOURS: HourlyMedians = { past: [], usual: null, hour: -1, values: [] };

/** How far back, and how many hours with readings there must be. */
export interface MedianWindow {
  readonly overMs: DurationMs;
  readonly leastHours: number;
}

/**
 * Takes the next reading. The hour that it lies in is no part of what is usual, and every hour counts alike however often
 * its readings come: the median is taken of the medians of hours.
 */
export function withReading(
  state: HourlyMedians,
  { t, v }: { readonly t: EpochMs; readonly v: number },
  { overMs, leastHours }: MedianWindow,
): HourlyMedians {
  const hour = Math.floor(t / HOUR_MS);
  if (hour === state.hour) return { ...state, values: [...state.values, v] };
  const ended = state.values.length === 0 ? [] : [{ hour: state.hour, v: medianOf(state.values) }];
  const oldest = hour - overMs / HOUR_MS;
  const past = [...state.past, ...ended].filter(each => each.hour >= oldest);
  const usual = past.length < leastHours ? null : medianOf(past.map(each => each.v));
  return { past, usual, hour, values: [v] };
}
