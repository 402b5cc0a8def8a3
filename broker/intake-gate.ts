import type { JournalStream } from '../domain/ports/journal.ts';

/** Someone who would like to read from a client. */
export interface Reader {
  /** What the client sent last; who sends live readings goes first. */
  readonly lane: JournalStream;
  kick(): void;
}

/** What a message costs beside its payload: packet, closures, its encoding in the journal. Bytes, a guess. */
const MESSAGE_BYTES = 256;

/**
 * Bounds what waits for the journal over all connections. Each connection alone is bounded by the size of one read;
 * with ten thousand of them that is too much, and a journal that overflows would cost them their connections.
 */
export class IntakeGate {
  readonly #maxBytes: number;
  #inFlightBytes = 0;
  readonly #waiting: Record<JournalStream, Set<Reader>> = { live: new Set(), backlog: new Set() };
  #isResuming = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isOpen(): boolean {
    return this.#inFlightBytes < this.#maxBytes;
  }

  /** True when the reader may read now; else it is kicked when it may. */
  pass(reader: Reader): boolean {
    if (this.isOpen) return true;
    this.#waiting[reader.lane].add(reader);
    return false;
  }

  isWaiting(reader: Reader): boolean {
    return this.#waiting.live.has(reader) || this.#waiting.backlog.has(reader);
  }

  leave(reader: Reader): void {
    this.#waiting.live.delete(reader);
    this.#waiting.backlog.delete(reader);
  }

  taken(payloadBytes: number): void {
    this.#inFlightBytes += payloadBytes + MESSAGE_BYTES;
  }

  answered(payloadBytes: number): void {
    this.#inFlightBytes -= payloadBytes + MESSAGE_BYTES;
    if (this.#isResuming || !this.isOpen) return;
    if (this.#waiting.live.size + this.#waiting.backlog.size === 0) return;
    // One round for a whole group commit, after the last of its answers.
    this.#isResuming = true;
    setImmediate(() => this.#resume());
  }

  #resume(): void {
    this.#isResuming = false;
    for (const readers of [this.#waiting.live, this.#waiting.backlog]) {
      for (const reader of readers) {
        if (!this.isOpen) return;
        readers.delete(reader);
        reader.kick();
      }
    }
  }
}
