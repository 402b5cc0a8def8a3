import type { WaterBody } from '../../domain/assessment/quality-class.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { daylight, warmth } from './day-cycle.ts';
import type { Mixture } from './pollution.ts';

/** Water follows the air in this time, oxygen the light and the plants, and the dirt in the water: seconds. */
const WARMING_S = 10_800;
const BREATHING_S = 18_000;
const DECAY_S = 7_200;
/** The water of a section is a mean over some minutes: an analyser draws from a flow cell. */
const MIXING_S = 600;

/** Oxygen saturation of fresh water at sea level, mg/L (ASCE, 1960); within 0.15 mg/L from 0 to 30 °C. */
export function oxygenSaturation(temperatureC: number): number {
  const t = temperatureC;
  return 14.652 - 0.41022 * t + 0.007991 * t * t - 0.000077774 * t * t * t;
}

/** Cells of a mixed population in a litre for each milligram of chlorophyll a in it. */
const CELLS_PER_MG = 1e9;

/** One constituent: of clean water of rivers and of lakes, what runoff has in its place, what dirt and used water add. */
interface Constituent {
  readonly river: number;
  /** Dirt settles where water stands. */
  readonly lake: number;
  readonly runoff: number;
  /** For each mg/L of washed-off solids. */
  readonly dirt: number;
  /** Of raw used water. */
  readonly sewage: number;
}

/** mg/L (conductivity µS/cm, turbidity NTU); usual event means of urban runoff and municipal raw sewage. */
const CONSTITUENTS: Readonly<Record<string, Constituent>> = {
  ammonia_nitrogen: { river: 0.25, lake: 0.08, runoff: 0.2, dirt: 0.005, sewage: 26 },
  total_phosphorus: { river: 0.06, lake: 0.014, runoff: 0.05, dirt: 0.0012, sewage: 4 },
  total_nitrogen: { river: 3.4, lake: 1.1, runoff: 1.2, dirt: 0.012, sewage: 36 },
  permanganate_index: { river: 2.4, lake: 1.8, runoff: 2, dirt: 0.04, sewage: 55 },
  chemical_oxygen_demand: { river: 9, lake: 7, runoff: 8, dirt: 0.22, sewage: 260 },
  conductivity: { river: 380, lake: 160, runoff: 70, dirt: 0.3, sewage: 850 },
  turbidity: { river: 9, lake: 3, runoff: 18, dirt: 0.9, sewage: 90 },
};

/** How much the plants make of the oxygen: a lake is deep. */
const PLANTS: Readonly<Record<WaterBody, number>> = { river: 1, lake: 0.4 };

/**
 * Water quality of a section: the mixture that arrives, oxygen by light, warmth and pollution, temperature by the day.
 */
export class WaterQuality {
  readonly #warmC: number;
  readonly #waterBody: WaterBody;
  #dirtMgPerL = 0;
  #sewageShare = 0;
  #stormShare = 0;
  #temperatureC: number;
  /** Oxygen above or below saturation, mg/L: by plants, which breathe all day and make some by light. */
  #breathed = -1;
  /** Taken by dirt and used water, mg/L. */
  #decayed = 0;

  /** `warmC`: mean temperature of the section in dry weather, °C. */
  constructor(warmC: number, waterBody: WaterBody) {
    this.#warmC = warmC;
    this.#waterBody = waterBody;
    this.#temperatureC = warmC;
  }

  step(at: EpochMs, stepS: number, mixture: Mixture): void {
    const mixed = stepS / MIXING_S;
    this.#dirtMgPerL += (mixture.dirtMgPerL - this.#dirtMgPerL) * mixed;
    this.#sewageShare += (mixture.sewageShare - this.#sewageShare) * mixed;
    this.#stormShare += (mixture.stormShare - this.#stormShare) * mixed;
    const warmthTarget = this.#warmC + 1.5 * warmth(at) - 3 * this.#stormShare;
    this.#temperatureC += ((warmthTarget - this.#temperatureC) * stepS) / WARMING_S;
    const calm = (1 - 0.8 * this.#stormShare) * PLANTS[this.#waterBody];
    const breathing = calm * (6 * daylight(at) - 2.8);
    this.#breathed += ((breathing - this.#breathed) * stepS) / BREATHING_S;
    const load = Math.min(1, this.#dirtMgPerL / 400 + 6 * this.#sewageShare);
    this.#decayed += ((5 * load - this.#decayed) * stepS) / DECAY_S;
  }

  /** The value of a property in its unit; `undefined` for a property that is no matter of water quality. */
  value(property: string): number | undefined {
    const constituent = CONSTITUENTS[property];
    if (constituent !== undefined) return this.#concentration(constituent);
    switch (property) {
      case 'water_temperature':
        return this.#temperatureC;
      case 'dissolved_oxygen':
        return this.#oxygenMgPerL;
      case 'ph':
        return 7.3 + 0.12 * this.#oxygenOffset - 0.25 * this.#stormShare;
      case 'redox_potential':
        return 120 + 28 * this.#oxygenMgPerL;
      case 'chlorophyll_a':
        return this.#chlorophyllMgPerL;
      case 'algal_density':
        return this.#chlorophyllMgPerL * CELLS_PER_MG;
      default:
        return undefined;
    }
  }

  /** More by day than at night, and little in the water of a storm. */
  get #chlorophyllMgPerL(): number {
    return 0.012 * (1 - 0.7 * this.#stormShare) * (1 + 0.08 * this.#oxygenOffset);
  }

  get #oxygenOffset(): number {
    return this.#breathed - this.#decayed;
  }

  get #oxygenMgPerL(): number {
    return Math.max(0.2, oxygenSaturation(this.#temperatureC) + this.#oxygenOffset);
  }

  #concentration({ runoff, dirt, sewage, ...clean }: Constituent): number {
    const storm = this.#stormShare;
    return (
      clean[this.#waterBody] * (1 - storm) +
      runoff * storm +
      dirt * this.#dirtMgPerL +
      sewage * this.#sewageShare
    );
  }
}
