import type { ServerResponse } from 'node:http';

/** A piece that waits for its turn. */
interface Waiting {
  readonly bytes: Buffer;
  /** False for the full state sent last: it may be larger than the limit, also for a client that reads it well. */
  isCounted: boolean;
}

/**
 * The sending end of one stream. It writes as fast as the client reads and keeps the rest, which is shared with the
 * other clients; a client for which too much waits is too slow.
 */
export class StreamClient {
  readonly #response: ServerResponse;
  readonly #bufferBytes: number;
  readonly #onSlow: () => void;
  #waiting: Waiting[] = [];
  #countedBytes = 0;
  #isBlocked = false;
  #isEnded = false;

  /** @param options `onSlow` runs once, after the connection was cut because more than `bufferBytes` waited */
  constructor(
    response: ServerResponse,
    options: { readonly bufferBytes: number; readonly onSlow: () => void },
  ) {
    this.#response = response;
    this.#bufferBytes = options.bufferBytes;
    this.#onSlow = options.onSlow;
    response.on('drain', () => {
      this.#isBlocked = false;
      this.#write();
    });
    response.once('close', () => this.#forget());
    // A connection that breaks is told by `close`; an error of it concerns nobody else.
    response.on('error', () => undefined);
  }

  /** Sends the pieces of a full state; what still waits of an earlier one counts from now on. */
  sendState(pieces: readonly Buffer[]): void {
    for (const piece of this.#waiting) {
      if (piece.isCounted) continue;
      piece.isCounted = true;
      this.#countedBytes += piece.bytes.byteLength;
    }
    this.#enqueue(pieces, false);
  }

  send(pieces: readonly Buffer[]): void {
    this.#enqueue(pieces, true);
  }

  /** Ends the stream at once; what the client has not read is cut off. */
  end(): void {
    if (this.#isEnded) return;
    if (this.#waiting.length > 0 || this.#response.writableLength > 0) this.#response.destroy();
    else this.#response.end();
    this.#forget();
  }

  #enqueue(pieces: readonly Buffer[], isCounted: boolean): void {
    if (this.#isEnded) return;
    for (const bytes of pieces) {
      this.#waiting.push({ bytes, isCounted });
      if (isCounted) this.#countedBytes += bytes.byteLength;
    }
    this.#write();
    if (this.#countedBytes + this.#response.writableLength <= this.#bufferBytes) return;
    this.#response.destroy();
    this.#forget();
    this.#onSlow();
  }

  #write(): void {
    while (!this.#isBlocked && !this.#isEnded) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.isCounted) this.#countedBytes -= next.bytes.byteLength;
      this.#isBlocked = !this.#response.write(next.bytes);
    }
  }

  #forget(): void {
    this.#isEnded = true;
    this.#waiting = [];
    this.#countedBytes = 0;
  }
}
