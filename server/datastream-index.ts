import { formatDatastreamName } from '../domain/model/datastream.ts';
import type { DatastreamName } from '../domain/model/datastream.ts';
import type { StoredDatastream } from '../domain/ports/telemetry-store.ts';

/** Fetches the numbered datastreams from the `start`-th on. */
export type FetchDatastreams = (start: number) => Promise<readonly StoredDatastream[]>;

/** The store's numbering of datastreams, on the main thread. It only grows, so only what is new is fetched. */
export class DatastreamIndex {
  readonly #fetch: FetchDatastreams;
  readonly #byId = new Map<number, StoredDatastream>();
  readonly #byName = new Map<string, number>();
  #count = 0;
  #fetching: Promise<void> | undefined;

  constructor(fetch: FetchDatastreams) {
    this.#fetch = fetch;
  }

  byId(id: number): StoredDatastream | undefined {
    return this.#byId.get(id);
  }

  idOf(station: string, name: DatastreamName): number | undefined {
    return this.#byName.get(keyOf(station, name));
  }

  /** Learns what was numbered since the last call; calls share one fetch. */
  refresh(): Promise<void> {
    this.#fetching ??= this.#learn().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  get size(): number {
    return this.#count;
  }

  async #learn(): Promise<void> {
    const fresh = await this.#fetch(this.#count);
    for (const datastream of fresh) {
      this.#byId.set(datastream.id, datastream);
      this.#byName.set(keyOf(datastream.station, datastream), datastream.id);
    }
    this.#count += fresh.length;
  }
}

function keyOf(station: string, name: DatastreamName): string {
  return `${station}/${formatDatastreamName(name)}`;
}
