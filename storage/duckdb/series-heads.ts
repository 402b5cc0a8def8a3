import type { Observation, QualityFlag } from '../../domain/model/observation.ts';
import { compareCandidates } from '../../domain/model/winner.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import { allocateColumns, COLUMNS, observationAt, putObservation } from './reading-columns.ts';

/**
 * The newest winner of every datastream, by its number. It answers `latest` and tells which readings are new without
 * a look into the tables, so it must never be ahead of the file.
 */
export class SeriesHeads {
  #columns: ReadingColumns;

  private constructor(columns: ReadingColumns) {
    this.#columns = columns;
  }

  static empty(): SeriesHeads {
    return new SeriesHeads(blank(256));
  }

  copy(): SeriesHeads {
    const columns = allocateColumns(this.#columns.count);
    for (const column of COLUMNS) columns[column].set(this.#columns[column]);
    return new SeriesHeads(columns);
  }

  /** The newest phenomenonTime of the datastream; -Infinity when it has no reading. */
  newest(datastream: number): number {
    return this.#columns.t[datastream] ?? Number.NEGATIVE_INFINITY;
  }

  /** Takes the winner of an identity; older ones than the head change nothing. */
  set(winner: Observation): void {
    if (winner.t < this.newest(winner.datastream)) return;
    this.#reserve(winner.datastream);
    putObservation(this.#columns, winner.datastream, winner);
  }

  /** The same for a row of columns that is newer than the head. */
  setRow(columns: ReadingColumns, at: number): void {
    const datastream = columns.datastream[at] ?? 0;
    if ((columns.t[at] ?? 0) < this.newest(datastream)) return;
    this.#reserve(datastream);
    const mine = this.#columns;
    mine.datastream[datastream] = datastream;
    mine.t[datastream] = columns.t[at] ?? 0;
    mine.v[datastream] = columns.v[at] ?? Number.NaN;
    mine.quality[datastream] = columns.quality[at] ?? 0;
    mine.deviceFlag[datastream] = columns.deviceFlag[at] ?? 0;
    mine.source[datastream] = columns.source[at] ?? 0;
    mine.sent[datastream] = columns.sent[at] ?? 0;
    mine.received[datastream] = columns.received[at] ?? 0;
    mine.position[datastream] = columns.position[at] ?? 0;
  }

  /** Takes one of several candidates of an identity: at equal times the fixed order decides. */
  offerRow(columns: ReadingColumns, at: number): void {
    const datastream = columns.datastream[at] ?? 0;
    const t = columns.t[at] ?? 0;
    const newest = this.newest(datastream);
    if (t < newest) return;
    if (t === newest) {
      const candidate = observationAt(columns, at);
      if (compareCandidates(candidate, observationAt(this.#columns, datastream)) <= 0) return;
    }
    this.setRow(columns, at);
  }

  /** Gives the head another flag, where it is the one of that time. */
  requalify(datastream: number, t: number, quality: QualityFlag): void {
    if (this.newest(datastream) === t) this.#columns.quality[datastream] = quality;
  }

  /** The heads one behind the other. */
  all(): ReadingColumns {
    let count = 0;
    for (const t of this.#columns.t) if (t !== Number.NEGATIVE_INFINITY) count += 1;
    const all = allocateColumns(count);
    let at = 0;
    for (let id = 0; id < this.#columns.count; id += 1) {
      if (this.#columns.t[id] === Number.NEGATIVE_INFINITY) continue;
      for (const column of COLUMNS) all[column][at] = this.#columns[column][id] ?? 0;
      at += 1;
    }
    return all;
  }

  #reserve(datastream: number): void {
    if (datastream < this.#columns.count) return;
    const wider = blank(Math.max(datastream + 1, this.#columns.count * 2));
    for (const column of COLUMNS) wider[column].set(this.#columns[column]);
    this.#columns = wider;
  }
}

function blank(count: number): ReadingColumns {
  const columns = allocateColumns(count);
  columns.t.fill(Number.NEGATIVE_INFINITY);
  return columns;
}
