import { AppError } from '../../domain/errors.ts';
import type { StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import type { StationIndex } from './station-index.ts';

/** Every datastream announced by a batch that was taken, by number, with its station's place in the index. */
export class KnownDatastreams {
  readonly #stations: StationIndex;
  readonly #byId = new Map<number, StoredDatastream>();
  #stationOf = new Int32Array(256).fill(-1);

  constructor(stations: StationIndex) {
    this.#stations = stations;
  }

  add(datastream: StoredDatastream): void {
    const { id, station } = datastream;
    this.#byId.set(id, datastream);
    if (id >= this.#stationOf.length) {
      const wider = new Int32Array(Math.max(id + 1, this.#stationOf.length * 2)).fill(-1);
      wider.set(this.#stationOf);
      this.#stationOf = wider;
    }
    this.#stationOf[id] = this.#stations.of(station);
  }

  get(id: number): StoredDatastream | undefined {
    return this.#byId.get(id);
  }

  /** The place of the datastream's station in the index; throws `store_corrupt` when nobody announced it. */
  stationOf(id: number): number {
    const station = this.#stationOf[id] ?? -1;
    if (station < 0) throw new AppError('store_corrupt', `Datastream ${id} was not announced.`);
    return station;
  }
}
