import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import type { JournalStream } from '../../domain/ports/journal.ts';
import { Database } from './database.ts';

/** File names inside the data directory. */
export const JOURNAL_FILE = 'journal.db';
export const ARCHIVE_FOLDER = 'archive';

const SCHEMA_VERSION = 1;

/** One table a stream: both are read by `seq` alone, so neither needs an index beside its key. */
export const BATCH_TABLES: Readonly<Record<JournalStream, string>> = {
  live: 'live_batch',
  backlog: 'backlog_batch',
};

/**
 * `kind`: 0 arrivals, 1 moved. `first_position`: of the first entry; for moved entries the next free position at that
 * time. `state` keeps what must outlive the rows; `moved` the positions of moved entries until the live cursor
 * passed them; `station` the journalled messages of each station up to the given rows.
 */
const batchTable = (name: string) => `
  CREATE TABLE ${name} (
    seq INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;`;
const SCHEMA = `
  ${batchTable(BATCH_TABLES.live)}
  ${batchTable(BATCH_TABLES.backlog)}
  CREATE TABLE moved (position INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE state (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE station (
    id TEXT PRIMARY KEY,
    journalled INTEGER NOT NULL,
    live_seq INTEGER NOT NULL,
    backlog_seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** The write-ahead log is cut back to this after a burst, bytes. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

/** Opens the journal for writing, and creates it in a new data directory. Throws what SQLite throws. */
export function openJournalDatabase(directory: string): Database {
  mkdirSync(directory, { recursive: true });
  const db = new Database(join(directory, JOURNAL_FILE));
  try {
    // Has to come before the first table; freed pages can then be given back to the file system step by step.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec(`PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
    checkVersion(db, version => {
      if (version === 0) db.transaction(() => db.exec(SCHEMA));
    });
    syncFolder(directory);
    syncFolder(dirname(directory));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens the journal beside a running writer or after one, for reading only. */
export function openJournalForReading(directory: string): Database {
  const db = new Database(join(directory, JOURNAL_FILE), { queryOnly: true, busyTimeoutMs: 5_000 });
  try {
    checkVersion(db, () => undefined);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the entries of a folder durable. */
export function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checkVersion(db: Database, migrate: (version: number) => void): void {
  const version = () => db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  migrate(version());
  if (version() !== SCHEMA_VERSION) {
    throw new AppError(
      'unsupported',
      `The journal has schema version ${version()}, this version reads ${SCHEMA_VERSION}.`,
    );
  }
}
