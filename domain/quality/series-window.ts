import { QUALITY } from '../model/observation.ts';
import type { Observation, QualityFlag } from '../model/observation.ts';
import { compareCandidates } from '../model/winner.ts';
import type { Candidate } from '../model/winner.ts';
import { epochMs } from '../time/instant.ts';
import type { EpochMs } from '../time/instant.ts';
import type { Span } from './gross-range.ts';
import { rollUp } from './quality-finding.ts';
import type { PackedFlags } from './quality-finding.ts';
import { qualify } from './qualify.ts';

/** A reading as a series holds it: what was accepted, with what decides between two values of one time. */
export type SeriesPoint = Pick<Observation, 't' | 'received'> & Candidate;

/** What taking a reading did to the series: nothing to its values, or something at that time. */
export type TakeOutcome = 'unchanged' | 'changed';

/** Flags of a reading of which nothing is known; of one whose roll-up alone is known they are that, negative. */
const NOT_JUDGED = Number.NaN;

/** Columns of a window. What fits into a byte shares the last: device flag, source, and whether the value is usable. */
const TIME = 0;
const VALUE = 1;
const SENT = 2;
const RECEIVED = 3;
const POSITION = 4;
const FLAGS = 5;
const SMALL = 6;
const COLUMNS = 7;
/** Most datastreams of a district say something every few minutes; those that do not must not cost much. */
const FIRST_CAPACITY = 8;
const SOURCE_UNIT = 0x100;
const USABLE_UNIT = 0x10000;

/**
 * Accepted readings of one datastream in order of their times, one for each time: the winner of those offered, so that
 * the order of arrival leaves no trace. One array of numbers, because a district has a hundred thousand of them.
 */
export class SeriesWindow {
  readonly #failSpan: Span;
  #capacity = 0;
  #head = 0;
  #size = 0;
  /** Column after column. */
  #cells = new Float64Array(0);

  /** @param failSpan values outside it are kept but not usable for comparison */
  constructor(failSpan: Span) {
    this.#failSpan = failSpan;
  }

  /** A window of readings in any order. */
  static of(points: Iterable<SeriesPoint>, failSpan: Span): SeriesWindow {
    const window = new SeriesWindow(failSpan);
    for (const point of points) window.take(point);
    return window;
  }

  get size(): number {
    return this.#size;
  }

  timeAt(at: number): EpochMs {
    return this.#cells[this.#head + at] as EpochMs;
  }

  /** NaN where the value is missing. */
  valueAt(at: number): number {
    return this.#cell(VALUE, at);
  }

  deviceFlagAt(at: number): number {
    return this.#cell(SMALL, at) % SOURCE_UNIT;
  }

  /**
   * True where the value may be compared with others: it is there, and neither sensor span nor device calls it wrong.
   * That is a matter of the reading alone, so no doubt spreads from one reading to the next.
   */
  isUsable(at: number): boolean {
    return this.#cell(SMALL, at) >= USABLE_UNIT;
  }

  /** What `setFlags` left there; undefined before. */
  flagsAt(at: number): PackedFlags | undefined {
    const flags = this.#cell(FLAGS, at);
    return flags >= 0 ? (flags as PackedFlags) : undefined;
  }

  setFlags(at: number, flags: PackedFlags): void {
    this.#set(FLAGS, at, flags);
  }

  /** The roll-up: of the flags, or what `setQuality` left there; undefined before either. */
  qualityAt(at: number): QualityFlag | undefined {
    const flags = this.#cell(FLAGS, at);
    if (flags >= 0) return rollUp(flags as PackedFlags);
    return flags < 0 ? (-flags as QualityFlag) : undefined;
  }

  /** Says what the roll-up is where the flags of the tests are not known; undefined: that is not known either. */
  setQuality(at: number, quality: QualityFlag | undefined): void {
    this.#set(FLAGS, at, quality === undefined ? NOT_JUDGED : -quality);
  }

