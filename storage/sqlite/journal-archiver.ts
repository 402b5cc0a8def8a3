import { AppError, messageOf } from '../../domain/errors.ts';
import type { Cursors, JournalStream } from '../../domain/ports/journal.ts';
import { packChunk, unpackChunk } from './archive-chunk.ts';
import { archiveMonths, chunkAt, chunkStartAfter, openMonth } from './archive-folder.ts';
import type { ArchiveFolder } from './archive-folder.ts';
import { firstReceived } from './journal-batch.ts';
import type { JournalFile, JournalRow } from './journal-file.ts';
import type { PendingTally } from './pending-tally.ts';
import type { StationCounts } from './station-counts.ts';

const STREAMS: readonly JournalStream[] = ['live', 'backlog'];
/** How long the archiver holds the thread at a stretch, milliseconds. */
const SLICE_MS = 2;
/** Rows of one chunk; bounds the work of deleting them. */
const CHUNK_ROWS = 2_000;
/** Free pages of 4 KiB that stay in the journal for reuse, and how many are given back in one step. */
const KEPT_FREE_PAGES = 4_096;
const SHRINK_PAGES = 128;

export interface ArchiverOptions {
  /** A chunk is packed when this much raw data is ready, bytes. */
  readonly chunkBytes: number;
  /** Less than a chunk is packed when its oldest message is older than this, milliseconds. */
  readonly lingerMs: number;
  /** Consumers that must have told their cursors before anything leaves the journal. */
  readonly consumers: readonly string[];
  readonly folder: string;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  /** Lets waiting commits run. */
  readonly pause: () => Promise<void>;
}

interface Parts {
  readonly file: JournalFile;
  readonly archive: ArchiveFolder;
  readonly counts: StationCounts;
  readonly tally: PendingTally;
}

interface Gathered {
  readonly rows: readonly JournalRow[];
  readonly month: string | undefined;
  readonly rawBytes: number;
  /** Nothing more can come into this chunk: it is full, or the next row belongs to another month. */
  readonly complete: boolean;
}

/**
 * Moves rows that every consumer has passed into the archive: first durably there, then out of the journal. Each
 * step can be cut off anywhere; what was archived and not yet deleted is recognised by the archive's end.
 */
export class JournalArchiver {
  readonly #parts: Parts;
  readonly #options: ArchiverOptions;
  readonly #consumers = new Map<string, Cursors>();
  #archived: Cursors = { live: 0, backlog: 0 };
  #stopped = false;
  #held = false;

  constructor(parts: Parts, options: ArchiverOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get archivedThrough(): Cursors {
    return this.#archived;
  }

  /** A consumer will not read before these cursors again. */
  advance(consumer: string, cursors: Cursors): void {
    this.#consumers.set(consumer, cursors);
  }

  /**
   * Finds where the archive ends and removes from the journal what an interrupted step had archived already. Call
   * once, before commits. Throws `journal_corrupt` when journal and archive hold different messages in one place.
   */
  async start(): Promise<void> {
    const end = this.#parts.archive.end();
    this.#archived = end.cursors;
    // Where the journal was lost and begins anew, neither positions nor places may be given twice.
    this.#parts.file.continueAfter(end);
    for (const stream of STREAMS) await this.#removeArchived(stream);
  }

  /** Moves all that is ready; with `everything` also what would linger. Calls do not overlap. */
  async run(everything = false): Promise<void> {
    const { counts } = this.#parts;
    const limits = this.#limits();
    if (STREAMS.some(stream => limits[stream] > counts.countedThrough[stream])) {
      await counts.checkpoint(this.#options.pause);
    }
    for (const stream of STREAMS) {
      const limit = Math.min(limits[stream], counts.countedThrough[stream]);
      while (!this.#isEnding && (await this.#step(stream, limit, everything)));
    }
    while (!this.#isEnding && this.#parts.file.shrink(SHRINK_PAGES, KEPT_FREE_PAGES))
      await this.#options.pause();
  }

  /** A running `run` ends after its present step. */
  stop(): void {
    this.#stopped = true;
  }

  /** Until `release`, nothing moves: a running `run` ends after its present step, and others do nothing. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  get #isEnding(): boolean {
    return this.#stopped || this.#held;
  }

  #limits(): Cursors {
    const known = [...this.#consumers.values()];
    const allKnown = this.#options.consumers.every(consumer => this.#consumers.has(consumer));
    if (known.length === 0 || !allKnown) return { live: 0, backlog: 0 };
    return {
      live: Math.min(...known.map(cursors => cursors.live)),
      backlog: Math.min(...known.map(cursors => cursors.backlog)),
    };
  }

  /** Moves one chunk; answers whether there may be another. */
  async #step(stream: JournalStream, limit: number, everything: boolean): Promise<boolean> {
    const { rows, month, rawBytes, complete } = await this.#gather(stream, limit);
    const last = rows.at(-1);
    if (last === undefined) return false;
    const arrivals = rows.filter(row => !row.moved);
    const [first] = arrivals;
    const lastArrival = arrivals.at(-1);
    if (first !== undefined && lastArrival !== undefined && month !== undefined) {
      const due = this.#options.now() - firstReceived(first.bytes) >= this.#options.lingerMs;
      if (!complete && !due && !everything) return false;
      const bytes = await packChunk(arrivals);
      this.#parts.archive.append(month, {
        stream,
        firstSeq: first.seq,
        lastSeq: lastArrival.seq,
        firstPosition: first.firstPosition,
        lastPosition: lastArrival.firstPosition + lastArrival.count - 1,
        messages: arrivals.reduce((sum, row) => sum + row.count, 0),
        rawBytes,
        bytes,
      });
      this.#archived = { ...this.#archived, [stream]: lastArrival.seq };
      await this.#options.pause();
    }
    this.#remove(stream, rows, last.seq);
    await this.#options.pause();
    return true;
  }

  #remove(stream: JournalStream, rows: readonly JournalRow[], through: number): void {
    this.#parts.file.deleteThrough(stream, through);
    for (const row of rows) this.#parts.tally.pass(stream, row.seq, row.bytes);
  }

