import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { AppError } from '../../domain/errors.ts';

export interface DiskBufferOptions {
  /** Made where it is missing; one client at a time. */
  readonly folder: string;
  /** What all segments together may take, bytes; beyond it the oldest segment is dropped and counted. Default 16 MiB. */
  readonly maxBytes?: number;
  /** When a new segment begins, bytes; what is dropped is dropped in pieces of this size. Default 256 KiB. */
  readonly segmentBytes?: number;
}

interface Segment {
  readonly path: string;
  readonly file: number;
  /** The number of its next record: records of a segment are numbered one after the other. */
  next: number;
  bytes: number;
  /** Records that are not removed. */
  live: number;
}

interface Place {
  readonly segment: Segment;
  readonly at: number;
  readonly bytes: number;
  readonly readings: number;
}

interface StoredMessage {
  readonly seq: number;
  readonly obs: readonly OutgoingReading[];
}

interface StoredState {
  readonly acknowledged: number;
  readonly dropped: number;
}

const SEGMENT_NAME = /^\d{16}\.log$/;
const NEWLINE = 0x0a;
const CHECKSUM_DIGITS = 8;

/**
 * Messages that wait for their PUBACK, on disk. Each has a number, which is its `seq` on the wire.
 *
 * Segments are files named by the number of their first record and only ever appended to; a record is a line
 * `crc32 {"seq":…,"obs":[…]}`. A power cut can only tear the last line, which nobody was promised. A segment is
 * deleted when all of it was acknowledged, except the last, which carries the sequence over a restart.
 */
export class DiskBuffer {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #segments: Segment[] = [];
  /** By number, oldest first. */
  readonly #places = new Map<number, Place>();
  #dropped = 0;
  #damaged = 0;
  #marked = 0;

  constructor({ folder, maxBytes = 16 * 1024 ** 2, segmentBytes = 256 * 1024 }: DiskBufferOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = segmentBytes;
  }

  /** Readings that gave way to newer ones, over all restarts. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Records that could not be read back since the buffer was opened. */
  get damaged(): number {
    return this.#damaged;
  }

  get size(): number {
    return this.#places.size;
  }

  /** The numbers of what is kept, oldest first. */
  numbers(): IterableIterator<number> {
    return this.#places.keys();
  }

