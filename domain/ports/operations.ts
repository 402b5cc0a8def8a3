import type { RefusalCount } from '../model/ledger.ts';
import type { EpochMs } from '../time/instant.ts';
import type { Credential } from './identity.ts';
import type { RegistryStore } from './registry-store.ts';
import type { RuleSetStore } from './rule-set-store.ts';

export const ROLES = [
  'viewer',
  'duty',
  'dispatcher',
  'engineer',
  'integrator',
  'subscriber',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

/** A bearer token of the HTTP API. Only its hash is kept. */
export interface ApiToken {
  readonly id: string;
  /** SHA-256 of the token's UTF-8 bytes, lower-case hex. */
  readonly tokenSha256: string;
  readonly role: Role;
  readonly organisation: string;
  readonly createdAt: EpochMs;
  readonly revokedAt?: EpochMs;
  /** What an integrator may read and write: station ids. What a subscriber may read: basins. Empty = no limit set. */
  readonly scope: readonly string[];
}

/** The name under which a person logs in. */
export const USER_NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';

/** A person who logs in. Users are disabled, never removed: the audit names them. */
export interface User {
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly organisation: string;
  /** As of `ApiToken`. */
  readonly scope: readonly string[];
  /** A slow hash with its parameters, in the PHC string format. */
  readonly passwordHash: string;
  readonly createdAt: EpochMs;
  readonly disabledAt?: EpochMs;
}

/** A login that lasts. Only the hash of its token is kept. */
export interface Session {
  /** SHA-256 of the token's UTF-8 bytes, lower-case hex. */
  readonly tokenSha256: string;
  readonly user: string;
  readonly openedAt: EpochMs;
  readonly lastSeenAt: EpochMs;
}

/** A user as it is from now on, and the sessions that end with the change. */
export interface UserChange {
  readonly user: User;
  /** By `tokenSha256`; those nobody knows are no error. */
  readonly endedSessions: readonly string[];
}

/** Something a person or a program did that must be traceable. */
export interface AuditEntry {
  readonly at: EpochMs;
  readonly principal: string;
  /** Of the principal. */
  readonly organisation: string;
  readonly action: string;
  readonly subject: string;
  readonly detail?: string;
}

/**
 * The operations store: small, relational, every write durable before it resolves. Reads are whole tables, cached
 * above. One process writes.
 */
export interface Operations extends RegistryStore, RuleSetStore {
  credentials(): Promise<readonly Credential[]>;
  putCredentials(credentials: readonly Credential[]): Promise<void>;
  tokens(): Promise<readonly ApiToken[]>;
  putToken(token: ApiToken): Promise<void>;
  users(): Promise<readonly User[]>;
  /** Adds or replaces a user by name and ends sessions, all or nothing. */
  putUser(change: UserChange): Promise<void>;
  sessions(): Promise<readonly Session[]>;
  /** Adds or replaces a session of a known user. */
  putSession(session: Session): Promise<void>;
  /** By `tokenSha256`; those nobody knows are no error. */
  removeSessions(tokenSha256s: readonly string[]): Promise<void>;
  refusals(): Promise<readonly RefusalCount[]>;
  /** Adds the counts to those kept. */
  addRefusals(counts: readonly RefusalCount[]): Promise<void>;
  appendAudit(entry: AuditEntry): Promise<void>;
  audit(limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
