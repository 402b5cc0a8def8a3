import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import type { Cursors, JournalStream } from '../../domain/ports/journal.ts';
import { Database } from './database.ts';
import { syncFolder } from './journal-schema.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE chunk (
    stream INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (stream, first_seq)
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};`;

const STREAM_NUMBERS: Readonly<Record<JournalStream, number>> = { live: 0, backlog: 1 };
const FILE_NAME = /^arrival-(\d{4}-\d{2})\.db$/;

/** Several journal rows of one stream and one month, packed. `seq` is the watermark: rows up to it are archived. */
export interface ArchiveChunk {
  readonly stream: JournalStream;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly messages: number;
  readonly rawBytes: number;
  readonly bytes: Uint8Array;
}

/** Where the archive ends. */
export interface ArchiveEnd {
  readonly cursors: Cursors;
  readonly position: number;
}

/** Writes chunks into monthly files, `arrival-YYYY-MM.db`; the file last written stays open. One writer. */
export class ArchiveFolder {
  readonly #folder: string;
  #month: string | undefined;
  #db: Database | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The last seq of each stream and the highest position over all months; 0 in an empty archive. */
  end(): ArchiveEnd {
    let position = 0;
    const cursors = { live: 0, backlog: 0 };
    for (const month of archiveMonths(this.#folder)) {
      const db = openMonth(this.#folder, month);
      try {
        for (const stream of ['live', 'backlog'] as const) {
          const last = lastOf(db, stream);
          cursors[stream] = Math.max(cursors[stream], last?.lastSeq ?? 0);
          position = Math.max(position, last?.lastPosition ?? 0);
        }
      } finally {
        db.close();
      }
    }
    return { cursors, position };
  }

  /** Stores the chunk durably in the file of the month (`YYYY-MM`). Throws what SQLite throws. */
  append(month: string, chunk: ArchiveChunk): void {
    const db = this.#file(month);
    const { stream, firstSeq, lastSeq, firstPosition, lastPosition, messages, rawBytes, bytes } = chunk;
    db.run(
      // A repeat after an unknown outcome begins with the same row and holds at least as many.
      `INSERT OR REPLACE INTO chunk (stream, first_seq, last_seq, first_position, last_position, messages, raw_bytes, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [STREAM_NUMBERS[stream], firstSeq, lastSeq, firstPosition, lastPosition, messages, rawBytes, bytes],
    );
  }

  close(): void {
    this.#db?.close();
    this.#db = undefined;
    this.#month = undefined;
  }

  #file(month: string): Database {
    if (this.#db !== undefined && this.#month === month) return this.#db;
    this.close();
    const isNew = !existsSync(this.#folder);
    mkdirSync(this.#folder, { recursive: true });
    const db = new Database(join(this.#folder, `arrival-${month}.db`));
    try {
      db.exec('PRAGMA journal_mode = WAL');
      db.exec('PRAGMA synchronous = FULL');
      if (versionOf(db) === 0) db.transaction(() => db.exec(SCHEMA));
      checkVersion(db);
      syncFolder(this.#folder);
      if (isNew) syncFolder(dirname(this.#folder));
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    this.#month = month;
    return db;
  }
}

/** The months that have a file, ascending. */
export function archiveMonths(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap(name => FILE_NAME.exec(name)?.[1] ?? [])
    .sort();
}

/** Opens one month for reading, beside the writer or after it. */
export function openMonth(folder: string, month: string): Database {
  const path = join(folder, `arrival-${month}.db`);
  const db = new Database(path, { queryOnly: true, busyTimeoutMs: 5_000 });
  try {
    // A file whose making was cut short has no tables yet, and nothing in it.
    if (versionOf(db) !== 0) checkVersion(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The first row of the first chunk that ends after the given row, undefined when this month has none. */
export function chunkStartAfter(db: Database, stream: JournalStream, seq: number): number | undefined {
  if (versionOf(db) === 0) return undefined;
  const number = STREAM_NUMBERS[stream];
  // Chunks do not overlap, so only the last one that begins at or before the row can reach beyond it.
  const around = db.get<{ first_seq: number; last_seq: number }>(
    'SELECT first_seq, last_seq FROM chunk WHERE stream = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    [number, seq],
  );
  if (around !== undefined && around.last_seq > seq) return around.first_seq;
  return db.get<{ first_seq: number }>(
    'SELECT first_seq FROM chunk WHERE stream = ? AND first_seq > ? ORDER BY first_seq LIMIT 1',
    [number, seq],
  )?.first_seq;
}

function lastOf(db: Database, stream: JournalStream): ArchiveChunk | undefined {
  if (versionOf(db) === 0) return undefined;
  const found = db.get<{ first_seq: number | null }>(
    'SELECT max(first_seq) AS first_seq FROM chunk WHERE stream = ?',
    [STREAM_NUMBERS[stream]],
  );
  return typeof found?.first_seq === 'number' ? chunkAt(db, stream, found.first_seq) : undefined;
}

/** The chunk that begins with this row. */
export function chunkAt(db: Database, stream: JournalStream, firstSeq: number): ArchiveChunk | undefined {
  return db.get<ArchiveChunk>(
    `SELECT CASE stream WHEN 0 THEN 'live' ELSE 'backlog' END AS stream, first_seq AS firstSeq, last_seq AS lastSeq,
       first_position AS firstPosition, last_position AS lastPosition, messages, raw_bytes AS rawBytes, bytes
     FROM chunk WHERE stream = ? AND first_seq = ?`,
    [STREAM_NUMBERS[stream], firstSeq],
  );
}

function versionOf(db: Database): number {
  return db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

function checkVersion(db: Database): void {
  const version = versionOf(db);
  if (version === SCHEMA_VERSION) return;
  throw new AppError(
    'unsupported',
    `An archive file has schema version ${version}, this version reads ${SCHEMA_VERSION}.`,
  );
}
