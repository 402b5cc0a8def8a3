import type { RefusalReason } from '../domain/ports/identity.ts';

const MORE = 0x80;
const MAX_HEADER_BYTES = 5;

/** What a client may send after its CONNECT, by packet type, with the smallest and the largest remaining length. */
const FRAMES: ReadonlyMap<number, readonly [min: number, max: number]> = new Map([
  [3, [3, Infinity]], // PUBLISH
  [4, [2, 2]], // PUBACK
  [5, [2, 2]], // PUBREC
  [6, [2, 2]], // PUBREL
  [7, [2, 2]], // PUBCOMP
  [8, [5, Infinity]], // SUBSCRIBE
  [10, [4, Infinity]], // UNSUBSCRIBE
  [12, [0, 0]], // PINGREQ
  [14, [0, 0]], // DISCONNECT
]);

/**
 * Follows the frames in a stream of bytes by their fixed headers alone, so that a frame that is too large or cannot
 * be is found before a byte of it is kept.
 */
export class FrameScanner {
  readonly #maxFrameBytes: number;
  /** Bytes of the present frame's body still to come. */
  #skip = 0;
  #headerBytes = 0;
  #type = 0;
  #length = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Takes the next bytes; answers what is wrong with them, after which the scanner is of no more use. */
  scan(chunk: Uint8Array): Extract<RefusalReason, 'protocol_error' | 'frame_too_large'> | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      this.#headerBytes += 1;
      if (this.#headerBytes === 1) {
        this.#type = byte >> 4;
        if (!FRAMES.has(this.#type)) return 'protocol_error';
        continue;
      }
      this.#length += (byte & ~MORE) * 128 ** (this.#headerBytes - 2);
      if (this.#length + this.#headerBytes > this.#maxFrameBytes) return 'frame_too_large';
      if ((byte & MORE) === 0) {
        const [min, max] = FRAMES.get(this.#type) ?? [0, 0];
        if (this.#length < min || this.#length > max) return 'protocol_error';
        this.#skip = this.#length;
        this.#headerBytes = 0;
        this.#length = 0;
      } else if (this.#headerBytes === MAX_HEADER_BYTES) {
        return 'protocol_error';
      }
    }
    return undefined;
  }
}
