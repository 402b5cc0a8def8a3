import type { Duplex } from 'node:stream';

import type { RefusalReason } from '../domain/ports/identity.ts';

/** What came first on a socket: a frame of type CONNECT, or something else. */
export type FirstFrame =
  | { readonly ok: true; readonly frame: Buffer; readonly body: Buffer }
  | { readonly ok: false; readonly reason: Extract<RefusalReason, 'connect_too_large'> };

const CONNECT = 0x10;
const MORE = 0x80;
/** Type, and a remaining length of at most four bytes. */
const MAX_HEADER_BYTES = 5;

/**
 * Reads exactly the first frame from the stream and not a byte more: what follows stays unread, in the stream's
 * buffer and behind it in the kernel's, and so costs a stranger's peer and not us. `done` is called at most once,
 * not when the stream ends before. The result stops reading.
 */
export function readFirstFrame(
  stream: Duplex,
  maxBytes: number,
  done: (first: FirstFrame) => void,
): () => void {
  const header: number[] = [];
  let bodyLength: number | undefined;
  const stop = (): void => void stream.off('readable', onReadable);
  const finish = (first: FirstFrame): void => {
    stop();
    done(first);
  };
  const onReadable = (): void => {
    while (bodyLength === undefined) {
      const byte = (stream.read(1) as Buffer | null)?.[0];
      if (byte === undefined) return;
      header.push(byte);
      const length = remainingLength(header);
      if (header[0] !== CONNECT || length.value + header.length > maxBytes || length.isEndless) {
        finish({ ok: false, reason: 'connect_too_large' });
        return;
      }
      if (length.isWhole) bodyLength = length.value;
    }
    const body = bodyLength === 0 ? Buffer.alloc(0) : (stream.read(bodyLength) as Buffer | null);
    // At its end a stream gives less than was asked for.
    if (body === null || body.length < bodyLength) return;
    finish({ ok: true, frame: Buffer.concat([Buffer.from(header), body]), body });
  };
  stream.on('readable', onReadable);
  return stop;
}

/** The remaining length as far as it is there. */
function remainingLength(header: readonly number[]): { value: number; isWhole: boolean; isEndless: boolean } {
  let value = 0;
  let isWhole = false;
  for (let index = 1; index < header.length; index += 1) {
    const byte = header[index] ?? 0;
    value += (byte & ~MORE) * 128 ** (index - 1);
    isWhole = (byte & MORE) === 0;
  }
  return { value, isWhole, isEndless: header.length === MAX_HEADER_BYTES && !isWhole };
}
