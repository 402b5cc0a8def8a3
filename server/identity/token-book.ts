import type { ApiToken } from '../../domain/ports/operations.ts';
import type { Principal } from '../application.ts';
import { sha256Hex } from './secret.ts';

/** The bearer tokens of the HTTP API in memory. */
export class TokenBook {
  readonly #byHash = new Map<string, ApiToken>();

  put(token: ApiToken): void {
    this.#byHash.set(token.tokenSha256, token);
  }

  /** Whose token this is, or undefined for one that is unknown or revoked. */
  authenticate(token: string): Principal | undefined {
    // Looking up a hash leaks at most something about the hash, which says nothing about the token.
    const known = this.#byHash.get(sha256Hex(token));
    if (known === undefined || known.revokedAt !== undefined) return undefined;
    const { id, role, organisation, scope } = known;
    return { id: `token:${id}`, role, organisation, scope };
  }
}
