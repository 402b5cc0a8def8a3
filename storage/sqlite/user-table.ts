import type { User } from '../../domain/ports/operations.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Database } from './database.ts';

interface UserRow extends Omit<User, 'scope' | 'disabledAt'> {
  readonly disabledAt: EpochMs | null;
}

/** All users with their scopes, by name. */
export function readUsers(db: Database): readonly User[] {
  const scopes = db.all<{ user: string; subject: string }>(
    'SELECT user, subject FROM user_scope ORDER BY user, ordinal',
  );
  return db
    .all<UserRow>(
      `SELECT name, display_name AS displayName, role, organisation, password_hash AS passwordHash,
         created_at AS createdAt, disabled_at AS disabledAt FROM user ORDER BY name`,
    )
    .map(({ disabledAt, ...row }): User => ({
      ...row,
      scope: scopes.filter(({ user }) => user === row.name).map(({ subject }) => subject),
      ...(disabledAt === null ? {} : { disabledAt }),
    }));
}

/** Writes one user in place of what was there; belongs in a transaction. Its sessions stay. */
export function writeUser(db: Database, user: User): void {
  const { name, displayName, role, organisation, passwordHash, createdAt, disabledAt, scope } = user;
  // No `INSERT OR REPLACE`: that deletes the row first, and the sessions with it.
  db.run(
    `INSERT INTO user (name, display_name, role, organisation, password_hash, created_at, disabled_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET display_name = excluded.display_name, role = excluded.role,
       organisation = excluded.organisation, password_hash = excluded.password_hash,
       created_at = excluded.created_at, disabled_at = excluded.disabled_at`,
    [name, displayName, role, organisation, passwordHash, createdAt, disabledAt ?? null],
  );
  db.run('DELETE FROM user_scope WHERE user = ?', [name]);
  for (const [ordinal, subject] of scope.entries()) {
    db.run('INSERT INTO user_scope VALUES (?, ?, ?)', [name, ordinal, subject]);
  }
}
