import { AppError } from '../../domain/errors.ts';
import type { Cursors, JournalStream } from '../../domain/ports/journal.ts';
import type { Database } from './database.ts';
import { batchHeader, sealBatch, selectMoved } from './journal-batch.ts';
import { BATCH_TABLES } from './journal-schema.ts';
import { RecentBatches } from './recent-batches.ts';
import type { BatchRow } from './recent-batches.ts';

const STREAMS: readonly JournalStream[] = ['live', 'backlog'];

/** One group commit: at most one finished, unsealed batch of arrivals a stream. */
export type CommitGroup = Readonly<Partial<Record<JournalStream, Uint8Array>>>;

/** A row with what the archive needs to know of it. */
export interface JournalRow extends BatchRow {
  readonly moved: boolean;
  readonly firstPosition: number;
  readonly count: number;
}

interface RawRow {
  readonly seq: number;
  readonly kind: number;
  readonly first_position: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * The journal's rows. Every writing method is one durable transaction, or throws what SQLite throws and can be
 * repeated with the same arguments, also where nobody knows whether the first attempt reached the disk: a repeat
 * never stores twice. Repeats come before any other write. One instance writes a journal at a time.
 */
export class JournalFile {
  readonly #db: Database;
  readonly #recent: Record<JournalStream, RecentBatches>;
  readonly #lastSeq: Record<JournalStream, number> = { live: 0, backlog: 0 };
  #lastPosition = 0;
  /** Set while the outcome of a write is unknown: what the memory knows may be behind the file. */
  #uncertain = true;
  /** The group that `commit` tried last without success, and where the streams ended before. */
  #attempted: { readonly group: CommitGroup; readonly after: Cursors } | undefined;

  constructor(db: Database, options: { readonly recentBytes?: number } = {}) {
    this.#db = db;
    const bytes = (options.recentBytes ?? 16 * 1024 * 1024) / 2;
    this.#recent = { live: new RecentBatches(bytes), backlog: new RecentBatches(bytes) };
    this.#recover();
  }

  /** The highest position, which is also the number of messages ever journalled. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  get lastSeq(): Cursors {
    return { ...this.#lastSeq };
  }

  /** Stores the group. The batches get their positions here: those of the live stream first. */
  commit(group: CommitGroup): void {
    this.#recover();
    if (this.#attempted?.group === group && this.#isPast(this.#attempted.after, group)) return;
    this.#attempted = { group, after: this.lastSeq };
    let position = this.#lastPosition;
    const rows: { readonly stream: JournalStream; readonly row: BatchRow }[] = [];
    this.#write(() => {
      for (const stream of STREAMS) {
        const bytes = group[stream];
        if (bytes === undefined) continue;
        const { count } = batchHeader(bytes);
        sealBatch(bytes, position + 1);
        const seq = this.#lastSeq[stream] + 1;
        this.#insert({ stream, seq, kind: 0, firstPosition: position + 1, count, bytes });
        rows.push({ stream, row: { seq, bytes } });
        position += count;
      }
    });
    this.#attempted = undefined;
    this.#lastPosition = position;
    for (const { stream, row } of rows) this.#remember(stream, row);
  }

