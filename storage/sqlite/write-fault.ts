import { statfsSync } from 'node:fs';

import { messageOf } from '../../domain/errors.ts';
import type { JournalHealth } from '../../domain/ports/journal.ts';
import { SQLITE_CODES, sqliteCodeOf } from './database.ts';

/** Why the disk refuses a write. */
export interface WriteFault {
  readonly state: Exclude<JournalHealth['state'], 'ok'>;
  readonly message: string;
}

/** Below this much free space an I/O error counts as a full disk, bytes. */
const FULL_BELOW_BYTES = 256 * 1024;

/**
 * The fault behind an error, or undefined for a lock that another connection holds: that is no fault until it lasts,
 * and then whoever waits for the write sees a stall. `isDiskFull` tells an I/O error for want of space from others.
 */
export function writeFaultOf(error: unknown, isDiskFull: () => boolean): WriteFault | undefined {
  const message = messageOf(error);
  switch (sqliteCodeOf(error) ?? -1) {
    case SQLITE_CODES.busy:
    case SQLITE_CODES.locked:
      return undefined;
    case SQLITE_CODES.full:
      return { state: 'journal_full', message };
    case SQLITE_CODES.readonly:
    case SQLITE_CODES.cantopen:
      return { state: 'journal_readonly', message };
    case SQLITE_CODES.ioerr:
      return { state: isDiskFull() ? 'journal_full' : 'journal_failed', message };
    default:
      return { state: 'journal_failed', message };
  }
}

/** True when the file system under the folder has practically no space left; false when nobody can tell. */
export function isDiskFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL_BELOW_BYTES;
  } catch {
    return false;
  }
}
