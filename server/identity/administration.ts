import { randomUUID } from 'node:crypto';

import { AppError } from '../../domain/errors.ts';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Credential } from '../../domain/ports/identity.ts';
import type { ApiToken, Operations } from '../../domain/ports/operations.ts';
import type { RegistryVersion } from '../../domain/ports/registry-store.ts';
import type { Application, DistrictRegistry, Principal } from '../application.ts';
import { DEFAULT_ORGANISATION } from '../principal.ts';
import { CredentialBook } from './credential-book.ts';
import type { RegistryBook } from './registry-book.ts';
import { RegistryKeeper } from './registry-keeper.ts';
import type { SiteChange } from './registry-keeper.ts';
import { generateSecret, sha256Hex } from './secret.ts';
import { TokenBook } from './token-book.ts';
import { Turns } from './turns.ts';

type Administrative = Pick<Application, 'enrol' | 'rotate' | 'revoke' | 'createToken' | 'register'>;

/**
 * Things, credentials and tokens: durable in the operations store first, then in the books that broker and API read.
 * Every change is audited under its principal. Changes run one after the other.
 */
export class Administration implements Administrative {
  readonly registry: RegistryBook;
  readonly credentials = new CredentialBook();
  readonly tokens = new TokenBook();
  readonly #operations: Operations;
  readonly #clock: Clock;
  readonly #keeper: RegistryKeeper;
  /** Applying enrols nobody; whoever is connected as a thing that is retired is disconnected. */
  readonly district: DistrictRegistry = {
    current: () => this.registry.district(),
    versions: limit => this.#operations.registryVersions(limit),
    parts: selection => this.#operations.parts(selection),
    apply: (principal, change) => this.#turns.take(() => this.#applySite(principal, change)),
    rollBack: (principal, { version, note }) =>
      this.#turns.take(async () => {
        const parts = await this.#keeper.siteOf(version);
        return await this.#applySite(principal, { parts, note: note ?? `back to version ${version}` });
      }),
  };
  readonly #turns = new Turns();

  constructor(options: { readonly operations: Operations; readonly clock: Clock }) {
    this.#operations = options.operations;
    this.#clock = options.clock;
    this.#keeper = new RegistryKeeper({ store: options.operations, clock: options.clock });
    this.registry = this.#keeper.book;
  }

  /** Fills the books. Call once, before anything else. */
  async load(): Promise<void> {
    await this.#keeper.load();
    this.credentials.load(await this.#operations.credentials());
    for (const token of await this.#operations.tokens()) this.tokens.put(token);
  }

  /** Gives a registered thing its first secret, or a new one after a revocation. Rejects with `conflict` else. */
  enrol(principal: Principal, id: string): Promise<{ readonly id: string; readonly secret: string }> {
    return this.#turns.take(async () => {
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
    return this.#turns.take(async () => {
      const known = this.#enrolled(this.#thing(id));
      const { enrolledAt } = known;
      const rotated = { id: known.id, enrolledAt, rotatedAt: this.#clock.now() };
      return await this.#issue(principal, rotated, 'station.rotate');
    });
  }

  revoke(principal: Principal, id: string): Promise<void> {
    return this.#turns.take(async () => {
      const known = this.#enrolled(this.#thing(id));
      await this.#putCredential({ ...known, revokedAt: this.#clock.now() });
      await this.#audit(principal, 'station.revoke', id);
    });
  }

  createToken(
    principal: Principal,
    wanted: Parameters<Application['createToken']>[1],
  ): Promise<{ readonly token: string; readonly record: ApiToken }> {
    return this.#turns.take(async () => {
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
    return this.#turns.take(async () => {
      const version = await this.#keeper.register(principal, things);
      if (version !== undefined) {
        await this.#audit(principal, 'registry.put', `${version.put} things`, `version ${version.version}`);
      }
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
    return this.#turns.take(() => this.#audit(principal, action, subject));
  }

  /** The version in which a district was applied last; what was registered singly is none. */
  get siteVersion(): number | undefined {
    return this.#keeper.siteVersion;
  }

  /** The parts that stand there by a site. */
  siteParts(): readonly RegistryPart[] {
    return this.#keeper.siteParts();
  }

  async #applySite(principal: Principal, change: SiteChange): Promise<RegistryVersion | undefined> {
    const before = this.registry.current().things;
    const version = await this.#keeper.applySite(principal, change);
    if (version === undefined) return undefined;
    const { things } = this.registry.current();
    for (const { id } of before.values()) if (!things.has(id)) this.credentials.dismiss(id);
    const subject = `${version.put} parts put, ${version.retired} retired`;
    await this.#audit(principal, 'registry.site', subject, `version ${version.version}`);
    return version;
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
      organisation: principal.organisation,
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
}
