import { LOCAL_OFFSET_MS } from '../../domain/time/bucket.ts';
import { DAY_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Random } from '../random.ts';

/** Dirt on the streets comes back in this time, seconds (Sartor and Boyd, 1972: saturating build-up). */
const BUILD_UP_S = 5 * 86_400;
/** Share of the dirt that a millimetre of rain washes off (exponential wash-off, the same source). */
const WASH_OFF_PER_MM = 0.09;
/** How long a plume of wash-off takes to pass the section, seconds. */
const PLUME_S = 4_000;

/** Position in the local day, 0 at midnight, 1 at the next. */
function dayShare(at: EpochMs): number {
  return ((((at + LOCAL_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS) / DAY_MS;
}

/** Warmest at 15:00, coldest at 03:00 local time; -1 to 1. */
export function warmth(at: EpochMs): number {
  return Math.cos(2 * Math.PI * (dayShare(at) - 15 / 24));
}

/** Light on the water, 0 at night, 1 at noon. */
function daylight(at: EpochMs): number {
  return Math.max(0, Math.cos(2 * Math.PI * (dayShare(at) - 0.5)));
}

/** Oxygen saturation of fresh water at sea level, mg/L (ASCE, 1960); within 0.15 mg/L from 0 to 30 °C. */
export function oxygenSaturation(temperatureC: number): number {
  const t = temperatureC;
  return 14.652 - 0.41022 * t + 0.007991 * t * t - 0.000077774 * t * t * t;
}

/**
 * Water quality of a section: oxygen by light and warmth, and a first flush, since the first rain after a dry spell
 * carries the dirt of the streets.
 */
export class WaterQuality {
  /** Dirt on the streets, 1 when full. */
  #dirt: number;
  /** Wash-off in the water, in units of the dirt. */
  #plume = 0;
  #wetness = 0;
  /** Oxygen made by light so far, above or below saturation, mg/L. */
  #oxygenOffset = -1.2;
  #temperatureC: number;

  constructor(random: Random) {
    this.#dirt = random.between(0.4, 0.9);
    this.#temperatureC = random.between(24, 28);
  }

  step(at: EpochMs, rainMmPerS: number, stepS: number): void {
    const washed = this.#dirt * (1 - Math.exp(-WASH_OFF_PER_MM * rainMmPerS * stepS));
    this.#dirt += (1 - this.#dirt) * (1 - Math.exp(-stepS / BUILD_UP_S)) - washed;
    this.#plume = this.#plume * Math.exp(-stepS / PLUME_S) + washed;
    this.#wetness += (Math.min(1, rainMmPerS * 360) - this.#wetness) * (1 - Math.exp(-stepS / 7_200));
    const target = 26 + 1.5 * warmth(at) - 2.5 * this.#wetness;
    this.#temperatureC += (target - this.#temperatureC) * (1 - Math.exp(-stepS / 10_800));
    const oxygenTarget = -2.4 + 3.6 * daylight(at) * (1 - 0.7 * this.#wetness) - 5 * Math.min(1, this.#plume);
    this.#oxygenOffset += (oxygenTarget - this.#oxygenOffset) * (1 - Math.exp(-stepS / 9_000));
  }

  /** The value of a property in its unit; `undefined` for a property that is not modelled here. */
  value(property: string): number | undefined {
    switch (property) {
      case 'water_temperature':
        return this.#temperatureC;
      case 'dissolved_oxygen':
        return Math.max(0.2, oxygenSaturation(this.#temperatureC) + this.#oxygenOffset);
      case 'ph':
        return 7.3 + 0.12 * this.#oxygenOffset - 0.2 * this.#wetness;
      case 'conductivity':
        return 420 * (1 - 0.45 * this.#wetness) + 160 * this.#plume;
      case 'turbidity':
        return 14 + 700 * this.#plume + 40 * this.#wetness;
      case 'ammonia_nitrogen':
        return 0.7 + 3.2 * this.#plume - 0.2 * this.#wetness;
      case 'total_phosphorus':
        return 0.14 + 0.5 * this.#plume;
      case 'total_nitrogen':
        return 4.5 + 4 * this.#plume - 0.8 * this.#wetness;
      case 'permanganate_index':
        return 3.6 + 9 * this.#plume;
      case 'chemical_oxygen_demand':
        return 14 + 45 * this.#plume;
      default:
        return undefined;
    }
  }
}
