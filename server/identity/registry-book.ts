import { isDeepStrictEqual } from 'node:util';

import type { Registry, ThingSpec } from '../../domain/model/registry.ts';
import type { RegistryView } from '../../domain/ports/identity.ts';

/** The registered things in memory; each change makes a new, immutable version. */
export class RegistryBook implements RegistryView {
  #registry: Registry = { version: 0, things: new Map() };
  readonly #listeners = new Set<(registry: Registry) => void>();

  current(): Registry {
    return this.#registry;
  }

  onChanged(listener: (registry: Registry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds or replaces things by id. They are durable by now. */
  put(things: readonly ThingSpec[]): void {
    if (things.length === 0) return;
    const all = new Map(this.#registry.things);
    for (const thing of things) all.set(thing.id, thing);
    this.#registry = { version: this.#registry.version + 1, things: all };
    for (const listener of this.#listeners) listener(this.#registry);
  }

  /** The things among these that are new or differ from what is registered. */
  changed(things: readonly ThingSpec[]): ThingSpec[] {
    return things.filter(thing => {
      const known = this.#registry.things.get(thing.id);
      return known === undefined || !isDeepStrictEqual(known, thing);
    });
  }
}
