import { crc32 } from 'node:zlib';

import { AppError } from '../../domain/errors.ts';
import type { JournalEntry, JournalledEntry, JournalStream } from '../../domain/ports/journal.ts';
import { epochMs } from '../../domain/time/instant.ts';

/**
 * The bytes of one journal row, version 1. They are kept for ever, in the journal and in the archive: never change
 * what a version means, add a version. All numbers are little-endian, all text is UTF-8.
 *
 *   header  24 bytes:  0 u8  0x57 'W'
 *                      1 u8  version
 *                      2 u8  kind, 0 arrivals, 1 moved
 *                      3 u8  stream, 0 live, 1 backlog
 *                      4 u32 CRC-32 of everything but these four bytes
 *                      8 u32 number of entries
 *                     12 u32 length of the whole, header included
 *                     16 f64 position of the first entry; entries of kind arrivals count up from here
 *   entry   18 bytes:  0 f64 received, epoch milliseconds
 *                      8 u32 length of the payload
 *                     12 u16 length of the topic
 *                     14 u16 length of the principal
 *                     16 u8  quality of service
 *                     17 u8  0
 *     kind moved only: f64 position, f64 splitBefore in epoch milliseconds
 *     then principal, topic, payload
 */
const BATCH_VERSION = 1;
const MAGIC = 0x57;
const HEADER_BYTES = 24;
const ENTRY_BYTES = 18;
const MOVED_BYTES = 16;
const MAX_TEXT_BYTES = 0xffff;

export type BatchKind = 'arrivals' | 'moved';
const KINDS: readonly BatchKind[] = ['arrivals', 'moved'];
const STREAMS: readonly JournalStream[] = ['live', 'backlog'];

export interface BatchHeader {
  readonly kind: BatchKind;
  readonly stream: JournalStream;
  readonly count: number;
  /** Meaningless in a batch of kind moved. */
  readonly firstPosition: number;
}

/** Why an entry cannot be encoded, or undefined when it can. */
export function entryProblem(entry: JournalEntry): AppError | undefined {
  const { topic, principal } = entry;
  // The cheap test first: three bytes are the most a UTF-16 unit can take.
  for (const text of [topic, principal]) {
    if (text.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(text) > MAX_TEXT_BYTES) {
      return new AppError('invalid_request', 'Topic or principal is longer than 65535 bytes.');
    }
  }
  return undefined;
}

/** Gathers entries into one batch. Add only entries without an `entryProblem`. */
export class BatchEncoder {
  readonly #kind: BatchKind;
  #buffer: Buffer<ArrayBuffer>;
  #length = HEADER_BYTES;
  #count = 0;

  /** `capacity`: expected length in bytes; the buffer grows by itself. */
  constructor(kind: BatchKind, stream: JournalStream, capacity = 1024) {
    this.#kind = kind;
    // Not from Node's pool: the memory is handed to another thread.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(capacity, HEADER_BYTES));
    this.#buffer.fill(0, 0, HEADER_BYTES);
    this.#buffer[0] = MAGIC;
    this.#buffer[1] = BATCH_VERSION;
    this.#buffer[2] = KINDS.indexOf(kind);
    this.#buffer[3] = STREAMS.indexOf(stream);
  }

  get count(): number {
    return this.#count;
  }

  /** Length of what is gathered so far, bytes. */
  get length(): number {
    return this.#length;
  }

  /** Position and splitBefore are taken from entries of a batch of kind moved, else they are not written. */
  add(entry: JournalEntry & Partial<Pick<JournalledEntry, 'position' | 'splitBefore'>>): void {
    const { payload, topic, principal } = entry;
    this.#reserve(ENTRY_BYTES + MOVED_BYTES + (topic.length + principal.length) * 3 + payload.byteLength);
    const buffer = this.#buffer;
    const start = this.#length;
    let at = start + ENTRY_BYTES;
    if (this.#kind === 'moved') {
      buffer.writeDoubleLE(entry.position ?? 0, at);
      buffer.writeDoubleLE(entry.splitBefore ?? 0, at + 8);
      at += MOVED_BYTES;
    }
    const principalBytes = buffer.write(principal, at);
    at += principalBytes;
    const topicBytes = buffer.write(topic, at);
    at += topicBytes;
    buffer.set(payload, at);
    at += payload.byteLength;
    buffer.writeDoubleLE(entry.received, start);
    buffer.writeUInt32LE(payload.byteLength, start + 8);
    buffer.writeUInt16LE(topicBytes, start + 12);
    buffer.writeUInt16LE(principalBytes, start + 14);
    buffer[start + 16] = entry.qos;
    buffer[start + 17] = 0;
    this.#length = at;
    this.#count += 1;
  }

