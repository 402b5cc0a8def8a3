import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import { SQLITE_CODES, sqliteCodeOf } from './database.ts';

/** Results of SQLite that say that the file is none, or damaged: trying again does not help. */
const DAMAGED: ReadonlySet<number> = new Set([SQLITE_CODES.corrupt, SQLITE_CODES.notADatabase]);
/** What goes away when the disk, or who holds the file, lets go. */
const PASSING: ReadonlySet<number> = new Set([
  SQLITE_CODES.busy,
  SQLITE_CODES.locked,
  SQLITE_CODES.readonly,
  SQLITE_CODES.ioerr,
  SQLITE_CODES.full,
  SQLITE_CODES.cantopen,
]);

/** The error of the port behind one of SQLite or of the file system; a mistake of this program is `internal_error`. */
export function episodeFaultOf(error: unknown): AppError {
  if (isAppError(error)) return error;
  const code = sqliteCodeOf(error) ?? -1;
  const options = { cause: error, retryable: PASSING.has(code) || isOfFileSystem(error) };
  const message = messageOf(error);
  if (options.retryable) {
    return new AppError('store_unavailable', `The episodes cannot be written or read: ${message}`, options);
  }
  // What was written as JSON and is none any more is damage too.
  if (DAMAGED.has(code) || error instanceof SyntaxError) {
    return new AppError('store_corrupt', `The file of the episodes is damaged: ${message}`, options);
  }
  return new AppError('internal_error', `The episode store failed: ${message}`, options);
}

function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
