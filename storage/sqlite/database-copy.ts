import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { archiveMonths } from './archive-folder.ts';
import { Database } from './database.ts';
import { ARCHIVE_FOLDER } from './journal-schema.ts';

/**
 * Copies one SQLite file of a data directory, as it is at this instant, also while a server writes to it. Reading its
 * bytes would not do: the newest are in its log, and closing a handle of it lets go of this process' locks.
 */
export function copyDatabaseFile(directory: string, folder: string, name: string): void {
  const db = new Database(join(directory, name), { busyTimeoutMs: 5_000, keepLog: true });
  try {
    db.copyTo(join(folder, name));
  } finally {
    db.close();
  }
}

/** The monthly files of the archive as paths inside a data directory, oldest first. */
export function archiveFiles(directory: string): readonly string[] {
  return archiveMonths(join(directory, ARCHIVE_FOLDER)).map(month =>
    join(ARCHIVE_FOLDER, `arrival-${month}.db`),
  );
}

/** Makes the folder of the archive in a copy of a data directory. */
export function makeArchiveFolder(folder: string): void {
  mkdirSync(join(folder, ARCHIVE_FOLDER), { recursive: true, mode: 0o700 });
}
