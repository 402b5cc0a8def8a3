import type { ThingId } from '../../domain/model/identifier.ts';
import type { Credential, CredentialView } from '../../domain/ports/identity.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { generateSecret, sha256Hex } from './secret.ts';

/**
 * Who may connect, in memory. Beside the enrolled things it knows loans: credentials of this process only, under
 * which simulated stations are played that nobody has enrolled. Enrolling a thing ends its loan.
 */
export class CredentialBook implements CredentialView {
  readonly #enrolled = new Map<string, Credential>();
  readonly #loans = new Map<string, Credential>();
  readonly #listeners = new Set<(id: ThingId) => void>();

  load(credentials: readonly Credential[]): void {
    for (const credential of credentials) this.#enrolled.set(credential.id, credential);
  }

  credential(id: string): Credential | undefined {
    return this.#enrolled.get(id) ?? this.#loans.get(id);
  }

  /** The durable credential, revoked ones included; a loan is none. */
  enrolled(id: string): Credential | undefined {
    return this.#enrolled.get(id);
  }

  onRevoked(listener: (id: ThingId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a credential that is durable by now; whoever is connected under the former one has to go. */
  put(credential: Credential): void {
    const isKnown = this.credential(credential.id) !== undefined;
    this.#loans.delete(credential.id);
    this.#enrolled.set(credential.id, credential);
    if (isKnown) this.dismiss(credential.id);
  }

  /** Disconnects whoever is connected under an id; what is known of its credential stays. */
  dismiss(id: ThingId): void {
    for (const listener of this.#listeners) listener(id);
  }

  /**
   * A secret for this process only; `undefined` where the thing was ever enrolled. Whoever is connected under the
   * former loan has to go.
   */
  lend(id: ThingId, now: EpochMs): string | undefined {
    if (this.#enrolled.has(id)) return undefined;
    const secret = generateSecret();
    const isKnown = this.#loans.has(id);
    this.#loans.set(id, { id, secretSha256: sha256Hex(secret), enrolledAt: now });
    if (isKnown) this.dismiss(id);
    return secret;
  }

  /** Whoever is connected under the loan has to go. Nothing happens where there is none. */
  endLoan(id: ThingId): void {
    if (this.#loans.delete(id)) this.dismiss(id);
  }
}