  /** Appends moved entries to the backlog stream, without those that were moved before. */
  move(bytes: Uint8Array): void {
    this.#recover();
    const seq = this.#lastSeq.backlog + 1;
    let fresh: Uint8Array | undefined;
    this.#write(() => {
      const selected = selectMoved(
        bytes,
        position => this.#db.run('INSERT OR IGNORE INTO moved (position) VALUES (?)', [position]) > 0,
      );
      const { count } = batchHeader(selected);
      if (count === 0) return;
      sealBatch(selected, this.#lastPosition + 1);
      const firstPosition = this.#lastPosition + 1;
      this.#insert({ stream: 'backlog', seq, kind: 1, firstPosition, count, bytes: selected });
      fresh = selected;
    });
    if (fresh !== undefined) this.#remember('backlog', { seq, bytes: fresh });
  }

  /** Rows after `after`, oldest first, until `maxBytes`; at least one where there is one. */
  read(stream: JournalStream, after: number, maxBytes: number): readonly BatchRow[] {
    this.#recover();
    const rows: BatchRow[] = [];
    let bytes = 0;
    let seq = after;
    while (bytes < maxBytes || rows.length === 0) {
      const row = this.next(stream, seq);
      if (row === undefined || (rows.length > 0 && bytes + row.bytes.byteLength > maxBytes)) break;
      rows.push(row);
      bytes += row.bytes.byteLength;
      seq = row.seq;
    }
    return rows;
  }

  /** The first row after `after`, undefined at the end. */
  next(stream: JournalStream, after: number): BatchRow | undefined {
    if (after >= this.#lastSeq[stream]) return undefined;
    return (
      this.#recent[stream].get(after + 1) ??
      this.#db.get<BatchRow>(
        `SELECT seq, bytes FROM ${BATCH_TABLES[stream]} WHERE seq > ? ORDER BY seq LIMIT 1`,
        [after],
      )
    );
  }

  /** As `next`, always from the file and with all columns. */
  nextRow(stream: JournalStream, after: number): JournalRow | undefined {
    return nextJournalRow(this.#db, stream, after);
  }

  /** Deletes the rows up to `through`; their messages must be in the archive. Pass over those already deleted. */
  deleteThrough(stream: JournalStream, through: number): void {
    this.#recover();
    this.#write(() => {
      const table = BATCH_TABLES[stream];
      const last = this.#db.get<{ end: number }>(
        `SELECT first_position + count * (kind = 0) - 1 AS end FROM ${table} WHERE seq <= ? ORDER BY seq DESC LIMIT 1`,
        [through],
      );
      if (last === undefined) return;
      this.#raise('position', last.end);
      this.#raise(`${stream}_deleted`, through);
      // A live row that is gone will not be read again, hence not moved again.
      if (stream === 'live') this.#db.run('DELETE FROM moved WHERE position <= ?', [last.end]);
      this.#db.run(`DELETE FROM ${table} WHERE seq <= ?`, [through]);
    });
    this.#recent[stream].dropThrough(through);
  }

  /** The last seq of each stream that `deleteThrough` removed. */
  deletedThrough(): Cursors {
    return { live: this.state('live_deleted'), backlog: this.state('backlog_deleted') };
  }

  /** Makes sure that later rows and positions lie behind these, which the archive holds from an earlier journal. */
  continueAfter(archived: { readonly cursors: Cursors; readonly position: number }): void {
    this.#recover();
    this.#write(() => {
      this.#raise('position', archived.position);
      for (const stream of STREAMS) this.#raise(`${stream}_deleted`, archived.cursors[stream]);
    });
    this.#uncertain = true;
    this.#recover();
  }

  /** A kept number, 0 where none was kept. */
  state(key: string): number {
    return this.#db.get<{ value: number }>('SELECT value FROM state WHERE key = ?', [key])?.value ?? 0;
  }

  /** Keeps numbers and whatever else `work` writes, in one transaction. */
  keep(work: (db: Database, raise: (key: string, value: number) => void) => void): void {
    this.#recover();
    this.#write(() => work(this.#db, (key, value) => this.#raise(key, value)));
  }

  /** Gives back up to `pages` free pages to the file system when more than `keepFree` are unused. */
  shrink(pages: number, keepFree: number): boolean {
    const free = this.#db.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0;
    if (free <= keepFree) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(pages, free - keepFree)})`);
    return true;
  }

  close(): void {
    this.#db.close();
  }

  /** The streams of a group are stored together, so one that grew proves that the group is there. */
  #isPast(after: Cursors, group: CommitGroup): boolean {
    return STREAMS.some(stream => group[stream] !== undefined && this.#lastSeq[stream] > after[stream]);
  }

  #insert(row: {
    readonly stream: JournalStream;
    readonly seq: number;
    readonly kind: number;
    readonly firstPosition: number;
    readonly count: number;
    readonly bytes: Uint8Array;
  }): void {
    const { stream, seq, kind, firstPosition, count, bytes } = row;
    const table = BATCH_TABLES[stream];
    this.#db.run(`INSERT INTO ${table} (seq, kind, first_position, count, bytes) VALUES (?, ?, ?, ?, ?)`, [
      seq,
      kind,
      firstPosition,
      count,
      bytes,
    ]);
  }

  #raise(key: string, value: number): void {
    this.#db.run(
      'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)',
      [key, value],
    );
  }

  #remember(stream: JournalStream, row: BatchRow): void {
    this.#lastSeq[stream] = row.seq;
    this.#recent[stream].push(row);
  }

  #write(work: () => void): void {
    this.#uncertain = true;
    this.#db.transaction(work);
    this.#uncertain = false;
  }

  /** Learns from the file where the journal ends, after the start and after every failed write. */
  #recover(): void {
    if (!this.#uncertain) return;
    let position = this.state('position');
    for (const stream of STREAMS) {
      const last = this.#db.get<{ seq: number; end: number }>(
        `SELECT seq, first_position + count * (kind = 0) - 1 AS end FROM ${BATCH_TABLES[stream]} ORDER BY seq DESC LIMIT 1`,
      );
      position = Math.max(position, last?.end ?? 0);
      this.#lastSeq[stream] = Math.max(last?.seq ?? 0, this.state(`${stream}_deleted`));
    }
    this.#lastPosition = position;
    this.#uncertain = false;
  }
}

/** The first row after `after` with all columns, undefined at the end. */
export function nextJournalRow(db: Database, stream: JournalStream, after: number): JournalRow | undefined {
  const row = db.get<RawRow>(
    `SELECT seq, kind, first_position, count, bytes FROM ${BATCH_TABLES[stream]} WHERE seq > ? ORDER BY seq LIMIT 1`,
    [after],
  );
  if (row === undefined) return undefined;
  const { seq, kind, first_position: firstPosition, count, bytes } = row;
  return { seq, moved: kind === 1, firstPosition, count, bytes };
}

/** Throws `journal_corrupt` when a reader stands behind the journal's end: they do not belong together. */
export function checkCursor(stream: JournalStream, cursor: number, end: number): void {
  if (cursor <= end) return;
  throw new AppError(
    'journal_corrupt',
    `A reader stands at ${stream} batch ${cursor}, but the journal ends at ${end}: the reader's store and this journal do not belong together.`,
  );
}