  pointAt(at: number): SeriesPoint {
    return {
      t: this.timeAt(at),
      received: epochMs(this.#cell(RECEIVED, at)),
      ...this.#candidateAt(at),
    };
  }

  /** True where the reading at the index is this one, or this one repeats it. */
  saysTheSame(at: number, candidate: Candidate): boolean {
    const v = this.valueAt(at);
    return (
      (candidate.v === null ? Number.isNaN(v) : candidate.v === v) &&
      candidate.deviceFlag === this.deviceFlagAt(at) &&
      candidate.source === this.#sourceAt(at)
    );
  }

  /** The index of the reading at the time; -1 where there is none. */
  indexOf(t: number): number {
    const at = this.firstFrom(t);
    return at < this.#size && this.timeAt(at) === t ? at : -1;
  }

  /** The last usable reading before the index; -1 without one. */
  usableBefore(at: number): number {
    for (let before = at - 1; before >= 0; before -= 1) if (this.isUsable(before)) return before;
    return -1;
  }

  /** The first usable reading after the index; -1 without one. */
  usableAfter(at: number): number {
    for (let after = at + 1; after < this.#size; after += 1) if (this.isUsable(after)) return after;
    return -1;
  }

  /** The index of the first reading at the time or later; the size where there is none. */
  firstFrom(t: number): number {
    const last = this.#size - 1;
    if (last < 0 || t > this.timeAt(last)) return this.#size;
    if (t === this.timeAt(last)) return last;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the last usable reading at the time or before; -1 where there is none. */
  usableUntil(t: number): number {
    return this.usableBefore(this.firstFrom(t + 1));
  }

  /** Puts a reading in its place, or lets it contend with the one that stands there. */
  take(point: SeriesPoint): TakeOutcome {
    const at = this.firstFrom(point.t);
    if (at < this.#size && this.timeAt(at) === point.t) {
      const standing = this.#candidateAt(at);
      if (compareCandidates(point, standing) <= 0) return 'unchanged';
      this.#write(at, point);
      return point.v === standing.v && point.deviceFlag === standing.deviceFlag ? 'unchanged' : 'changed';
    }
    this.#openAt(at);
    this.#write(at, point);
    this.setQuality(at, undefined);
    return 'changed';
  }

  /** Makes room for so many more readings at once. */
  reserve(count: number): void {
    const wanted = this.#size + count;
    if (wanted > this.#capacity) this.#resize(wanted);
  }

  /** Forgets so many of the oldest readings. */
  forget(count: number): void {
    this.#head += count;
    this.#size -= count;
  }

  #cell(column: number, at: number): number {
    return this.#cells[column * this.#capacity + this.#head + at] as number;
  }

  #set(column: number, at: number, value: number): void {
    this.#cells[column * this.#capacity + this.#head + at] = value;
  }

  #sourceAt(at: number): Candidate['source'] {
    const small = this.#cell(SMALL, at) % USABLE_UNIT;
    return Math.floor(small / SOURCE_UNIT) as Candidate['source'];
  }

  #candidateAt(at: number): Candidate {
    const v = this.valueAt(at);
    return {
      v: Number.isNaN(v) ? null : v,
      deviceFlag: this.deviceFlagAt(at),
      source: this.#sourceAt(at),
      sent: epochMs(this.#cell(SENT, at)),
      position: this.#cell(POSITION, at),
    };
  }

  #write(at: number, { t, v, deviceFlag, source, sent, received, position }: SeriesPoint): void {
    this.#set(TIME, at, t);
    this.#set(VALUE, at, v ?? Number.NaN);
    this.#set(SENT, at, sent);
    this.#set(RECEIVED, at, received);
    this.#set(POSITION, at, position);
    const quality = qualify(v, deviceFlag, this.#failSpan);
    const isUsable = quality === QUALITY.good || quality === QUALITY.suspect;
    this.#set(SMALL, at, deviceFlag + source * SOURCE_UNIT + (isUsable ? USABLE_UNIT : 0));
  }

  /** Makes room for one reading at the index. */
  #openAt(at: number): void {
    if (this.#head + this.#size === this.#capacity) this.#makeRoom();
    for (let column = 0; at < this.#size && column < COLUMNS; column += 1) {
      const start = column * this.#capacity + this.#head;
      this.#cells.copyWithin(start + at + 1, start + at, start + this.#size);
    }
    this.#size += 1;
  }

  /** Moves the readings back to the start of the columns, and into larger ones when those are three quarters full. */
  #makeRoom(): void {
    if (this.#size >= 0.75 * this.#capacity) {
      this.#resize(Math.max(FIRST_CAPACITY, Math.ceil(this.#capacity * 1.5)));
      return;
    }
    for (let column = 0; column < COLUMNS; column += 1) {
      const start = column * this.#capacity;
      this.#cells.copyWithin(start, start + this.#head, start + this.#head + this.#size);
    }
    this.#head = 0;
  }

  #resize(capacity: number): void {
    const cells = new Float64Array(COLUMNS * capacity);
    for (let column = 0; column < COLUMNS; column += 1) {
      const start = column * this.#capacity + this.#head;
      cells.set(this.#cells.subarray(start, start + this.#size), column * capacity);
    }
    this.#cells = cells;
    this.#capacity = capacity;
    this.#head = 0;
  }
}
