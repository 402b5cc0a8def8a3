import { createHash, timingSafeEqual } from 'node:crypto';

import type { ThingSpec } from '../domain/model/registry.ts';
import { STRANGER } from '../domain/ports/identity.ts';
import type { CredentialView, RefusalReason, RegistryView } from '../domain/ports/identity.ts';
import type { ConnectPacket } from './connect-packet.ts';

/** CONNACK return codes of MQTT 3.1.1, section 3.2.2.3. */
export const CONNACK = {
  unacceptableProtocol: 1,
  badUserNameOrPassword: 4,
  notAuthorised: 5,
} as const;
export type ConnackCode = (typeof CONNACK)[keyof typeof CONNACK];

export type IdentityOutcome =
  | { readonly ok: true; readonly thing: ThingSpec }
  | {
      readonly ok: false;
      readonly reason: Extract<
        RefusalReason,
        'identity_mismatch' | 'unknown_identity' | 'bad_secret' | 'revoked'
      >;
      /** Under whom it is counted. */
      readonly principal: string;
      readonly code: ConnackCode;
    };

/** Compared with where there is no credential, so that a guess takes as long for an id that does not exist. */
const NO_SECRET = Buffer.alloc(32);

/**
 * Decides who a client is. `certificateName` is the common name of its certificate on the TLS listener, `null` where
 * that has none, `undefined` on the plain listener. An unknown id, a wrong secret and a revoked identity look the
 * same from outside.
 */
export function identify(
  connect: ConnectPacket,
  certificateName: string | null | undefined,
  views: { readonly registry: RegistryView; readonly credentials: CredentialView },
): IdentityOutcome {
  const { clientId, username, password } = connect;
  const { things } = views.registry.current();
  const known = [clientId, username].find(id => id !== undefined && things.has(id));
  const principal = known ?? STRANGER;
  const hasOneName = clientId === username && (certificateName === undefined || certificateName === clientId);
  if (!hasOneName) {
    return { ok: false, reason: 'identity_mismatch', principal, code: CONNACK.notAuthorised };
  }
  const thing = things.get(clientId);
  const credential = thing === undefined ? undefined : views.credentials.credential(clientId);
  const expected = credential === undefined ? NO_SECRET : Buffer.from(credential.secretSha256, 'hex');
  const given = createHash('sha256')
    .update(password ?? '')
    .digest();
  const isRight = expected.length === given.length && timingSafeEqual(expected, given);
  const refuse = (reason: 'unknown_identity' | 'bad_secret' | 'revoked'): IdentityOutcome => ({
    ok: false,
    reason,
    principal,
    code: CONNACK.badUserNameOrPassword,
  });
  if (thing === undefined || credential === undefined) return refuse('unknown_identity');
  if (!isRight) return refuse('bad_secret');
  return credential.revokedAt === undefined ? { ok: true, thing } : refuse('revoked');
}
