import { isDeepStrictEqual } from 'node:util';

import { districtOf, isThing } from '../../domain/model/district.ts';
import type { District, PartKey, RegistryPart } from '../../domain/model/district.ts';
import type { Registry, ThingSpec } from '../../domain/model/registry.ts';
import type { RegistryView } from '../../domain/ports/identity.ts';
import type { KeptPart } from '../../domain/ports/registry-store.ts';

/** The newest version of the registry in memory; each change makes a new, immutable one. */
export class RegistryBook implements RegistryView {
  #kept = new Map<string, KeptPart>();
  #registry: Registry = { version: 0, things: new Map() };
  #district: District = districtOf([]);
  readonly #listeners = new Set<(registry: Registry) => void>();

  current(): Registry {
    return this.#registry;
  }

  district(): District {
    return this.#district;
  }

  onChanged(listener: (registry: Registry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What stands under the part's key now: for a thing, the thing of that id whatever its kind. */
  kept(key: PartKey): KeptPart | undefined {
    return this.#kept.get(keyText(key));
  }

  keptParts(): readonly KeptPart[] {
    return [...this.#kept.values()];
  }

  /** True where the part is new or differs from what is kept. */
  differs(part: RegistryPart): boolean {
    return !isDeepStrictEqual(this.kept(part)?.part, part);
  }

  /** Puts and takes away parts that are durable by now. */
  update(
    version: number,
    change: { readonly put: readonly KeptPart[]; readonly retire: readonly PartKey[] },
  ): void {
    const kept = new Map(this.#kept);
    for (const key of change.retire) kept.delete(keyText(key));
    for (const entry of change.put) kept.set(keyText(entry.part), entry);
    this.#kept = kept;
    const things = new Map<string, ThingSpec>();
    for (const { part } of kept.values()) if (isThing(part)) things.set(part.id, part);
    this.#registry = { version, things };
    this.#district = districtOf([...kept.values()].map(({ part }) => part));
    for (const listener of this.#listeners) listener(this.#registry);
  }
}

/** Unique for a part among all of one version. */
export function keyText({ kind, id }: PartKey): string {
  return `${kind === 'station' || kind === 'gateway' || kind === 'subscriber' ? 'thing' : kind}/${id}`;
}
