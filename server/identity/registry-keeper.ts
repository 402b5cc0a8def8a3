import { AppError } from '../../domain/errors.ts';
import type { PartKey, RegistryPart } from '../../domain/model/district.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type {
  KeptPart,
  PartOrigin,
  PutPart,
  RegistryChange,
  RegistryStore,
  RegistryVersion,
} from '../../domain/ports/registry-store.ts';
import { EARLIEST_PHENOMENON_TIME } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Principal } from '../principal.ts';
import { RegistryBook, keyText } from './registry-book.ts';

/** How a district is to be applied. */
export interface SiteChange {
  readonly parts: readonly RegistryPart[];
  /** Event time from which it holds; now where it is absent, and the beginning for the first description of all. */
  readonly validFrom?: EpochMs;
  readonly note?: string;
}

/**
 * Changes the registry: durable in its store first, then in the book that broker, ingest and API read. Its methods
 * must run one after the other; `Administration` sees to that.
 */
export class RegistryKeeper {
  readonly book = new RegistryBook();
  readonly #store: RegistryStore;
  readonly #clock: Clock;
  #siteVersion: number | undefined;
  /** Keys of parts that were there once: their history goes on from their retirement. */
  readonly #retired = new Set<string>();

  constructor(options: { readonly store: RegistryStore; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Fills the book. Call once, before anything else. */
  async load(): Promise<void> {
    const [newest] = await this.#store.registryVersions(1);
    if (newest === undefined) return;
    this.book.update(newest.version, { put: await this.#store.parts({ newest: true }), retire: [] });
    for (const key of await this.#store.retiredParts()) this.#retired.add(keyText(key));
    const versions = this.book.keptParts().filter(({ origin }) => origin === 'site');
    this.#siteVersion = versions.reduce<number | undefined>(
      (highest, { version }) => Math.max(highest ?? 0, version),
      undefined,
    );
  }

  /**
   * Adds or replaces single things where they differ; answers the new version, or undefined where nothing differed. A
   * thing nobody knew before holds from the beginning, since its readings may be older than its registration.
   */
  async register(principal: Principal, things: readonly ThingSpec[]): Promise<RegistryVersion | undefined> {
    const now = this.#clock.now();
    const changed = [...this.#withoutMoved(things), ...things].filter(thing => this.book.differs(thing));
    return await this.#apply({
      principal: principal.id,
      appliedAt: now,
      validFrom: now,
      origin: 'registered',
      put: changed.map(part => ({
        part,
        origin: this.book.kept(part)?.origin ?? 'registered',
        validFrom: this.#isNew(part) ? EARLIEST_PHENOMENON_TIME : now,
      })),
      retire: [],
    });
  }

  /**
   * Makes the district what the parts say: puts those that differ, retires those of former sites that are not among
   * them, and leaves things alone that were registered singly. Answers undefined where nothing differed.
   *
   * @throws AppError `conflict` for a time in the future, or one before that from which a changed part holds
   */
  async applySite(principal: Principal, change: SiteChange): Promise<RegistryVersion | undefined> {
    const now = this.#clock.now();
    const isFirst = this.#siteVersion === undefined;
    const validFrom = change.validFrom ?? (isFirst ? EARLIEST_PHENOMENON_TIME : now);
    if (validFrom > now) {
      throw new AppError(
        'conflict',
        'A district cannot hold from a time to come; apply it when that time is there.',
      );
    }
    const { put, retire } = this.#siteChange(change.parts);
    const losing = this.#withoutMoved(change.parts, 'registered');
    const version = await this.#apply({
      principal: principal.id,
      appliedAt: now,
      validFrom,
      origin: 'site',
      ...(change.note === undefined ? {} : { note: change.note }),
      put: [
        ...put.map((part): PutPart => ({ part, origin: 'site', validFrom })),
        ...losing.map((part): PutPart => ({ part, origin: 'registered', validFrom })),
      ],
      retire,
    });
    this.#siteVersion = version?.version ?? this.#siteVersion;
    return version;
  }

  /** The parts of the district as a version had it; those registered singly are left out. Rejects with `not_found`. */
  async siteOf(version: number): Promise<readonly RegistryPart[]> {
    const [newest] = await this.#store.registryVersions(1);
    if (newest === undefined || version > newest.version || version < 1) {
      throw new AppError('not_found', `The registry has no version ${version}.`);
    }
    return (await this.#store.parts({ version }))
      .filter(({ origin }) => origin === 'site')
      .map(({ part }) => part);
  }

  /** The version in which a district was applied last; undefined where none ever was. */
  get siteVersion(): number | undefined {
    return this.#siteVersion;
  }

  /** The parts that stand there by a site. */
  siteParts(): readonly RegistryPart[] {
    return this.book
      .keptParts()
      .filter(({ origin }) => origin === 'site')
      .map(({ part }) => part);
  }

  #siteChange(parts: readonly RegistryPart[]): Pick<RegistryChange, 'retire'> & {
    readonly put: readonly RegistryPart[];
  } {
    const incoming = new Set(parts.map(keyText));
    return {
      put: parts.filter(part => this.book.differs(part) || this.#isRegisteredSingly(part)),
      retire: this.siteParts()
        .filter(part => !incoming.has(keyText(part)))
        .map(({ kind, id }) => ({ kind, id })),
    };
  }

  #isNew(key: PartKey): boolean {
    return this.book.kept(key) === undefined && !this.#retired.has(keyText(key));
  }

  #isRegisteredSingly(part: RegistryPart): boolean {
    return this.book.kept(part)?.origin === 'registered';
  }

  /** A station belongs to one gateway: the gateways that lose stations to those among the parts. */
  #withoutMoved(parts: readonly RegistryPart[], origin?: PartOrigin): ThingSpec[] {
    const incoming = new Set(parts.map(keyText));
    const moved = new Set(parts.flatMap(part => (part.kind === 'gateway' ? part.stations : [])));
    const losing: ThingSpec[] = [];
    for (const thing of this.book.current().things.values()) {
      if (thing.kind !== 'gateway' || incoming.has(keyText(thing))) continue;
      if (origin !== undefined && this.book.kept(thing)?.origin !== origin) continue;
      const stations = thing.stations.filter(station => !moved.has(station));
      if (stations.length < thing.stations.length) losing.push({ ...thing, stations });
    }
    return losing;
  }

  async #apply(change: RegistryChange): Promise<RegistryVersion | undefined> {
    if (change.put.length === 0 && change.retire.length === 0) return undefined;
    const version = await this.#store.applyRegistryChange(change);
    const put = change.put.map((entry): KeptPart => ({ ...entry, version: version.version }));
    this.book.update(version.version, { put, retire: change.retire });
    for (const key of change.retire) this.#retired.add(keyText(key));
    for (const { part } of put) this.#retired.delete(keyText(part));
    return version;
  }
}
