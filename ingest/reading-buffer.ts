import type { Observation } from '../domain/model/observation.ts';
import type { ReadingColumns } from '../domain/ports/telemetry-store.ts';

const FIRST_CAPACITY = 256;

/** Collects accepted readings as growing columns; a hot path, so nothing is allocated per reading. */
export class ReadingBuffer {
  #count = 0;
  #capacity = FIRST_CAPACITY;
  #columns = allocate(FIRST_CAPACITY);

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

  /** The columns so far; the buffer starts anew and never touches them again. */
  take(): ReadingColumns {
    const taken = { count: this.#count, ...this.#columns };
    this.#count = 0;
    this.#capacity = FIRST_CAPACITY;
    this.#columns = allocate(FIRST_CAPACITY);
    return taken;
  }

  #grow(): void {
    const wider = allocate(this.#capacity * 2);
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
    this.#capacity *= 2;
  }
}

function allocate(capacity: number): Omit<ReadingColumns, 'count'> {
  return {
    datastream: new Int32Array(capacity),
    t: new Float64Array(capacity),
    v: new Float64Array(capacity),
    quality: new Uint8Array(capacity),
    deviceFlag: new Uint8Array(capacity),
    source: new Uint8Array(capacity),
    sent: new Float64Array(capacity),
    received: new Float64Array(capacity),
    position: new Float64Array(capacity),
  };
}
