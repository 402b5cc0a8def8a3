import { formatDatastreamName, parseDatastreamName } from '../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../domain/model/observed-property.ts';
import type { DatastreamSpec, Registry, StationSpec } from '../domain/model/registry.ts';
import type { StoredDatastream } from '../domain/ports/telemetry-store.ts';

/** A registered datastream with the number the store knows it by. */
export interface ResolvedDatastream {
  readonly id: number;
  readonly sensorSpan: readonly [min: number, max: number];
}

interface Slot {
  id: number | undefined;
  readonly spec: DatastreamSpec;
  resolved: ResolvedDatastream | undefined;
}

/**
 * Answers which datastream a reading belongs to. Knows the registry (what may be reported) and the store's numbering
 * (what was ever reported); a registered datastream gets its number with its first accepted reading.
 */
export class DatastreamDirectory {
  readonly #ids = new Map<string, number>();
  #stations = new Map<string, Map<string, Slot>>();
  #nextId = 1;
  #unannounced: StoredDatastream[] = [];
  readonly #known: StoredDatastream[] = [];

  /** Takes over the numbering of the store. Call once, before anything is resolved. */
  adopt(known: readonly StoredDatastream[]): void {
    for (const datastream of known) {
      this.#ids.set(key(datastream.station, formatDatastreamName(datastream)), datastream.id);
      this.#nextId = Math.max(this.#nextId, datastream.id + 1);
      this.#known.push(datastream);
    }
  }

  /** Every datastream that has a number, in the order of numbering; those from `start` on. */
  known(start = 0): readonly StoredDatastream[] {
    return this.#known.slice(start);
  }

  /** Replaces what is registered; numbers stay. */
  setRegistry(registry: Registry): void {
    const stations = new Map<string, Map<string, Slot>>();
    for (const thing of registry.things.values()) {
      if (thing.kind === 'station') stations.set(thing.id, this.#slotsOf(thing));
      // A gateway reports its own health on status and event, but has no datastreams.
      else if (thing.kind === 'gateway') stations.set(thing.id, new Map());
    }
    this.#stations = stations;
  }

  hasStation(station: string): boolean {
    return this.#stations.has(station);
  }

  /** The datastream, or why there is none. `name` is `property` or `property.instance` as in the payload. */
  resolve(station: string, name: string): ResolvedDatastream | 'unknown_property' | 'unknown_datastream' {
    const slot = this.#stations.get(station)?.get(name);
    if (slot === undefined) {
      return parseDatastreamName(name) === undefined ? 'unknown_property' : 'unknown_datastream';
    }
    slot.resolved ??= this.#number(station, name, slot);
    return slot.resolved;
  }

  /** Datastreams numbered since the last call; they must reach the store with or before their first reading. */
  takeUnannounced(): readonly StoredDatastream[] {
    if (this.#unannounced.length === 0) return this.#unannounced;
    const taken = this.#unannounced;
    this.#unannounced = [];
    return taken;
  }

  #slotsOf(station: StationSpec): Map<string, Slot> {
    return new Map(
      station.datastreams.map(spec => [
        formatDatastreamName(spec),
        { id: this.#ids.get(key(station.id, formatDatastreamName(spec))), spec, resolved: undefined },
      ]),
    );
  }

  #number(station: string, name: string, slot: Slot): ResolvedDatastream {
    const { spec } = slot;
    if (slot.id === undefined) {
      slot.id = this.#nextId++;
      this.#ids.set(key(station, name), slot.id);
      const datastream: StoredDatastream = {
        id: slot.id,
        station,
        property: spec.property,
        ...(spec.instance === undefined ? {} : { instance: spec.instance }),
      };
      this.#unannounced.push(datastream);
      this.#known.push(datastream);
    }
    const span = spec.sensorSpan ?? OBSERVED_PROPERTIES.get(spec.property)?.sensorSpan;
    return { id: slot.id, sensorSpan: span ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] };
  }
}

function key(station: string, name: string): string {
  return `${station}/${name}`;
}
