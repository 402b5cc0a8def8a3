import { closeSync, openSync } from 'node:fs';

import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';

/** What SQLite stores: text, numbers, bytes, nothing. Integers have to be safe integers. */
export type SqlValue = string | number | Uint8Array | null;

/**
 * Every open database. The native binding frees a database that only its statements still refer to, and the next
 * use of such a statement ends the process; from here each stays reachable until `close`.
 */
const OPEN = new Set<Database>();

/**
 * One SQLite connection together with all its prepared statements. Statements are kept by their text and never
 * leave this class, so none can outlive the connection. Errors are those of the binding; see `sqliteCodeOf`.
 */
export class Database {
  readonly #connection: DatabaseSyncInstance;
  readonly #keepsLog: boolean;
  readonly #statements = new Map<string, StatementSyncInstance>();

  /**
   * Opens the file, or creates it. `queryOnly`: no statement may write; the file is still opened for writing where
   * that is allowed, so that the last connection can remove the write-ahead log. `busyTimeoutMs`: how long to wait
   * for a lock; default 0. `keepLog`: leave the write-ahead log to the others, whose writes it would hold up.
   */
  constructor(
    path: string,
    options: {
      readonly queryOnly?: boolean;
      readonly busyTimeoutMs?: number;
      readonly keepLog?: boolean;
    } = {},
  ) {
    this.#keepsLog = options.keepLog ?? false;
    this.#connection = new DatabaseSync(path, {
      timeout: options.busyTimeoutMs ?? 0,
      enableForeignKeyConstraints: true,
    });
    OPEN.add(this);
    if (options.queryOnly === true) this.#connection.exec('PRAGMA query_only = ON');
  }

  /** Runs statements without parameters and without results. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /**
   * Writes a copy of the whole database, as it is at this instant, into a file that must not exist. Writers of other
   * connections go on meanwhile; this thread waits. The copy is for its owner alone, and not yet on stable storage.
   */
  copyTo(path: string): void {
    // SQLite would make the file for everybody; one that is there and empty it fills.
    closeSync(openSync(path, 'wx', 0o600));
    this.#connection.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
  }

  /** Runs one statement; answers the number of changed rows. */
  run(sql: string, values: readonly SqlValue[] = []): number {
    return this.#statement(sql).run(...values).changes;
  }

  /** The first row, as the caller knows it from the text of the statement. */
  get<Row>(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, values: readonly SqlValue[] = []): readonly Row[] {
    return this.#statement(sql).all(...values) as readonly Row[];
  }

  /**
   * Runs the work in one immediate transaction: all of it is durable when this returns. After an error nothing of
   * it is visible to this connection; where the error came from the commit itself, a later start may still find it.
   */
  transaction<Result>(work: () => Result): Result {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (a full disk among them).
      if (this.#connection.isTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  /** Idempotent. The last connection of a file also writes its write-ahead log back and removes it. */
  close(): void {
    if (!OPEN.delete(this)) return;
    if (!this.#keepsLog) this.#removeLog();
    this.#statements.clear();
    this.#connection.close();
  }

  /**
   * The binding can finalize a statement only by collecting it as garbage, and until then SQLite keeps a closed
   * connection alive, with its log. So the log is written back, and removed by leaving WAL mode where no other
   * connection is left.
   */
  #removeLog(): void {
    try {
      this.#connection.exec(
        'PRAGMA busy_timeout = 0; PRAGMA query_only = OFF; PRAGMA wal_checkpoint(TRUNCATE)',
      );
      this.#connection.exec('PRAGMA journal_mode = DELETE');
    } catch {
      // Others are connected, or the disk refuses: the log stays, and the next connection uses it.
    }
  }

  #statement(sql: string): StatementSyncInstance {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** The primary result code of SQLite (13 = full, 8 = read-only …) of an error, or undefined for other errors. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = (error as { errcode?: unknown }).errcode;
  // Extended codes carry the primary code in their lowest byte.
  return typeof code === 'number' ? code % 256 : undefined;
}

/** The primary result codes that mean something to an operator. */
export const SQLITE_CODES = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notADatabase: 26,
} as const;
