import type { Observation, QualityFlag } from '../domain/model/observation.ts';
import type { ReadingColumns } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/** The flag of the reading that stands at a time; undefined where it is not known. */
export type FlagOf = (datastream: number, t: EpochMs) => QualityFlag | undefined;

const FIRST_CAPACITY = 16;
/** Five columns of eight bytes, one of four and three of one. */
const READING_BYTES = 47;

type Columns = Omit<ReadingColumns, 'count'>;

const EMPTY = allocate(0);

/** Collects accepted readings as growing columns; a hot path, so nothing is allocated per reading. */
export class ReadingBuffer {
  #count = 0;
  #capacity = 0;
  #columns = EMPTY;

  get count(): number {
    return this.#count;
  }

  add(reading: Observation): void {
    if (this.#count === this.#capacity) this.#grow();
    const at = this.#count++;
    const columns = this.#columns;
    columns.datastream[at] = reading.datastream;
    columns.t[at] = reading.t;
    columns.v[at] = reading.v ?? Number.NaN;
    columns.quality[at] = reading.quality;
    columns.deviceFlag[at] = reading.deviceFlag;
    columns.source[at] = reading.source;
    columns.sent[at] = reading.sent;
    columns.received[at] = reading.received;
    columns.position[at] = reading.position;
  }

  /** Gives readings the flags that `flagOf` has for them; where it has none they keep theirs. */
  requalify(flagOf: FlagOf): void {
    const { datastream, t, quality } = this.#columns;
    for (let at = 0; at < this.#count; at += 1) {
      const flag = flagOf(datastream[at] ?? 0, epochMs(t[at] ?? 0));
      if (flag !== undefined) quality[at] = flag;
    }
  }

  /** The columns so far, all in one buffer; the buffer starts anew and never touches them again. */
  take(): ReadingColumns {
    // The columns may be transferred to another thread, so what is shared must not be given away.
    const columns = this.#count === 0 ? allocate(0) : this.#columns;
    const taken = { count: this.#count, ...columns };
    this.#count = 0;
    this.#capacity = 0;
    this.#columns = EMPTY;
    return taken;
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.#capacity * 2);
    const wider = allocate(capacity);
    wider.datastream.set(this.#columns.datastream);
    wider.t.set(this.#columns.t);
    wider.v.set(this.#columns.v);
    wider.quality.set(this.#columns.quality);
    wider.deviceFlag.set(this.#columns.deviceFlag);
    wider.source.set(this.#columns.source);
    wider.sent.set(this.#columns.sent);
    wider.received.set(this.#columns.received);
    wider.position.set(this.#columns.position);
    this.#columns = wider;
    this.#capacity = capacity;
  }
}

/**
 * Columns in one buffer, the widest first so that each is aligned: nine buffers would cost a batch of a few readings
 * far more than the readings.
 */
function allocate(capacity: number): Columns {
  const buffer = new ArrayBuffer(capacity * READING_BYTES);
  const wide = (index: number) => new Float64Array(buffer, index * 8 * capacity, capacity);
  const narrow = (index: number) => new Uint8Array(buffer, (44 + index) * capacity, capacity);
  return {
    t: wide(0),
    v: wide(1),
    sent: wide(2),
    received: wide(3),
    position: wide(4),
    datastream: new Int32Array(buffer, 40 * capacity, capacity),
    quality: narrow(0),
    deviceFlag: narrow(1),
    source: narrow(2),
  };
}
