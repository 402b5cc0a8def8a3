import type { AuditEntry } from '../../domain/ports/operations.ts';
import type { Database } from './database.ts';

interface AuditRow extends Omit<AuditEntry, 'detail'> {
  readonly detail: string | null;
}

export function writeAudit(db: Database, entry: AuditEntry): void {
  const { at, principal, organisation, action, subject, detail } = entry;
  db.run(
    'INSERT INTO audit (at, principal, organisation, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)',
    [at, principal, organisation, action, subject, detail ?? null],
  );
}

/** Newest first. */
export function readAudit(db: Database, limit: number): readonly AuditEntry[] {
  return db
    .all<AuditRow>(
      'SELECT at, principal, organisation, action, subject, detail FROM audit ORDER BY id DESC LIMIT ?',
      [limit],
    )
    .map(({ detail, ...row }) => ({ ...row, ...(detail === null ? {} : { detail }) }));
}