  async #gather(stream: JournalStream, limit: number): Promise<Gathered> {
    const rows: JournalRow[] = [];
    let month: string | undefined;
    let rawBytes = 0;
    let after = 0;
    let sliceEnd = this.#options.monotonicMs() + SLICE_MS;
    for (;;) {
      const row = this.#parts.file.nextRow(stream, after);
      if (row === undefined || row.seq > limit) return { rows, month, rawBytes, complete: false };
      if (!row.moved) {
        const rowMonth = monthOf(firstReceived(row.bytes));
        if (month !== undefined && rowMonth !== month) return { rows, month, rawBytes, complete: true };
        month = rowMonth;
      }
      rows.push(row);
      rawBytes += row.bytes.byteLength;
      after = row.seq;
      if (rawBytes >= this.#options.chunkBytes || rows.length >= CHUNK_ROWS) {
        return { rows, month, rawBytes, complete: true };
      }
      if (this.#options.monotonicMs() > sliceEnd) {
        await this.#options.pause();
        sliceEnd = this.#options.monotonicMs() + SLICE_MS;
      }
    }
  }

  /** Deletes rows that lie at or before the archive's end, after making sure that the archive holds just them. */
  async #removeArchived(stream: JournalStream): Promise<void> {
    const end = this.#archived[stream];
    let row = this.#parts.file.nextRow(stream, 0);
    if (row === undefined || row.seq > end) return;
    await this.#parts.counts.checkpoint(this.#options.pause);
    const archived = await this.#lastChunks(stream, row.seq - 1);
    const rows: JournalRow[] = [];
    while (row !== undefined && row.seq <= end) {
      const copy = archived.get(row.seq);
      if (!row.moved && (copy === undefined || Buffer.compare(copy, row.bytes) !== 0)) {
        throw new AppError(
          'journal_corrupt',
          `The journal's ${stream} batch ${row.seq} is not the one in the archive: the journal file is older than its archive.`,
        );
      }
      rows.push(row);
      row = this.#parts.file.nextRow(stream, row.seq);
    }
    this.#remove(stream, rows, end);
  }

  async #lastChunks(stream: JournalStream, after: number): Promise<ReadonlyMap<number, Uint8Array>> {
    const batches = new Map<number, Uint8Array>();
    for (const month of archiveMonths(this.#options.folder)) {
      const db = openMonth(this.#options.folder, month);
      try {
        let start = chunkStartAfter(db, stream, after);
        while (start !== undefined) {
          const chunk = chunkAt(db, stream, start);
          if (chunk === undefined) break;
          for (const { seq, bytes } of await unpackChunk(chunk.bytes)) batches.set(seq, bytes);
          start = chunkStartAfter(db, stream, chunk.lastSeq);
        }
      } finally {
        db.close();
      }
    }
    return batches;
  }
}

/** The month of an instant, `YYYY-MM` in UTC. An impossible instant goes to the first month of the epoch. */
function monthOf(received: number): string {
  const date = new Date(received);
  const year = date.getUTCFullYear();
  if (!(year >= 1970 && year <= 9999)) return '1970-01';
  return date.toISOString().slice(0, 7);
}

/** What to tell an operator when archiving failed; nothing is lost, the rows stay in the journal. */
export function archiveProblem(error: unknown): string {
  return `Archiving the journal failed and will be tried again: ${messageOf(error)}`;
}