  open(): void {
    fs.mkdirSync(this.#folder, { recursive: true });
    const { acknowledged, dropped } = this.#readState();
    this.#dropped = dropped;
    this.#marked = acknowledged;
    for (const name of fs.readdirSync(this.#folder).sort()) {
      if (SEGMENT_NAME.test(name)) this.#readSegment(name, acknowledged);
    }
    const next = this.#segments.at(-1)?.next ?? 1;
    if (this.#segments.length === 0 || next <= acknowledged) this.#beginSegment(acknowledged + 1);
    this.#deleteDone();
  }

  /**
   * Keeps a message; answers its number. When it returns, the message is on stable storage; when it throws, it is not
   * kept.
   */
  append(obs: readonly OutgoingReading[]): number {
    const segment = this.#segmentToWrite();
    const seq = segment.next;
    const line = recordLine({ seq, obs });
    try {
      for (let done = 0; done < line.length;) {
        done += fs.writeSync(segment.file, line, done, line.length - done, segment.bytes + done);
      }
      fs.fdatasyncSync(segment.file);
    } catch (error) {
      // A full disk may have taken half of it; the next record has to begin where this one did.
      fs.ftruncateSync(segment.file, segment.bytes);
      throw error;
    }
    this.#places.set(seq, { segment, at: segment.bytes, bytes: line.length, readings: obs.length });
    segment.live += 1;
    segment.next += 1;
    segment.bytes += line.length;
    return seq;
  }

  /** The readings of a message; `undefined` when it was removed or dropped, or the disk has lost it since. */
  read(seq: number): readonly OutgoingReading[] | undefined {
    const place = this.#places.get(seq);
    if (place === undefined) return undefined;
    const line = Buffer.alloc(place.bytes);
    fs.readSync(place.segment.file, line, 0, place.bytes, place.at);
    const record = readRecord<StoredMessage>(line.toString());
    if (record !== undefined) return record.obs;
    this.#damaged += 1;
    this.remove(seq);
    return undefined;
  }

  /**
   * Forgets a message. The mark on disk is not synced: losing it sends the message once more, and that does no harm.
   */
  remove(seq: number): void {
    const place = this.#places.get(seq);
    if (place === undefined) return;
    this.#places.delete(seq);
    place.segment.live -= 1;
    if (this.#acknowledged > this.#marked) this.#writeState({ sync: false });
    this.#deleteDone();
  }

  close(): void {
    for (const { file } of this.#segments.splice(0)) fs.closeSync(file);
  }

  /** Everything up to this number was acknowledged, dropped or lost by the disk. */
  get #acknowledged(): number {
    const { value: oldest } = this.#places.keys().next();
    return (oldest ?? this.#segments.at(-1)?.next ?? 1) - 1;
  }

  #segmentToWrite(): Segment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new AppError('internal_error', 'The buffer is not open.');
    return last.bytes < this.#segmentBytes ? last : this.#beginSegment(last.next);
  }

  #beginSegment(next: number): Segment {
    const path = join(this.#folder, `${String(next).padStart(16, '0')}.log`);
    const segment = { path, file: fs.openSync(path, 'w+'), next, bytes: 0, live: 0 };
    // A file is only there after a power cut when its folder is synced too.
    this.#syncFolder();
    this.#segments.push(segment);
    this.#dropOldest();
    return segment;
  }

  #dropOldest(): void {
    const total = (): number => this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.#segments.length > 1 && total() + this.#segmentBytes > this.#maxBytes) {
      const oldest = this.#segments[0];
      for (const [seq, { segment, readings }] of this.#places) {
        if (segment !== oldest) break;
        this.#dropped += readings;
        this.#places.delete(seq);
      }
      // The count first: a power cut between the two may not lose both the readings and the knowledge of it.
      this.#writeState({ sync: true });
      this.#deleteFirst();
    }
  }

  #deleteDone(): void {
    while (this.#segments.length > 1 && this.#segments[0]?.live === 0) this.#deleteFirst();
  }

  #deleteFirst(): void {
    const segment = this.#segments.shift();
    if (segment === undefined) return;
    fs.closeSync(segment.file);
    fs.unlinkSync(segment.path);
  }

  #readSegment(name: string, acknowledged: number): void {
    const path = join(this.#folder, name);
    const next = Number.parseInt(name, 10);
    const segment: Segment = { path, file: fs.openSync(path, 'r+'), next, bytes: 0, live: 0 };
    this.#segments.push(segment);
    const content = fs.readFileSync(path);
    for (;;) {
      const end = content.indexOf(NEWLINE, segment.bytes) + 1;
      if (end === 0) break;
      const seq = segment.next;
      const record = readRecord<StoredMessage>(content.toString('utf8', segment.bytes, end));
      if (record?.seq !== seq) this.#damaged += 1;
      else if (seq > acknowledged) {
        const bytes = end - segment.bytes;
        this.#places.set(seq, { segment, at: segment.bytes, bytes, readings: record.obs.length });
        segment.live += 1;
      }
      segment.next += 1;
      segment.bytes = end;
    }
    // A torn record: its `append` never returned.
    if (segment.bytes < content.length) fs.ftruncateSync(segment.file, segment.bytes);
  }

  #readState(): StoredState {
    const none = { acknowledged: 0, dropped: 0 };
    try {
      return readRecord<StoredState>(fs.readFileSync(this.#statePath, 'utf8')) ?? none;
    } catch {
      // It was never written, or a power cut came before it reached the disk.
      return none;
    }
  }

  #writeState({ sync }: { readonly sync: boolean }): void {
    this.#marked = this.#acknowledged;
    const draft = `${this.#statePath}.draft`;
    const file = fs.openSync(draft, 'w');
    fs.writeSync(file, recordLine({ acknowledged: this.#marked, dropped: this.#dropped }));
    if (sync) fs.fsyncSync(file);
    fs.closeSync(file);
    // A rename replaces the former state as a whole or not at all.
    fs.renameSync(draft, this.#statePath);
    if (sync) this.#syncFolder();
  }

  get #statePath(): string {
    return join(this.#folder, 'state');
  }

  #syncFolder(): void {
    const folder = fs.openSync(this.#folder, 'r');
    fs.fsyncSync(folder);
    fs.closeSync(folder);
  }
}

function recordLine(content: StoredMessage | StoredState): Buffer {
  const json = JSON.stringify(content);
  return Buffer.from(`${checksum(json)} ${json}\n`);
}

/** `undefined` where the checksum does not fit what stands behind it. */
function readRecord<Content extends StoredMessage | StoredState>(line: string): Content | undefined {
  const json = line.slice(CHECKSUM_DIGITS + 1).trimEnd();
  return line.slice(0, CHECKSUM_DIGITS) === checksum(json) ? (JSON.parse(json) as Content) : undefined;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_DIGITS, '0');
}
