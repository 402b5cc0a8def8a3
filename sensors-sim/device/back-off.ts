import { durationMs } from '../../domain/time/instant.ts';
import type { DurationMs } from '../../domain/time/instant.ts';
import type { Random } from '../random.ts';

/** How a device waits between attempts to connect. */
export interface BackOff {
  /** The longest wait after the first failure, milliseconds; it doubles with each further one. */
  readonly baseMs: number;
  /** Where the doubling ends, milliseconds. */
  readonly maxMs: number;
}

export const FIRMWARE_BACK_OFF: BackOff = { baseMs: 1_000, maxMs: 60_000 };

/**
 * The wait before the next attempt, after `failures` (≥ 1) in a row: between half of the doubled base and all of it,
 * so that a fleet that lost its server at one moment does not come back at one moment.
 */
export function backOffDelay(backOff: BackOff, failures: number, random: Random): DurationMs {
  const ceilingMs = Math.min(backOff.maxMs, backOff.baseMs * 2 ** (failures - 1));
  return durationMs(Math.round(random.between(ceilingMs / 2, ceilingMs)));
}
