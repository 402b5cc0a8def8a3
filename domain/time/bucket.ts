import type { InterpolationKind } from '../model/observed-property.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, durationMs, epochMs } from './instant.ts';
import type { DurationMs, EpochMs } from './instant.ts';

/** Asia/Shanghai has had no daylight saving time since 1991, before the earliest accepted instant. */
export const LOCAL_OFFSET_MS = durationMs(8 * HOUR_MS);

/** Bucket widths by the name the HTTP API uses; `hd` is the hydrological day, 08:00 to 08:00 local time. */
export const BUCKETS = {
  '1m': { widthMs: MINUTE_MS, originMs: durationMs(0) },
  '5m': { widthMs: durationMs(5 * MINUTE_MS), originMs: durationMs(0) },
  '10m': { widthMs: durationMs(10 * MINUTE_MS), originMs: durationMs(0) },
  '15m': { widthMs: durationMs(15 * MINUTE_MS), originMs: durationMs(0) },
  '30m': { widthMs: durationMs(30 * MINUTE_MS), originMs: durationMs(0) },
  '1h': { widthMs: HOUR_MS, originMs: durationMs(0) },
  '3h': { widthMs: durationMs(3 * HOUR_MS), originMs: durationMs(0) },
  '6h': { widthMs: durationMs(6 * HOUR_MS), originMs: durationMs(0) },
  '12h': { widthMs: durationMs(12 * HOUR_MS), originMs: durationMs(0) },
  '1d': { widthMs: DAY_MS, originMs: durationMs(0) },
  hd: { widthMs: DAY_MS, originMs: durationMs(8 * HOUR_MS) },
} as const satisfies Record<string, Bucket>;

/** `originMs`: offset of a bucket's start from local midnight. */
export interface Bucket {
  readonly widthMs: DurationMs;
  readonly originMs: DurationMs;
}

export type BucketName = keyof typeof BUCKETS;

/** The whole-number offset that is added to an instant before dividing by the width. */
export function bucketShiftMs(bucket: Bucket): DurationMs {
  return durationMs(LOCAL_OFFSET_MS - bucket.originMs);
}

/**
 * The start of the bucket an observation belongs to. A period total or a counter carries the END of its period, so
 * its buckets are (start, end]; an instantaneous value's are [start, end).
 */
export function bucketStart(at: EpochMs, bucket: Bucket, kind: InterpolationKind): EpochMs {
  const edge = kind === 'instantaneous' ? 0 : 1;
  const shift = bucketShiftMs(bucket);
  return epochMs(Math.floor((at + shift - edge) / bucket.widthMs) * bucket.widthMs - shift);
}
