import type { EpochMs } from '../domain/time/instant.ts';

interface Point {
  readonly t: EpochMs;
  readonly v: number;
}

/** What is needed to know the range of a series over every window that ends now; plain data, never changed in place. */
export interface SlidingRange {
  /** Each the highest since its time, falling. */
  readonly highs: readonly Point[];
  /** Each the lowest since its time, rising. */
  readonly lows: readonly Point[];
}

export const EMPTY_RANGE: SlidingRange = { highs: [], lows: [] };

/** Takes a value, and forgets those before `from`. */
export function withPoint({ highs, lows }: SlidingRange, point: Point, from: number): SlidingRange {
  const isKept = ({ t }: Point): boolean => t >= from;
  return {
    highs: [...highs.filter(high => isKept(high) && high.v > point.v), point],
    lows: [...lows.filter(low => isKept(low) && low.v < point.v), point],
  };
}

/** Highest less lowest value from an instant on; 0 where there is none. */
export function rangeSince({ highs, lows }: SlidingRange, from: number): number {
  const high = highs.find(({ t }) => t >= from);
  const low = lows.find(({ t }) => t >= from);
  return high === undefined || low === undefined ? 0 : high.v - low.v;
}
