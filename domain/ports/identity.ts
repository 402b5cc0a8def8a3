import type { ThingId } from '../model/identifier.ts';
import type { Registry } from '../model/registry.ts';
import type { EpochMs } from '../time/instant.ts';

/** The secret of a thing that may connect. Secrets are random (≥ 128 bits), so a fast hash is enough. */
export interface Credential {
  readonly id: ThingId;
  /** SHA-256 of the secret's UTF-8 bytes, lower-case hex. */
  readonly secretSha256: string;
  readonly enrolledAt: EpochMs;
  readonly rotatedAt?: EpochMs;
  readonly revokedAt?: EpochMs;
}

/** The registry in memory, always one consistent version. `onChanged` runs after each change. */
export interface RegistryView {
  current(): Registry;
  onChanged(listener: (registry: Registry) => void): () => void;
}

/**
 * Credentials in memory, for the moment a client connects. A thing without a credential was never enrolled.
 * `onRevoked` runs when a thing was revoked or its secret rotated: its connection must end.
 */
export interface CredentialView {
  credential(id: string): Credential | undefined;
  onRevoked(listener: (id: ThingId) => void): () => void;
}

/** Counts what was refused before the journal. `principal` is an id the registry knows, or `-` for a stranger. */
export interface RefusalCounter {
  count(principal: string, reason: RefusalReason): void;
}

/** Why something was refused before it was journalled. The set is closed, so that counters stay bounded. */
export const REFUSAL_REASONS = {
  unknown_identity: 'No thing with this client id is registered, or it was never enrolled.',
  bad_secret: 'The password is wrong.',
  revoked: 'The identity was revoked.',
  identity_mismatch: 'Client id, user name and certificate name are not the same registered id.',
  certificate_required: 'The TLS listener wants a client certificate.',
  protocol_version: 'Not MQTT 3.1 or 3.1.1.',
  protocol_error: 'The bytes are not a valid MQTT packet at this point.',
  connect_timeout: 'No whole CONNECT arrived in time.',
  connect_too_large: 'The first frame is larger than a CONNECT may be, or not a CONNECT.',
  frame_too_large: 'A frame is larger than this kind of client may send.',
  keepalive_limit: 'The keep-alive is 0 or above the limit.',
  keepalive_timeout: 'Nothing came for one and a half times the keep-alive.',
  connection_limit: 'Too many connections in total.',
  address_limit: 'Too many connections from one address.',
  topic_forbidden: 'The topic is none of the up topics, or not for this kind of client.',
  station_forbidden: 'The station of the topic does not belong to this principal.',
  subscription_forbidden: 'The filter is not one this principal may subscribe to.',
  will_forbidden: 'The last will names a topic this principal may not publish to.',
  slow_client: 'The client did not read what was sent to it.',
  journal_unavailable: 'The message was not made durable in time; nothing was acknowledged.',
  snapshot_failed: 'The snapshot file was not made durable; nothing was acknowledged.',
  offline_queue_full: 'A message for an offline client was dropped from its full queue (oldest first).',
  qos0_dropped: 'A QoS 0 message was dropped because the journal was not taking messages.',
  hook_failed: 'An internal error in the connection handling; the connection was closed.',
  http_unauthenticated: 'No valid token or session.',
  http_cross_origin: 'An unsafe request with a session that did not come from a page of this server.',
  http_forbidden: 'The role does not allow it.',
  http_not_found: 'No such path, method or resource.',
  http_invalid: 'The request body or query was invalid.',
  http_too_large: 'The request body was too large.',
  http_rate_limited: 'Too many requests.',
  login_failed: 'A wrong user name or password, or a disabled user.',
  login_slowed: 'Too many wrong passwords from this address or for this user.',
} as const;
export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** The principal under which strangers are counted. */
export const STRANGER = '-';
