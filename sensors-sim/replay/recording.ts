import type { ThingId } from '../../domain/model/identifier.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';

/** One reading of a recording, as the station would send it. */
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

/** Why a row of a file cannot be replayed: something its author can repair. */
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
  curve: 'The depth curve is no pair of equally long lists of numbers.',
  station_row: 'The row of the station table is unusable.',
} as const;
export type RecordingProblem = keyof typeof RECORDING_PROBLEMS;

/** Why a cell of a published data set is not played: a known defect of the set, so it never refuses the file. */
export type Exclusion =
  /** The time of the row cannot be read. */
  | 'unreadable_time'
  /** The cell holds text that is neither a number nor a known sign for a missing value. */
  | 'unparsable_number'
  /** The values of the row stand under other columns than their own. */
  | 'shifted_columns'
  /** The row lacks what would show whether its columns are shifted. */
  | 'unverified_columns'
  /** A row before it holds the same datastream and time; that one is played. */
  | 'same_datastream_time_twice';

/** How a file says that there is no value: by an empty field, or by a sign such as `NA`. It is played as null. */
export type MissingKind = 'empty' | 'sentinel';

/** Recorded data of stations. Reading it again gives the same again. */
export interface Recording {
  /** Every station with a usable reading and its datastreams, to be registered before the replay. */
  readonly stations: readonly StationSpec[];
  /** Rows of the file, without header and empty lines. */
  readonly rows: number;
  /** How many `readings` answers. A row of a wide table holds several. */
  readonly readingCount: number;
  /** Earliest and latest phenomenonTime; `undefined` for a recording without readings. */
  readonly span: { readonly from: EpochMs; readonly to: EpochMs } | undefined;
  /** Rows that were left out, by reason; empty unless skipping was asked for. */
  readonly skipped: Readonly<Partial<Record<RecordingProblem, number>>>;
  /** Cells of a published data set that are not played, by reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>;
  /** Of the readings, those that are played as null, by the way the file says so. */
  readonly missing: Readonly<Partial<Record<MissingKind, number>>>;
  /** The first problems, each with file and line. */
  readonly problems: readonly string[];
  /** The usable readings in the order of the file; streamed, so that the file may be larger than memory. */
  readings(): AsyncIterable<RecordedReading>;
}
