import type { EpochMs } from '../time/instant.ts';

/** QARTOD flags (IOOS QARTOD manuals): 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing. */
export const QUALITY = { good: 1, unknown: 2, suspect: 3, fail: 4, missing: 9 } as const;
export type QualityFlag = (typeof QUALITY)[keyof typeof QUALITY];

/**
 * What the device says of its own value (HJ 212 data flags): N normal, T above range (a lower bound), S manual,
 * B communication error, D fault, F out of service, M maintenance, C calibration. A reading without a flag is N.
 * The index is the code kept in the store; the order cannot be changed.
 */
export const DEVICE_FLAGS = ['N', 'T', 'S', 'B', 'D', 'F', 'M', 'C'] as const;
export type DeviceFlag = (typeof DEVICE_FLAGS)[number];

/** The code of the flag N: nothing to say. */
export const NORMAL_FLAG = 0;

/** Who says so. Higher wins a conflict: a person corrects a device, never the other way round. Stored; fixed. */
export const SOURCE_RANK = { device: 1, operator: 2 } as const;
export type SourceRank = (typeof SOURCE_RANK)[keyof typeof SOURCE_RANK];

/** One value of one datastream, as accepted. `v` is null where the device reports a missing value. */
export interface Observation {
  readonly datastream: number;
  readonly t: EpochMs;
  readonly v: number | null;
  readonly quality: QualityFlag;
  readonly deviceFlag: number;
  readonly source: SourceRank;
  /** When the device says it sent the message. */
  readonly sent: EpochMs;
  readonly received: EpochMs;
  /** Journal position of the message it came in: where to find the raw bytes. */
  readonly position: number;
}