  /** The batch, still without position and checksum: `sealBatch` adds them. The encoder is used up. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#buffer.writeUInt32LE(this.#count, 8);
    this.#buffer.writeUInt32LE(this.#length, 12);
    return new Uint8Array(this.#buffer.buffer, 0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Writes the position and the checksum into a finished batch, in place. May be repeated. */
export function sealBatch(bytes: Uint8Array, firstPosition: number): void {
  const buffer = asBuffer(bytes);
  buffer.writeDoubleLE(firstPosition, 16);
  buffer.writeUInt32LE(checksum(bytes), 4);
}

/** The header of a batch; throws `journal_corrupt` when the bytes are not a batch of a known version. */
export function batchHeader(bytes: Uint8Array): BatchHeader {
  if (bytes.byteLength < HEADER_BYTES || bytes[0] !== MAGIC) throw corrupt('it has no header');
  if (bytes[1] !== BATCH_VERSION) throw corrupt(`its version ${bytes[1]} is unknown`);
  const buffer = asBuffer(bytes);
  const kind = KINDS[bytes[2] ?? -1];
  const stream = STREAMS[bytes[3] ?? -1];
  if (kind === undefined || stream === undefined) throw corrupt('kind or stream is unknown');
  if (buffer.readUInt32LE(12) !== bytes.byteLength) throw corrupt('its length is wrong');
  return { kind, stream, count: buffer.readUInt32LE(8), firstPosition: buffer.readDoubleLE(16) };
}

/** Throws `journal_corrupt` unless the bytes are exactly what was sealed. */
function verifyBatch(bytes: Uint8Array): BatchHeader {
  const header = batchHeader(bytes);
  if (asBuffer(bytes).readUInt32LE(4) !== checksum(bytes)) throw corrupt('its checksum is wrong');
  return header;
}

/**
 * Verifies and decodes a sealed batch. Payloads are views of `bytes`: copy what is kept for long.
 * Throws `journal_corrupt`.
 */
export function decodeBatch(bytes: Uint8Array): readonly JournalledEntry[] {
  const header = verifyBatch(bytes);
  const buffer = asBuffer(bytes);
  const moved = header.kind === 'moved';
  const entries: JournalledEntry[] = [];
  walk(bytes, header, (start, part) => {
    const entry = {
      received: epochMs(buffer.readDoubleLE(start)),
      principal: buffer.toString('utf8', part.principal, part.topic),
      topic: buffer.toString('utf8', part.topic, part.payload),
      qos: bytes[start + 16] as JournalEntry['qos'],
      payload: bytes.subarray(part.payload, part.end),
      position: moved ? buffer.readDoubleLE(start + ENTRY_BYTES) : header.firstPosition + entries.length,
    };
    entries.push(
      moved ? { ...entry, splitBefore: epochMs(buffer.readDoubleLE(start + ENTRY_BYTES + 8)) } : entry,
    );
  });
  return entries;
}

/** Calls `visit` with the station of each entry, the topic's third level; no payload is touched. */
export function scanStations(bytes: Uint8Array, visit: (station: string) => void): void {
  const buffer = asBuffer(bytes);
  walk(bytes, batchHeader(bytes), (_start, part) => {
    visit(stationLevel(buffer, part.topic, part.payload));
  });
}

/** When the first entry was received; 0 for a batch without entries. */
export function firstReceived(bytes: Uint8Array): number {
  return batchHeader(bytes).count === 0 ? 0 : asBuffer(bytes).readDoubleLE(HEADER_BYTES);
}

/** The moved entries whose position `keep` accepts, as a new batch; asked once for each entry, in order. */
export function selectMoved(bytes: Uint8Array, keep: (position: number) => boolean): Uint8Array<ArrayBuffer> {
  const buffer = asBuffer(bytes);
  const selected = Buffer.allocUnsafeSlow(bytes.byteLength);
  buffer.copy(selected, 0, 0, HEADER_BYTES);
  let count = 0;
  let length = HEADER_BYTES;
  walk(bytes, batchHeader(bytes), (start, part) => {
    if (!keep(buffer.readDoubleLE(start + ENTRY_BYTES))) return;
    length += buffer.copy(selected, length, start, part.end);
    count += 1;
  });
  selected.writeUInt32LE(count, 8);
  selected.writeUInt32LE(length, 12);
  return new Uint8Array(selected.buffer, 0, length);
}

interface EntryParts {
  readonly principal: number;
  readonly topic: number;
  readonly payload: number;
  readonly end: number;
}

function walk(
  bytes: Uint8Array,
  header: BatchHeader,
  visit: (start: number, parts: EntryParts) => void,
): void {
  const buffer = asBuffer(bytes);
  const fixed = ENTRY_BYTES + (header.kind === 'moved' ? MOVED_BYTES : 0);
  let start = HEADER_BYTES;
  for (let index = 0; index < header.count; index += 1) {
    if (start + fixed > bytes.byteLength) throw corrupt('an entry is cut off');
    const principal = start + fixed;
    const topic = principal + buffer.readUInt16LE(start + 14);
    const payload = topic + buffer.readUInt16LE(start + 12);
    const end = payload + buffer.readUInt32LE(start + 8);
    if (end > bytes.byteLength) throw corrupt('an entry is cut off');
    visit(start, { principal, topic, payload, end });
    start = end;
  }
  if (start !== bytes.byteLength) throw corrupt('bytes follow the last entry');
}

function stationLevel(buffer: Buffer, from: number, to: number): string {
  let level = 0;
  let start = from;
  for (let at = from; at < to; at += 1) {
    if (buffer[at] !== 0x2f) continue;
    if (level === 2) return buffer.toString('utf8', start, at);
    level += 1;
    start = at + 1;
  }
  return level === 2 ? buffer.toString('utf8', start, to) : '';
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4)));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupt(why: string): AppError {
  return new AppError('journal_corrupt', `A journal batch cannot be read back: ${why}.`);
}
