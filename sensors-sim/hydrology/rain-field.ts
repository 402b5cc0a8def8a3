import { MINUTE_MS } from '../../domain/time/instant.ts';
import type { Place } from './place.ts';
import type { Weather } from './weather.ts';

/** The rain on a point or an area now. */
export interface RainSample {
  readonly mmPerS: number;
}

/** Above this area, km², the rain is the mean of five points: no cell covers a large catchment evenly. */
const POINT_KM2 = 4;

class Sample implements RainSample {
  readonly places: readonly Place[];
  mmPerS = 0;

  constructor(places: readonly Place[]) {
    this.places = places;
  }
}

/** The rain of every place the model asked for, constant over a minute. */
export class RainField {
  readonly #weather: Weather;
  readonly #samples = new Map<string, Sample>();
  #minute = Number.NaN;
  #isDry = true;

  constructor(weather: Weather) {
    this.#weather = weather;
  }

  /** The rain at a place, or as a mean over an area around it. */
  sampleAt(place: Place, areaKm2 = 0): RainSample {
    const { eastKm, northKm } = place;
    const key = `${eastKm} ${northKm} ${areaKm2 > POINT_KM2 ? areaKm2 : 0}`;
    const known = this.#samples.get(key);
    if (known !== undefined) return known;
    const reachKm = 0.35 * Math.sqrt(areaKm2);
    const around = [
      { eastKm: eastKm + reachKm, northKm },
      { eastKm: eastKm - reachKm, northKm },
      { eastKm, northKm: northKm + reachKm },
      { eastKm, northKm: northKm - reachKm },
    ];
    const sample = new Sample(areaKm2 > POINT_KM2 ? [place, ...around] : [place]);
    this.#samples.set(key, sample);
    return sample;
  }

  /** Brings all samples to the minute that contains this time. */
  moveTo(atMs: number): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    const middleMs = (minute + 0.5) * MINUTE_MS;
    const cells = this.#weather.cellsAt(middleMs);
    if (cells.length === 0 && this.#isDry) return;
    this.#isDry = cells.length === 0;
    for (const sample of this.#samples.values()) {
      let sum = 0;
      for (const place of sample.places) sum += this.#weather.rainMmPerS(cells, middleMs, place);
      sample.mmPerS = sum / sample.places.length;
    }
  }
}
