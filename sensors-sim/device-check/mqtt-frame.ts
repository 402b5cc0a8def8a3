import { Buffer } from 'node:buffer';

/** One MQTT control packet as it came, not yet read. */
export interface Frame {
  /** Control packet type (MQTT 3.1.1, table 2.1). */
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

const MORE = 0x80;
const MAX_LENGTH_BYTES = 4;

/** Cuts a stream of bytes into frames. A length that MQTT forbids ends it: `isBroken` from then on. */
export class FrameReader {
  #kept: Buffer = Buffer.alloc(0);
  #isBroken = false;

  get isBroken(): boolean {
    return this.#isBroken;
  }

  read(chunk: Buffer): readonly Frame[] {
    const bytes = this.#kept.byteLength === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (!this.#isBroken) {
      const header = readHeader(bytes, at);
      if (header === 'broken') this.#isBroken = true;
      if (typeof header === 'string' || bytes.byteLength < header.end) break;
      const first = bytes.readUInt8(at);
      frames.push({ type: first >> 4, flags: first & 15, body: bytes.subarray(header.start, header.end) });
      at = header.end;
    }
    this.#kept = bytes.subarray(at);
    return frames;
  }
}

function readHeader(
  bytes: Buffer,
  at: number,
): { readonly start: number; readonly end: number } | 'short' | 'broken' {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = bytes[at + 1 + index];
    if (byte === undefined) return 'short';
    length += (byte & ~MORE) * 128 ** index;
    const start = at + 2 + index;
    if ((byte & MORE) === 0) return { start, end: start + length };
  }
  return 'broken';
}

/** A frame of this first byte (type and flags) with these parts as its body. */
export function encodeFrame(firstByte: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.byteLength; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      return Buffer.concat([Buffer.from([firstByte, ...length]), body]);
    }
    length.push((rest % 128) | MORE);
  }
}

export function encodeNumber(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** Bytes with their length before them, as MQTT writes strings. */
export function encodeField(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([encodeNumber(bytes.byteLength), bytes]);
}
