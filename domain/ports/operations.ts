import type { RefusalCount } from '../model/ledger.ts';
import type { ThingSpec } from '../model/registry.ts';
import type { EpochMs } from '../time/instant.ts';
import type { Credential } from './identity.ts';

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

/** Something a person or a program did that must be traceable. */
export interface AuditEntry {
  readonly at: EpochMs;
  readonly principal: string;
  readonly action: string;
  readonly subject: string;
  readonly detail?: string;
}

/**
 * The operations store: small, relational, every write durable before it resolves. Reads are whole tables, cached
 * above. One process writes.
 */
export interface Operations {
  things(): Promise<readonly ThingSpec[]>;
  /** Adds or replaces things by id, all or none. */
  putThings(things: readonly ThingSpec[]): Promise<void>;
  credentials(): Promise<readonly Credential[]>;
  putCredentials(credentials: readonly Credential[]): Promise<void>;
  tokens(): Promise<readonly ApiToken[]>;
  putToken(token: ApiToken): Promise<void>;
  refusals(): Promise<readonly RefusalCount[]>;
  /** Adds the counts to those kept. */
  addRefusals(counts: readonly RefusalCount[]): Promise<void>;
  appendAudit(entry: AuditEntry): Promise<void>;
  audit(limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
