import type { Moment } from './element.ts';
import { LinearReservoir, NashCascade } from './linear-reservoir.ts';
import type { Parcel } from './pollution.ts';
import type { RainSample } from './rain-field.ts';
import { StreetDirt } from './street-dirt.ts';

export interface CatchmentShape {
  readonly areaKm2: number;
  /** 0 to 1. */
  readonly imperviousShare: number;
  /** Ground water that comes out all year, m³/s for each km². */
  readonly seepageM3PerSKm2: number;
  /** Flow of the slow store when the model begins, m³/s for each km². */
  readonly baseflowM3PerSKm2: number;
  /** Used water in the dry-weather flow: wrong connections, 0 to 1. */
  readonly sewageShare: number;
  /** How dirty the streets are when the model begins, 0 to 1. */
  readonly dirtShare: number;
}

/** Volumes of a step, cubic metres, that cross the edge of the model. */
export interface CatchmentFluxes {
  readonly rainM3: number;
  readonly seepageM3: number;
  readonly evaporatedM3: number;
  /** Lost to deep ground water. */
  readonly percolatedM3: number;
}

/** What hollows keep before water runs, millimetres (DIN EN 752 practice: 0.5 to 2 sealed, 2 to 6 green). */
const SEALED_LOSS_MM = 1.5;
const GREEN_LOSS_MM = 4;
/** Horton (1940) for loamy red soil: first and last capacity, mm/h, and how fast it sinks, 1/h. */
const FIRST_MM_PER_H = 70;
const LAST_MM_PER_H = 7;
const SINK_PER_H = 3;
/** The soil takes water again after about this time, hours. */
const RECOVERY_H = 36;
/** Residence in the slow store, seconds, and the share of it that comes back to the river. */
const SOIL_S = 60 * 3_600;
const RETURNED_SHARE = 0.6;
const NASH_RESERVOIRS = 3;

/** Time of concentration of an urban catchment: twelve minutes for 0.1 km², half an hour for 1 km², two hours for 40 km². */
function concentrationS(areaKm2: number): number {
  return 1_800 * areaKm2 ** 0.4;
}

/**
 * A catchment: initial loss, direct runoff of the sealed share, Horton infiltration on the rest, a Nash cascade for the
 * surface and a slow store for what went into the ground.
 */
export class Catchment {
  readonly #shape: CatchmentShape;
  readonly #rain: RainSample;
  readonly #surface: NashCascade;
  readonly #soil: LinearReservoir;
  readonly #dirt: StreetDirt;
  #sealedMm = 0;
  #greenMm = 0;
  #capacityMmPerH = FIRST_MM_PER_H;
  /** Dirt in the water on its way over the surface, kilograms. */
  #surfaceDirtKg = 0;

  constructor(shape: CatchmentShape, rain: RainSample) {
    this.#shape = shape;
    this.#rain = rain;
    this.#surface = new NashCascade({
      count: NASH_RESERVOIRS,
      residenceS: (0.6 * concentrationS(shape.areaKm2)) / NASH_RESERVOIRS,
      inflowM3PerS: 0,
    });
    this.#soil = new LinearReservoir(SOIL_S, (shape.areaKm2 * shape.baseflowM3PerSKm2) / RETURNED_SHARE);
    this.#dirt = new StreetDirt(shape.areaKm2 * 1e6 * shape.imperviousShare, shape.dirtShare);
  }

  get storageM3(): number {
    const { imperviousShare } = this.#shape;
    const hollowsMm = imperviousShare * this.#sealedMm + (1 - imperviousShare) * this.#greenMm;
    return hollowsMm * this.#m3PerMm + this.#surface.storageM3 + this.#soil.storageM3;
  }

  /** Adds the runoff of the step to `into`. */
  step(moment: Moment, into: Parcel): CatchmentFluxes {
    const { stepS } = moment;
    const { imperviousShare, areaKm2, seepageM3PerSKm2, sewageShare } = this.#shape;
    const rainMm = this.#rain.mmPerS * stepS;
    // Wet air takes no water.
    const thirstMm = rainMm > 0 ? 0 : moment.evaporationMmPerS * stepS;
    const sealedEvaporatedMm = Math.min(this.#sealedMm, thirstMm);
    const greenEvaporatedMm = Math.min(this.#greenMm, thirstMm);
    const sealedRunoffMm = this.#sealedRunoff(rainMm - sealedEvaporatedMm);
    const infiltratedMm = this.#infiltrate(this.#greenMm + rainMm - greenEvaporatedMm, stepS);
    const greenRunoffMm = this.#greenRunoff(rainMm - greenEvaporatedMm - infiltratedMm);

    const greenShare = 1 - imperviousShare;
    const directM3 = (imperviousShare * sealedRunoffMm + greenShare * greenRunoffMm) * this.#m3PerMm;
    const surfaceM3 = this.#routeSurface(directM3, this.#dirt.step(sealedRunoffMm, stepS), stepS, into);
    const soilM3 = this.#soil.step((infiltratedMm * greenShare * this.#m3PerMm) / stepS, stepS) * stepS;
    const returnedM3 = soilM3 * RETURNED_SHARE;
    const seepageM3 = areaKm2 * seepageM3PerSKm2 * stepS;
    into.volumeM3 += surfaceM3 + returnedM3 + seepageM3;
    into.stormM3 += surfaceM3;
    into.sewageM3 += (returnedM3 + seepageM3) * sewageShare;
    return {
      rainM3: rainMm * this.#m3PerMm,
      seepageM3,
      evaporatedM3: (imperviousShare * sealedEvaporatedMm + greenShare * greenEvaporatedMm) * this.#m3PerMm,
      percolatedM3: soilM3 - returnedM3,
    };
  }

  get #m3PerMm(): number {
    return this.#shape.areaKm2 * 1_000;
  }

  #sealedRunoff(gainMm: number): number {
    const poolMm = this.#sealedMm + gainMm;
    const runoffMm = Math.max(0, poolMm - SEALED_LOSS_MM);
    this.#sealedMm = poolMm - runoffMm;
    return runoffMm;
  }

  #greenRunoff(gainMm: number): number {
    const poolMm = this.#greenMm + gainMm;
    const runoffMm = Math.max(0, poolMm - GREEN_LOSS_MM);
    this.#greenMm = poolMm - runoffMm;
    return runoffMm;
  }

  #infiltrate(availableMm: number, stepS: number): number {
    const hours = stepS / 3_600;
    const infiltratedMm = Math.min(Math.max(0, availableMm), this.#capacityMmPerH * hours);
    // Horton's decay holds while the soil gets what it can take; with less water it sinks in proportion.
    const wetShare = infiltratedMm / (this.#capacityMmPerH * hours);
    this.#capacityMmPerH -= SINK_PER_H * wetShare * (this.#capacityMmPerH - LAST_MM_PER_H) * hours;
    this.#capacityMmPerH += ((1 - wetShare) * (FIRST_MM_PER_H - this.#capacityMmPerH) * hours) / RECOVERY_H;
    return infiltratedMm;
  }

  #routeSurface(directM3: number, washedKg: number, stepS: number, into: Parcel): number {
    const onSurfaceM3 = this.#surface.storageM3 + directM3;
    if (onSurfaceM3 <= 0) return 0;
    const surfaceM3 = this.#surface.step(directM3 / stepS, stepS) * stepS;
    this.#surfaceDirtKg += washedKg;
    const leavingKg = this.#surfaceDirtKg * Math.min(1, surfaceM3 / onSurfaceM3);
    this.#surfaceDirtKg -= leavingKg;
    into.dirtKg += leavingKg;
    return surfaceM3;
  }
}
