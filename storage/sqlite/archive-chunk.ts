import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

import { AppError, messageOf } from '../../domain/errors.ts';
import type { BatchRow } from './recent-batches.ts';

const compress = promisify(deflateRaw);
const decompress = promisify(inflateRaw);

/**
 * The bytes of an archive chunk, version 1, kept for ever like those of a batch: one byte version, then raw deflate
 * (RFC 1951) of, for each batch: f64 seq, u32 length, the sealed batch. Little-endian.
 */
const CHUNK_VERSION = 1;
const FRAME_BYTES = 12;

/** Packs rows as they stand in the journal. The work is done outside this thread. */
export async function packChunk(rows: readonly BatchRow[]): Promise<Uint8Array> {
  const raw = Buffer.allocUnsafe(rows.reduce((sum, row) => sum + FRAME_BYTES + row.bytes.byteLength, 0));
  let at = 0;
  for (const { seq, bytes } of rows) {
    raw.writeDoubleLE(seq, at);
    raw.writeUInt32LE(bytes.byteLength, at + 8);
    raw.set(bytes, at + FRAME_BYTES);
    at += FRAME_BYTES + bytes.byteLength;
  }
  return Buffer.concat([Uint8Array.of(CHUNK_VERSION), await compress(raw)]);
}

/** The rows of a chunk, still sealed. Throws `journal_corrupt`. */
export async function unpackChunk(chunk: Uint8Array): Promise<readonly BatchRow[]> {
  if (chunk[0] !== CHUNK_VERSION) throw corrupt(`its version ${chunk[0]} is unknown`);
  let raw: Buffer;
  try {
    raw = await decompress(chunk.subarray(1));
  } catch (error) {
    throw corrupt(messageOf(error));
  }
  const rows: BatchRow[] = [];
  let at = 0;
  while (at < raw.length) {
    const end = at + FRAME_BYTES + (at + FRAME_BYTES <= raw.length ? raw.readUInt32LE(at + 8) : 0);
    if (end > raw.length || at + FRAME_BYTES > raw.length) throw corrupt('a batch is cut off');
    rows.push({ seq: raw.readDoubleLE(at), bytes: raw.subarray(at + FRAME_BYTES, end) });
    at = end;
  }
  return rows;
}

function corrupt(why: string): AppError {
  return new AppError('journal_corrupt', `An archive chunk cannot be read back: ${why}.`);
}
