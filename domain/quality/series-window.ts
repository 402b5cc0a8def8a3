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

/**
 * Accepted readings of one datastream in order of their times, one for each time: the winner of those offered, so that
 * the order of arrival leaves no trace. Columns of numbers, because a district has a hundred thousand of them.
 */
export class SeriesWindow {
  readonly #failSpan: Span;
  #capacity = 16;
  #head = 0;
  #size = 0;
  #times = new Float64Array(this.#capacity);
  #values = new Float64Array(this.#capacity);
  #sent = new Float64Array(this.#capacity);
  #received = new Float64Array(this.#capacity);
  #positions = new Float64Array(this.#capacity);
  #flags = new Float64Array(this.#capacity);
  #deviceFlags = new Uint8Array(this.#capacity);
  #sources = new Uint8Array(this.#capacity);
  #usable = new Uint8Array(this.#capacity);

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
    return this.#times[this.#head + at] as EpochMs;
  }

  /** NaN where the value is missing. */
  valueAt(at: number): number {
    return this.#values[this.#head + at] as number;
  }

  deviceFlagAt(at: number): number {
    return this.#deviceFlags[this.#head + at] as number;
  }

  /**
   * True where the value may be compared with others: it is there, and neither sensor span nor device calls it wrong.
   * That is a matter of the reading alone, so no doubt spreads from one reading to the next.
   */
  isUsable(at: number): boolean {
    return this.#usable[this.#head + at] === 1;
  }

  /** What `setFlags` left there; undefined before. */
  flagsAt(at: number): PackedFlags | undefined {
    const flags = this.#flags[this.#head + at] as number;
    return flags >= 0 ? (flags as PackedFlags) : undefined;
  }

  setFlags(at: number, flags: PackedFlags): void {
    this.#flags[this.#head + at] = flags;
  }

  /** The roll-up: of the flags, or what `setQuality` left there; undefined before either. */
  qualityAt(at: number): QualityFlag | undefined {
    const flags = this.#flags[this.#head + at] as number;
    if (flags >= 0) return rollUp(flags as PackedFlags);
    return flags < 0 ? (-flags as QualityFlag) : undefined;
  }

  /** Says what the roll-up is where the flags of the tests are not known; undefined: that is not known either. */
  setQuality(at: number, quality: QualityFlag | undefined): void {
    this.#flags[this.#head + at] = quality === undefined ? NOT_JUDGED : -quality;
  }

  pointAt(at: number): SeriesPoint {
    return {
      t: this.timeAt(at),
      received: epochMs(this.#received[this.#head + at] as number),
      ...this.#candidateAt(at),
    };
  }

  /** True where the reading at the index is this one, or this one repeats it. */
  saysTheSame(at: number, candidate: Candidate): boolean {
    const index = this.#head + at;
    const v = this.#values[index] as number;
    return (
      (candidate.v === null ? Number.isNaN(v) : candidate.v === v) &&
      candidate.deviceFlag === this.#deviceFlags[index] &&
      candidate.source === this.#sources[index]
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

  /** Forgets so many of the oldest readings. */
  forget(count: number): void {
    this.#head += count;
    this.#size -= count;
  }

  #candidateAt(at: number): Candidate {
    const v = this.valueAt(at);
    const index = this.#head + at;
    return {
      v: Number.isNaN(v) ? null : v,
      deviceFlag: this.deviceFlagAt(at),
      source: this.#sources[index] as Candidate['source'],
      sent: epochMs(this.#sent[index] as number),
      position: this.#positions[index] as number,
    };
  }

  #write(at: number, { t, v, deviceFlag, source, sent, received, position }: SeriesPoint): void {
    const index = this.#head + at;
    this.#times[index] = t;
    this.#values[index] = v ?? Number.NaN;
    this.#sent[index] = sent;
    this.#received[index] = received;
    this.#positions[index] = position;
    this.#deviceFlags[index] = deviceFlag;
    this.#sources[index] = source;
    const quality = qualify(v, deviceFlag, this.#failSpan);
    this.#usable[index] = quality === QUALITY.good || quality === QUALITY.suspect ? 1 : 0;
  }

  /** Makes room for one reading at the index. */
  #openAt(at: number): void {
    if (this.#head + this.#size === this.#capacity) this.#settle();
    const start = this.#head + at;
    const end = this.#head + this.#size;
    if (start < end) for (const column of this.#columns()) column.copyWithin(start + 1, start, end);
    this.#size += 1;
  }

  /** Moves the readings back to the start of the columns, and into larger ones when those are three quarters full. */
  #settle(): void {
    const from = this.#head;
    const end = from + this.#size;
    if (this.#size > 0.75 * this.#capacity) {
      this.#capacity = Math.ceil(this.#capacity * 1.5);
      const grown = <Column extends Float64Array | Uint8Array>(column: Column, larger: Column): Column => {
        larger.set(column.subarray(from, end));
        return larger;
      };
      this.#times = grown(this.#times, new Float64Array(this.#capacity));
      this.#values = grown(this.#values, new Float64Array(this.#capacity));
      this.#sent = grown(this.#sent, new Float64Array(this.#capacity));
      this.#received = grown(this.#received, new Float64Array(this.#capacity));
      this.#positions = grown(this.#positions, new Float64Array(this.#capacity));
      this.#flags = grown(this.#flags, new Float64Array(this.#capacity));
      this.#deviceFlags = grown(this.#deviceFlags, new Uint8Array(this.#capacity));
      this.#sources = grown(this.#sources, new Uint8Array(this.#capacity));
      this.#usable = grown(this.#usable, new Uint8Array(this.#capacity));
    } else {
      for (const column of this.#columns()) column.copyWithin(0, from, end);
    }
    this.#head = 0;
  }

  #columns(): readonly (Float64Array | Uint8Array)[] {
    return [
      this.#times,
      this.#values,
      this.#sent,
      this.#received,
      this.#positions,
      this.#flags,
      this.#deviceFlags,
      this.#sources,
      this.#usable,
    ];
  }
}
