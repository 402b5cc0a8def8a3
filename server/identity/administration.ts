import { randomUUID } from 'node:crypto';

import { AppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Credential } from '../../domain/ports/identity.ts';
import type { ApiToken, Operations } from '../../domain/ports/operations.ts';
import type { Application, Principal } from '../application.ts';
import { CredentialBook } from './credential-book.ts';
import { RegistryBook } from './registry-book.ts';
import { generateSecret, sha256Hex } from './secret.ts';
import { TokenBook } from './token-book.ts';

type Administrative = Pick<Application, 'enrol' | 'rotate' | 'revoke' | 'createToken' | 'register'>;

/** The organisation of a token that names none. */
const DEFAULT_ORGANISATION = 'operator';

/**
 * Things, credentials and tokens: durable in the operations store first, then in the books that broker and API read.
 * Every change is audited under its principal. Changes run one after the other.
 */
export class Administration implements Administrative {
  readonly registry = new RegistryBook();
  readonly credentials = new CredentialBook();
  readonly tokens = new TokenBook();
  readonly #operations: Operations;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { readonly operations: Operations; readonly clock: Clock }) {
    this.#operations = options.operations;
    this.#clock = options.clock;
  }

  /** Fills the books. Call once, before anything else. */
  async load(): Promise<void> {
    this.registry.put(await this.#operations.things());
    this.credentials.load(await this.#operations.credentials());
    for (const token of await this.#operations.tokens()) this.tokens.put(token);
  }

  /** Gives a registered thing its first secret, or a new one after a revocation. Rejects with `conflict` else. */
  enrol(principal: Principal, id: string): Promise<{ readonly id: string; readonly secret: string }> {
    return this.#inTurn(async () => {
      const thing = this.#thing(id);
      const known = this.credentials.enrolled(thing);
      if (known !== undefined && known.revokedAt === undefined) {
        throw new AppError('conflict', `"${id}" is enrolled already; rotate its secret to get a new one.`);
      }
      return await this.#issue(principal, { id: thing, enrolledAt: this.#clock.now() }, 'station.enrol');
    });
  }

  /** Replaces the secret of an enrolled thing; whoever is connected with the old one is disconnected. */
  rotate(principal: Principal, id: string): Promise<{ readonly id: string; readonly secret: string }> {
    return this.#inTurn(async () => {
      const known = this.#enrolled(this.#thing(id));
      const { enrolledAt } = known;
      const rotated = { id: known.id, enrolledAt, rotatedAt: this.#clock.now() };
      return await this.#issue(principal, rotated, 'station.rotate');
    });
  }

  revoke(principal: Principal, id: string): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#enrolled(this.#thing(id));
      await this.#putCredential({ ...known, revokedAt: this.#clock.now() });
      await this.#audit(principal, 'station.revoke', id);
    });
  }

  createToken(
    principal: Principal,
    wanted: Parameters<Application['createToken']>[1],
  ): Promise<{ readonly token: string; readonly record: ApiToken }> {
    return this.#inTurn(async () => {
      const token = generateSecret();
      const record: ApiToken = {
        id: randomUUID(),
        tokenSha256: sha256Hex(token),
        role: wanted.role,
        organisation: wanted.organisation ?? DEFAULT_ORGANISATION,
        createdAt: this.#clock.now(),
        scope: wanted.scope ?? [],
      };
      await this.#operations.putToken(record);
      this.tokens.put(record);
      await this.#audit(principal, 'token.create', record.id, `role ${record.role}`);
      return { token, record };
    });
  }

  register(
    principal: Principal,
    things: readonly ThingSpec[],
  ): Promise<{ readonly secrets: Readonly<Record<string, string>> }> {
    return this.#inTurn(async () => {
      await this.#putThings(principal, things);
      const secrets: Record<string, string> = {};
      const fresh: Credential[] = [];
      for (const { id } of things) {
        if (this.credentials.enrolled(id) !== undefined) continue;
        const secret = generateSecret();
        secrets[id] = secret;
        fresh.push({ id, secretSha256: sha256Hex(secret), enrolledAt: this.#clock.now() });
      }
      await this.#operations.putCredentials(fresh);
      for (const credential of fresh) this.credentials.put(credential);
      if (fresh.length > 0) await this.#audit(principal, 'station.enrol', `${fresh.length} things`);
      return { secrets };
    });
  }

  /** Keeps a note of what somebody did elsewhere. */
  note(principal: Principal, action: string, subject: string): Promise<void> {
    return this.#inTurn(() => this.#audit(principal, action, subject));
  }

  /** Registers what a site folder describes, where it differs from what is known; enrols nobody. */
  applySite(principal: Principal, things: readonly ThingSpec[]): Promise<void> {
    return this.#inTurn(() => this.#putThings(principal, things));
  }

  async #putThings(principal: Principal, things: readonly ThingSpec[]): Promise<void> {
    const changed = this.registry.changed([...this.#withoutMoved(things), ...things]);
    if (changed.length === 0) return;
    await this.#operations.putThings(changed);
    this.registry.put(changed);
    await this.#audit(principal, 'registry.put', `${changed.length} things`);
  }

  /** A station belongs to one gateway: the gateways that lose stations to those of `things`. */
  #withoutMoved(things: readonly ThingSpec[]): ThingSpec[] {
    const incoming = new Set(things.map(({ id }) => id));
    const moved = new Set(things.flatMap(thing => (thing.kind === 'gateway' ? thing.stations : [])));
    const losing: ThingSpec[] = [];
    for (const thing of this.registry.current().things.values()) {
      if (thing.kind !== 'gateway' || incoming.has(thing.id)) continue;
      const stations = thing.stations.filter(station => !moved.has(station));
      if (stations.length < thing.stations.length) losing.push({ ...thing, stations });
    }
    return losing;
  }

  async #issue(
    principal: Principal,
    credential: Omit<Credential, 'secretSha256'>,
    action: string,
  ): Promise<{ readonly id: string; readonly secret: string }> {
    const secret = generateSecret();
    await this.#putCredential({ ...credential, secretSha256: sha256Hex(secret) });
    await this.#audit(principal, action, credential.id);
    return { id: credential.id, secret };
  }

  async #putCredential(credential: Credential): Promise<void> {
    await this.#operations.putCredentials([credential]);
    this.credentials.put(credential);
  }

  async #audit(principal: Principal, action: string, subject: string, detail?: string): Promise<void> {
    await this.#operations.appendAudit({
      at: this.#clock.now(),
      principal: principal.id,
      action,
      subject,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  #thing(id: string): ThingId {
    const thing = this.registry.current().things.get(id);
    if (thing === undefined) throw new AppError('not_found', `Nothing with the id "${id}" is registered.`);
    return thing.id;
  }

  #enrolled(id: ThingId): Credential {
    const known = this.credentials.enrolled(id);
    if (known === undefined || known.revokedAt !== undefined) {
      throw new AppError('conflict', `"${id}" is not enrolled.`);
    }
    return known;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
