import { LOCAL_OFFSET_MS } from '../../domain/time/bucket.ts';
import { DAY_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** Open water evaporates about this much on a bright day of the flood season, millimetres. */
const EVAPORATION_MM_PER_DAY = 4.5;

/** Position in the local day, 0 at midnight, 1 at the next. */
function dayShare(at: EpochMs): number {
  return ((((at + LOCAL_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS) / DAY_MS;
}

/** Warmest at 15:00, coldest at 03:00 local time; -1 to 1. */
export function warmth(at: EpochMs): number {
  return Math.cos(2 * Math.PI * (dayShare(at) - 15 / 24));
}

/** Light on the water, 0 at night, 1 at noon. */
export function daylight(at: EpochMs): number {
  return Math.max(0, Math.cos(2 * Math.PI * (dayShare(at) - 0.5)));
}

/** Evaporation follows the light; the mean of the light over a day is 1/π. */
export function evaporationMmPerS(at: EpochMs): number {
  return (EVAPORATION_MM_PER_DAY * Math.PI * daylight(at)) / 86_400;
}

/** Used water by the hour of the day, mean 1: a peak in the morning, a higher one in the evening, little at night. */
export function waterUse(at: EpochMs): number {
  const hour = 24 * dayShare(at);
  const peak = (middle: number, width: number): number => Math.exp(-(((hour - middle) / width) ** 2));
  return 0.58 + 0.72 * peak(8.5, 2.4) + 0.9 * peak(20, 3.2);
}

/** Whole local days since 1970. */
export function localDay(at: EpochMs): number {
  return Math.floor((at + LOCAL_OFFSET_MS) / DAY_MS);
}
