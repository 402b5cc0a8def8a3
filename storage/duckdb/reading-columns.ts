import type { Observation, QualityFlag, SourceRank } from '../../domain/model/observation.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';

type Column = Exclude<keyof ReadingColumns, 'count'>;
export const COLUMNS: readonly Column[] = [
  'datastream',
  't',
  'v',
  'quality',
  'deviceFlag',
  'source',
  'sent',
  'received',
  'position',
];

/** Columns with room for `count` readings. */
export function allocateColumns(count: number): ReadingColumns {
  return {
    count,
    datastream: new Int32Array(count),
    t: new Float64Array(count),
    v: new Float64Array(count),
    quality: new Uint8Array(count),
    deviceFlag: new Uint8Array(count),
    source: new Uint8Array(count),
    sent: new Float64Array(count),
    received: new Float64Array(count),
    position: new Float64Array(count),
  };
}

/** All readings of several columns in one, in order; a single one is not copied. */
export function joinColumns(parts: readonly ReadingColumns[]): ReadingColumns {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const joined = allocateColumns(parts.reduce((sum, part) => sum + part.count, 0));
  let at = 0;
  for (const part of parts) {
    for (const column of COLUMNS) joined[column].set(part[column].subarray(0, part.count), at);
    at += part.count;
  }
  return joined;
}

export function putObservation(columns: ReadingColumns, at: number, row: Observation): void {
  columns.datastream[at] = row.datastream;
  columns.t[at] = row.t;
  columns.v[at] = row.v ?? Number.NaN;
  columns.quality[at] = row.quality;
  columns.deviceFlag[at] = row.deviceFlag;
  columns.source[at] = row.source;
  columns.sent[at] = row.sent;
  columns.received[at] = row.received;
  columns.position[at] = row.position;
}

export function columnsOf(rows: readonly Observation[]): ReadingColumns {
  const columns = allocateColumns(rows.length);
  for (const [at, row] of rows.entries()) putObservation(columns, at, row);
  return columns;
}

/** Columns of numbers in the order of `COLUMNS`. */
export function columnsWith(count: number, numbers: readonly Float64Array[]): ReadingColumns {
  const columns = allocateColumns(count);
  for (const [place, column] of COLUMNS.entries()) columns[column].set(numbers[place] ?? []);
  return columns;
}

export function observationAt(columns: ReadingColumns, at: number): Observation {
  const v = columns.v[at] ?? Number.NaN;
  return {
    datastream: columns.datastream[at] ?? 0,
    t: epochMs(columns.t[at] ?? 0),
    v: Number.isNaN(v) ? null : v,
    quality: (columns.quality[at] ?? 0) as QualityFlag,
    deviceFlag: columns.deviceFlag[at] ?? 0,
    source: (columns.source[at] ?? 0) as SourceRank,
    sent: epochMs(columns.sent[at] ?? 0),
    received: epochMs(columns.received[at] ?? 0),
    position: columns.position[at] ?? 0,
  };
}

export function observationsOf(columns: ReadingColumns): Observation[] {
  return Array.from({ length: columns.count }, (_, at) => observationAt(columns, at));
}

/** The buffers to transfer with the columns, each once. */
export function buffersOf(columns: ReadingColumns): ArrayBuffer[] {
  return [...new Set(COLUMNS.map(column => columns[column].buffer as ArrayBuffer))];
}
