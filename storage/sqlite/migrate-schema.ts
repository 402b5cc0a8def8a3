import { AppError } from '../../domain/errors.ts';
import type { Database } from './database.ts';

/**
 * Brings a schema up to date, each step in a transaction. Step n leads to version n + 1, kept in the file itself. Throws
 * `unsupported` for a file of a later version; `what` names it there.
 */
export function migrateSchema(db: Database, steps: readonly string[], what: string): void {
  const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > steps.length) {
    throw new AppError(
      'unsupported',
      `The ${what} file has schema version ${version}, this version knows ${steps.length}.`,
    );
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(step);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
