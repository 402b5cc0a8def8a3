import { medianOf, medianOfSorted } from '../../domain/quality/median.ts';
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
  /** Their values by size, so that no hour sorts weeks. */
  readonly sorted: readonly number[];
  /** The median of `past`; null where it has not enough hours. */
  readonly usual: number | null;
  readonly hour: number;
  readonly values: readonly number[];
}

export const NO_HOURS: HourlyMedians = { past: [], sorted: [], usual: null, hour: -1, values: [] };

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
  const known = [...state.past, ...ended];
  const gone = known.findIndex(each => each.hour >= oldest);
  const past = known.slice(gone < 0 ? known.length : gone);
  let sorted = ended.reduce((all, each) => withValue(all, each.v), state.sorted);
  for (const each of known.slice(0, known.length - past.length)) sorted = withoutValue(sorted, each.v);
  const usual = past.length < leastHours ? null : medianOfSorted(sorted);
  return { past, sorted, usual, hour, values: [v] };
}

function withValue(sorted: readonly number[], value: number): readonly number[] {
  const place = sorted.findIndex(other => other >= value);
  return sorted.toSpliced(place < 0 ? sorted.length : place, 0, value);
}

function withoutValue(sorted: readonly number[], value: number): readonly number[] {
  return sorted.toSpliced(sorted.indexOf(value), 1);
}
