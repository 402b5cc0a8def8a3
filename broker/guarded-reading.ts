import type { Duplex } from 'node:stream';

import type { RefusalReason } from '../domain/ports/identity.ts';
import { FrameScanner } from './frame-scanner.ts';

export interface GuardedReadingOptions {
  /** The CONNECT frame, which was taken from the stream before. */
  readonly connectFrame: Buffer;
  readonly maxFrameBytes: number;
  /** Asked before each read; false leaves the bytes where they are until `kick`. */
  readonly mayRead: () => boolean;
  /** Some bytes arrived. */
  readonly onBytes: () => void;
  /** The bytes break the rules; the connection has to end. */
  readonly onViolation: (reason: Extract<RefusalReason, 'protocol_error' | 'frame_too_large'>) => void;
}

/**
 * Stands between a stream and the MQTT library, which takes its bytes by `read()` alone: first the CONNECT frame,
 * nothing until `open`, then whole chunks whose frame headers were checked. What is not read stays in the stream
 * and so, by TCP's flow control, with the sender.
 */
export class GuardedReading {
  readonly #stream: Duplex;
  readonly #options: GuardedReadingOptions;
  readonly #read: (size?: number) => Buffer | null;
  readonly #scanner: FrameScanner;
  #connectFrame: Buffer | null;
  #isOpen = false;
  #isStopped = false;
  #waitsForDrain = false;

  constructor(stream: Duplex, options: GuardedReadingOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#connectFrame = options.connectFrame;
    this.#scanner = new FrameScanner(options.maxFrameBytes);
    this.#read = stream.read.bind(stream) as (size?: number) => Buffer | null;
    stream.read = size => this.#next(size);
  }

  /** The CONNACK was sent: from now on everything may be read. */
  open(): void {
    this.#isOpen = true;
  }

  /** What comes from now on is dropped, so that the connection can be closed without a reset. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Lets the reader look again. */
  kick(): void {
    if (!this.#stream.destroyed) this.#stream.emit('readable');
  }

  #next(size: number | undefined): Buffer | null {
    // The stream itself calls read(0) to fetch more into its buffer.
    if (size === 0) return this.#read(0);
    if (this.#connectFrame !== null) {
      const frame = this.#connectFrame;
      this.#connectFrame = null;
      return frame;
    }
    if (!this.#isOpen || this.#stream.destroyed) return null;
    if (this.#isStopped) {
      this.#read();
      return null;
    }
    if (this.#stream.writableNeedDrain) {
      this.#waitForDrain();
      return null;
    }
    if (!this.#options.mayRead()) return null;
    const chunk = this.#read();
    if (chunk === null) return null;
    this.#options.onBytes();
    const violation = this.#scanner.scan(chunk);
    if (violation === undefined) return chunk;
    this.#isStopped = true;
    this.#options.onViolation(violation);
    return null;
  }

  /** Who does not read our answers gets no more of them: acknowledgements are written without asking for room. */
  #waitForDrain(): void {
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#stream.once('drain', () => {
      this.#waitsForDrain = false;
      this.kick();
    });
  }
}
