import type { ThingId } from '../../domain/model/identifier.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** One row of a recording, as the station would send it. */
export interface RecordedReading {
  readonly station: ThingId;
  /** `property` or `property.instance`. */
  readonly p: string;
  readonly t: EpochMs;
  /**
   * In the property's unit; null where the file has no value. Text is a value that is no number: it is sent as it
   * stands and has to end in quarantine with the reason `schema`.
   */
  readonly v: number | null | string;
  readonly f?: DeviceFlag;
  /** Line of the file, 1 for the header. */
  readonly line: number;
}

/** Why a row of a file cannot be replayed. */
export const RECORDING_PROBLEMS = {
  columns: 'The row does not have the columns of the header, or quotes are not closed.',
  long_line: 'The line is longer than a row can be.',
  station: 'The station is no valid id.',
  property: 'The property is unknown or its instance malformed.',
  time: 'The time is neither ISO 8601 with a zone nor epoch milliseconds.',
  value: 'The value is no finite number.',
  flag: 'The device flag is unknown.',
  datum: 'The datastream is a level and has no datum, or two.',
  unit: 'The unit is not one this parameter has.',
  station_row: 'The row of the station table is unusable.',
} as const;
export type RecordingProblem = keyof typeof RECORDING_PROBLEMS;

/** Recorded data of stations. Reading it again gives the same again. */
export interface Recording {
  /** Every station with a usable row and its datastreams, to be registered before the replay. */
  readonly stations: readonly StationSpec[];
  /** Rows that `readings` answers. */
  readonly rows: number;
  /** Earliest and latest phenomenonTime; `undefined` for a recording without rows. */
  readonly span: { readonly from: EpochMs; readonly to: EpochMs } | undefined;
  /** Rows that were left out, by reason; empty unless skipping was asked for. */
  readonly skipped: Readonly<Partial<Record<RecordingProblem, number>>>;
  /** The first problems, each with file and line. */
  readonly problems: readonly string[];
  /** The usable rows in the order of the file; streamed, so that the file may be larger than memory. */
  readings(): AsyncIterable<RecordedReading>;
}
