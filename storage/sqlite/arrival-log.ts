import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { ArrivalLog, JournalledEntry, JournalStream } from '../../domain/ports/journal.ts';
import { unpackChunk } from './archive-chunk.ts';
import { archiveMonths, chunkAt, chunkStartAfter, openMonth } from './archive-folder.ts';
import type { ArchiveChunk } from './archive-folder.ts';
import type { Database } from './database.ts';
import { decodeBatch } from './journal-batch.ts';
import { nextJournalRow } from './journal-file.ts';
import { ARCHIVE_FOLDER, JOURNAL_FILE, openJournalForReading } from './journal-schema.ts';

/**
 * Reads the arrival log of a data directory from archive and journal, whether a server runs there or not. One chunk
 * of the archive is in memory at a time. Payloads are views of larger buffers: copy what is kept for long. Rejects
 * with `journal_corrupt` where something cannot be read back.
 */
export class SqliteArrivalLog implements ArrivalLog {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async *messages(stream: JournalStream): AsyncIterable<JournalledEntry> {
    const archive = new ArchiveCursor(join(this.#directory, ARCHIVE_FOLDER));
    const isThere = existsSync(join(this.#directory, JOURNAL_FILE));
    const journal = isThere ? openJournalForReading(this.#directory) : undefined;
    try {
      let seq = 0;
      for (;;) {
        // The journal first: a row that is not there any more is in the archive by then.
        const row = journal === undefined ? undefined : nextJournalRow(journal, stream, seq);
        const chunk = row?.seq === seq + 1 ? undefined : archive.next(stream, seq);
        if (chunk !== undefined && (row === undefined || chunk.firstSeq <= row.seq)) {
          for (const batch of await unpackChunk(chunk.bytes)) {
            if (batch.seq > seq) yield* decodeBatch(batch.bytes);
          }
          seq = chunk.lastSeq;
        } else if (row !== undefined) {
          if (!row.moved) yield* decodeBatch(row.bytes);
          seq = row.seq;
        } else {
          return;
        }
      }
    } finally {
      journal?.close();
      archive.close();
    }
  }
}

/** Finds the next chunk over all months. Files stay open until the end. */
class ArchiveCursor {
  readonly #folder: string;
  readonly #open = new Map<string, Database>();
  #lastMonth: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The chunk with the lowest rows among those that end after `seq`. */
  next(stream: JournalStream, seq: number): ArchiveChunk | undefined {
    let next: { readonly month: string; readonly start: number } | undefined;
    for (const month of this.#months()) {
      const start = chunkStartAfter(this.#db(month), stream, seq);
      if (start === undefined || start >= (next?.start ?? Infinity)) continue;
      next = { month, start };
      // Nothing can lie before the very next row.
      if (start <= seq + 1) break;
    }
    if (next === undefined) return undefined;
    this.#lastMonth = next.month;
    return chunkAt(this.#db(next.month), stream, next.start);
  }

  close(): void {
    for (const db of this.#open.values()) db.close();
    this.#open.clear();
  }

  /** The month of the last chunk first: most often it has the next one too. */
  #months(): readonly string[] {
    const months = archiveMonths(this.#folder);
    const last = this.#lastMonth;
    return last === undefined ? months : [last, ...months.filter(month => month !== last)];
  }

  #db(month: string): Database {
    let db = this.#open.get(month);
    if (db === undefined) {
      db = openMonth(this.#folder, month);
      this.#open.set(month, db);
    }
    return db;
  }
}
