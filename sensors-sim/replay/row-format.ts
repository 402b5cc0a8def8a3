import type { ThingId } from '../../domain/model/identifier.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Exclusion, MissingKind, RecordingProblem } from './recording.ts';
import type { StationTable } from './station-table.ts';

/** A reading as a row holds it. */
export interface ParsedReading {
  readonly station: ThingId;
  /** What the row calls its station; the id where it calls it nothing else. */
  readonly stationName?: string;
  readonly property: string;
  readonly instance?: string;
  /** Tells several unnamed measures of one property at one station apart; becomes the instance where there are some. */
  readonly measure?: string;
  readonly datum?: string;
  readonly t: EpochMs;
  readonly v: number | null | string;
  /** Where `v` is null; default `empty`. */
  readonly missing?: MissingKind;
  readonly f?: DeviceFlag;
}

/** Why there is no reading: a problem counts once a row, an exclusion once a cell. */
export type LeftOut =
  | { readonly ok: false; readonly problem: RecordingProblem; readonly detail: string }
  | { readonly ok: false; readonly exclusion: Exclusion };

export type ReadingOutcome = { readonly ok: true; readonly reading: ParsedReading } | LeftOut;

/** A kind of table, opened for one file. */
export interface RowFormat {
  /** The table of stations that may lie beside the file. */
  readonly stationTable?: StationTable;
  /** How often values are due where the rows themselves do not tell, milliseconds. */
  readonly usualIntervalMs: number;
  /** True where the interval is always the usual one. */
  readonly hasFixedInterval: boolean;
  /**
   * `send`: a reading whose datastream and time were there before is sent again, for the server to judge.
   * `exclude`: only the first is played; the times of every datastream are kept in memory then.
   */
  readonly repeats: 'send' | 'exclude';
  /** The readings of one row and what is left out of it, in the order of the columns. */
  readonly readings: (fields: readonly string[]) => readonly ReadingOutcome[];
}

/** What the importer of a format needs to know of a file. */
export interface FileHead {
  /** Without folders. */
  readonly fileName: string;
  readonly header: readonly string[];
}

/** A kind of file that can be replayed, recognised by its header alone. */
export interface RecordingFormat {
  /** For people who have a file that is none of these. */
  readonly title: string;
  readonly recognises: (header: readonly string[]) => boolean;
  /** Throws `recording_invalid` where the name of the file lacks what the rows do not say. */
  readonly open: (head: FileHead) => RowFormat;
}

/** Recognises exactly these columns, in this order. */
export function hasColumns(expected: readonly string[]): RecordingFormat['recognises'] {
  return header => header.join(',') === expected.join(',');
}

export function columnsProblem(fields: readonly string[], expected: number): LeftOut {
  return { ok: false, problem: 'columns', detail: `${fields.length} fields instead of ${expected}` };
}

export function refused(problem: RecordingProblem, text: string): LeftOut {
  return { ok: false, problem, detail: JSON.stringify(text.slice(0, 100)) };
}
