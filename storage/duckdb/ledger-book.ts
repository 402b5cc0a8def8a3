import type { LedgerDelta } from '../../domain/ports/telemetry-store.ts';
import type { StationIndex } from './station-index.ts';

/** The counters of one station by their place, which is the same in memory, in the file and between threads. */
export const COUNTER = {
  messagesDecoded: 0,
  messagesQuarantined: 1,
  readingsDecoded: 2,
  stored: 3,
  duplicate: 4,
  corrected: 5,
  readingsQuarantined: 6,
  readingsRejected: 7,
} as const;
export type Counter = (typeof COUNTER)[keyof typeof COUNTER];
export const COUNTERS = Object.keys(COUNTER).length;

/** Counts of stations as columns: they cross threads whole. */
export interface LedgerColumns {
  readonly stations: readonly string[];
  /** `COUNTERS` numbers a station. */
  readonly counts: Float64Array;
}

const decoder = new TextDecoder();

/** Counts by station: what one commit adds, or all that was ever committed. */
export class LedgerBook {
  readonly #stations: StationIndex;
  #counts: Float64Array;
  /** Stations that have an entry, in the order they got it. */
  readonly #entries: number[] = [];
  #hasEntry: Uint8Array;

  constructor(stations: StationIndex) {
    this.#stations = stations;
    this.#counts = new Float64Array(stations.size * COUNTERS);
    this.#hasEntry = new Uint8Array(stations.size);
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** @param station its place in the index */
  add(station: number, counter: Counter, increment: number): void {
    this.#enter(station);
    const at = station * COUNTERS + counter;
    this.#counts[at] = (this.#counts[at] ?? 0) + increment;
  }

  addAll(other: LedgerBook): void {
    for (const station of other.#entries) this.#addCounts(station, other.#counts, station * COUNTERS);
  }

  addColumns({ stations, counts }: LedgerColumns): void {
    for (const [index, station] of stations.entries()) {
      this.#addCounts(this.#stations.of(station), counts, index * COUNTERS);
    }
  }

  columns(): LedgerColumns {
    const counts = new Float64Array(this.#entries.length * COUNTERS);
    for (const [index, station] of this.#entries.entries()) {
      const from = station * COUNTERS;
      counts.set(this.#counts.subarray(from, from + COUNTERS), index * COUNTERS);
    }
    return { stations: this.#entries.map(station => this.#stations.name(station)), counts };
  }

  /** Packs the counts for a row of the commit log: name, which counters are not 0, their values. */
  encode(): Uint8Array {
    const out = new ByteWriter(this.#entries.length * 24);
    for (const station of this.#entries) {
      const name = this.#stations.bytes(station);
      out.varint(name.length);
      out.bytes(name);
      const counts = this.#counts.subarray(station * COUNTERS, (station + 1) * COUNTERS);
      let mask = 0;
      for (let at = 0; at < COUNTERS; at += 1) if (counts[at] !== 0) mask |= 1 << at;
      out.varint(mask);
      for (const count of counts) if (count !== 0) out.varint(count < 0 ? -2 * count - 1 : 2 * count);
    }
    return out.finish();
  }

  /** Adds counts that were packed by `encode`. */
  addEncoded(bytes: Uint8Array): void {
    const from = { bytes, at: 0 };
    const counts = new Float64Array(COUNTERS);
    while (from.at < bytes.length) {
      const length = takeVarint(from);
      const station = decoder.decode(bytes.subarray(from.at, from.at + length));
      from.at += length;
      const mask = takeVarint(from);
      for (let at = 0; at < COUNTERS; at += 1) {
        const zigzag = (mask & (1 << at)) === 0 ? 0 : takeVarint(from);
        counts[at] = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      }
      this.#addCounts(this.#stations.of(station), counts, 0);
    }
  }

  #addCounts(station: number, counts: Float64Array, from: number): void {
    this.#enter(station);
    const to = station * COUNTERS;
    for (let at = 0; at < COUNTERS; at += 1) {
      this.#counts[to + at] = (this.#counts[to + at] ?? 0) + (counts[from + at] ?? 0);
    }
  }

  #enter(station: number): void {
    if (this.#hasEntry[station] === 1) return;
    if (station >= this.#hasEntry.length) {
      const size = Math.max(this.#stations.size, station + 1, this.#hasEntry.length * 2);
      const counts = new Float64Array(size * COUNTERS);
      const hasEntry = new Uint8Array(size);
      counts.set(this.#counts);
      hasEntry.set(this.#hasEntry);
      this.#counts = counts;
      this.#hasEntry = hasEntry;
    }
    this.#hasEntry[station] = 1;
    this.#entries.push(station);
  }
}

/** Increments as columns: cloned one by one, a thousand small objects cost more than storing their readings. */
export function deltaColumns(deltas: readonly LedgerDelta[]): LedgerColumns {
  const counts = new Float64Array(deltas.length * COUNTERS);
  for (const [index, delta] of deltas.entries()) {
    const from = index * COUNTERS;
    counts[from + COUNTER.messagesDecoded] = delta.messagesDecoded;
    counts[from + COUNTER.messagesQuarantined] = delta.messagesQuarantined;
    counts[from + COUNTER.readingsDecoded] = delta.readingsDecoded;
    counts[from + COUNTER.readingsQuarantined] = delta.readingsQuarantined;
    counts[from + COUNTER.readingsRejected] = delta.readingsRejected;
  }
  return { stations: deltas.map(delta => delta.station), counts };
}

class ByteWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(Math.max(64, capacity));
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A whole number from 0, seven bits a byte, low ones first; beyond 32 bits too. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const wider = new Uint8Array(Math.max(this.#length + more, this.#buffer.length * 2));
    wider.set(this.#buffer);
    this.#buffer = wider;
  }
}

function takeVarint(from: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = from.bytes[from.at++] ?? 0;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}
