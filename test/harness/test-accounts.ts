import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { AuditEntry, Session, User } from '../../domain/ports/operations.ts';
import { Accounts } from '../../server/identity/accounts.ts';
import type { AccountStore } from '../../server/identity/accounts.ts';
import { FirstPasswordFile } from '../../server/identity/first-password.ts';
import { PasswordHasher } from '../../server/identity/password-hasher.ts';
import { ManualClock } from './manual-clock.ts';

/** Hashes that cost next to nothing. */
export const CHEAP_COST = { costLog2: 2, blockSize: 1, parallelism: 1 };

/** Users and sessions in memory, and the audit, oldest first. */
export class MemoryAccountStore implements AccountStore {
  readonly kept = { users: new Map<string, User>(), sessions: new Map<string, Session>() };
  readonly audited: AuditEntry[] = [];
  /** Sessions that were written so far. */
  sessionWrites = 0;
  /** Makes the next write of a session fail. */
  failure: Error | undefined;

  async users() {
    return [...this.kept.users.values()];
  }
  async putUser({ user, endedSessions }: { user: User; endedSessions: readonly string[] }) {
    this.kept.users.set(user.name, user);
    await this.removeSessions(endedSessions);
  }
  async sessions() {
    return [...this.kept.sessions.values()];
  }
  async putSession(session: Session) {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.sessionWrites += 1;
    this.kept.sessions.set(session.tokenSha256, session);
  }
  async removeSessions(tokenSha256s: readonly string[]) {
    for (const tokenSha256 of tokenSha256s) this.kept.sessions.delete(tokenSha256);
  }
  async appendAudit(entry: AuditEntry) {
    this.audited.push(entry);
  }
}

/** Real accounts over a store in memory, with cheap hashes. Not yet loaded: an empty store needs no `load`. */
export function createTestAccounts(
  options: {
    readonly operations?: AccountStore;
    readonly clock?: Clock;
    readonly hasher?: PasswordHasher;
    readonly log?: Log;
    readonly dataDir?: string;
  } = {},
): Accounts {
  return new Accounts({
    operations: options.operations ?? new MemoryAccountStore(),
    clock: options.clock ?? new ManualClock(),
    log: options.log ?? SILENT_LOG,
    hasher: options.hasher ?? new PasswordHasher(CHEAP_COST),
    firstPassword: new FirstPasswordFile(options.dataDir ?? '/nonexistent'),
  });
}
