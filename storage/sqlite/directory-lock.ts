import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { Database, SQLITE_CODES, sqliteCodeOf } from './database.ts';

const LOCK_FILE = 'lock.db';

/**
 * Holds a data directory for one process, by an exclusive SQLite transaction that is never committed: the operating
 * system lets go of it when the process ends, however it ends, so a stale lock cannot exist.
 */
export class DirectoryLock {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /** Makes the directory where it is missing. Throws `already_running` where another process holds it. */
  static acquire(directory: string): DirectoryLock {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const db = new Database(join(directory, LOCK_FILE));
    try {
      db.exec('BEGIN EXCLUSIVE');
      return new DirectoryLock(db);
    } catch (error) {
      db.close();
      const code = sqliteCodeOf(error);
      if (code !== SQLITE_CODES.busy && code !== SQLITE_CODES.locked) throw error;
      throw new AppError('already_running', `Another server holds the data directory ${directory}.`, {
        cause: error,
      });
    }
  }

  /** Idempotent. */
  release(): void {
    this.#db.close();
  }
}
