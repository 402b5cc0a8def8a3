/** A journal row as it is handed to readers. */
export interface BatchRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** The last batches of one stream in memory, up to a number of bytes, so that a reader in step needs no SQL. */
export class RecentBatches {
  readonly #maxBytes: number;
  #rows: BatchRow[] = [];
  /** Index of the first row that is still kept; the array is cut only now and then. */
  #first = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Rows come in order of `seq` without gaps; after a gap the memory begins anew. */
  push(row: BatchRow): void {
    const last = this.#rows.at(-1);
    if (last !== undefined && row.seq !== last.seq + 1) this.clear();
    // Half-empty buffers would count for less than the memory they hold.
    const isTight = row.bytes.buffer.byteLength <= row.bytes.byteLength * 1.25;
    this.#rows.push(isTight ? row : { seq: row.seq, bytes: row.bytes.slice() });
    this.#bytes += row.bytes.byteLength;
    while (this.#bytes > this.#maxBytes && this.#first < this.#rows.length) {
      this.#bytes -= this.#rows[this.#first]?.bytes.byteLength ?? 0;
      this.#first += 1;
    }
    if (this.#first > 64 && this.#first * 2 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgets the rows up to `seq`. */
  dropThrough(seq: number): void {
    for (;;) {
      const first = this.#rows[this.#first];
      if (first === undefined || first.seq > seq) return;
      this.#bytes -= first.bytes.byteLength;
      this.#first += 1;
    }
  }

  clear(): void {
    this.#rows = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  /** Row number `seq` if it is in memory. */
  get(seq: number): BatchRow | undefined {
    const first = this.#rows[this.#first];
    if (first === undefined || seq < first.seq) return undefined;
    return this.#rows[this.#first + seq - first.seq];
  }
}
