import type { Session } from '../../domain/ports/operations.ts';
import type { Database } from './database.ts';

/** All sessions, by the hash of their token. */
export function readSessions(db: Database): readonly Session[] {
  return db
    .all<Session>(
      `SELECT token_sha256 AS tokenSha256, user, opened_at AS openedAt, last_seen_at AS lastSeenAt
       FROM session ORDER BY token_sha256`,
    )
    .map(row => ({ ...row }));
}

export function writeSession(db: Database, { tokenSha256, user, openedAt, lastSeenAt }: Session): void {
  db.run('INSERT OR REPLACE INTO session (token_sha256, user, opened_at, last_seen_at) VALUES (?, ?, ?, ?)', [
    tokenSha256,
    user,
    openedAt,
    lastSeenAt,
  ]);
}

/** Belongs in a transaction where there is more than one. */
export function deleteSessions(db: Database, tokenSha256s: readonly string[]): void {
  for (const tokenSha256 of tokenSha256s) db.run('DELETE FROM session WHERE token_sha256 = ?', [tokenSha256]);
}
