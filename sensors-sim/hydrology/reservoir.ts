import { floodLimitOn } from '../../domain/model/threshold.ts';
import type { FloodLimitPeriod } from '../../domain/model/threshold.ts';
import { localMonthDay } from '../../domain/time/local-day.ts';
import { localDay } from './day-cycle.ts';
import type { Moment, Outflow, WaterElement } from './element.ts';

export interface ReservoirShape {
  readonly bottomM: number;
  readonly normalM: number;
  /** Below this nothing is let out. */
  readonly deadM: number;
  /** Storage and surface at the normal pool. */
  readonly capacityM3: number;
  readonly surfaceM2: number;
  readonly outletM3PerS: number;
  readonly spillwayM3PerS: number;
  /** Let out all year for the river below, m³/s. */
  readonly ecologicalM3PerS: number;
  readonly floodLimit: readonly FloodLimitPeriod[];
  /** Level at which the model begins, metres below the level that is kept. */
  readonly beginBelowM: number;
}

/** The outlet is fully open this far above the level it keeps, metres. */
const GATE_BAND_M = 0.3;
/** Head over the spillway at which it passes its design flow, metres. */
const SPILLWAY_HEAD_M = 1.5;
const STEEPEST = 6;

/**
 * A reservoir: storage follows a power law of the depth, V = Vn ((h − h0)/(hn − h0))^m, whose exponent gives the surface
 * at the normal pool, m = A (hn − h0)/Vn. Above the normal pool water runs over a weir, Q ∝ H^1.5; below, the outlet
 * keeps the flood-limit level of the date.
 */
export class Reservoir implements WaterElement {
  readonly #shape: ReservoirShape;
  readonly #exponent: number;
  #volumeM3: number | undefined;
  #releaseM3PerS = 0;
  #day = Number.NaN;
  #keptM: number;

  constructor(shape: ReservoirShape) {
    this.#shape = shape;
    const { normalM, bottomM, surfaceM2, capacityM3 } = shape;
    this.#exponent = Math.min(STEEPEST, Math.max(1, (surfaceM2 * (normalM - bottomM)) / capacityM3));
    this.#keptM = normalM;
  }

  /** Storage at the first step depends on its date, so there is none before. */
  get storageM3(): number {
    return this.#volumeM3 ?? 0;
  }

  /** Fills the reservoir to where it stands on that day. */
  begin(moment: Moment): void {
    this.#keepLevelOf(moment);
    const { beginBelowM, bottomM } = this.#shape;
    this.#volumeM3 = this.#volumeAt(Math.max(bottomM, this.#keptM - beginBelowM));
  }

  step(inflowM3: number, moment: Moment): Outflow {
    this.#keepLevelOf(moment);
    const { stepS, evaporationMmPerS } = moment;
    const availableM3 = this.storageM3 + inflowM3;
    const lossM3 = (evaporationMmPerS / 1_000) * this.#shape.surfaceM2 * stepS;
    const evaporatedM3 = Math.min(availableM3, lossM3);
    const releaseM3PerS = this.#releaseAt(this.#levelAt(availableM3 - evaporatedM3));
    const passedM3 = Math.min(availableM3 - evaporatedM3, releaseM3PerS * stepS);
    this.#volumeM3 = availableM3 - evaporatedM3 - passedM3;
    this.#releaseM3PerS = passedM3 / stepS;
    return { passedM3, spilledM3: 0, evaporatedM3 };
  }

  value(property: string): number | undefined {
    switch (property) {
      case 'water_level':
        return this.#levelAt(this.storageM3);
      case 'storage_volume':
        return this.storageM3;
      case 'discharge':
        return this.#releaseM3PerS;
      default:
        return undefined;
    }
  }

  #keepLevelOf({ at }: Moment): void {
    const day = localDay(at);
    if (day === this.#day) return;
    this.#day = day;
    this.#keptM = floodLimitOn(this.#shape.floodLimit, localMonthDay(at)) ?? this.#shape.normalM;
  }

  #releaseAt(levelM: number): number {
    const { normalM, deadM, outletM3PerS, spillwayM3PerS, ecologicalM3PerS } = this.#shape;
    if (levelM <= deadM) return 0;
    const gateShare = Math.min(1, Math.max(0, (levelM - this.#keptM) / GATE_BAND_M));
    const headM = Math.max(0, levelM - normalM);
    return ecologicalM3PerS + outletM3PerS * gateShare + spillwayM3PerS * (headM / SPILLWAY_HEAD_M) ** 1.5;
  }

  #levelAt(volumeM3: number): number {
    const { bottomM, normalM, capacityM3 } = this.#shape;
    return bottomM + (normalM - bottomM) * (volumeM3 / capacityM3) ** (1 / this.#exponent);
  }

  #volumeAt(levelM: number): number {
    const { bottomM, normalM, capacityM3 } = this.#shape;
    return capacityM3 * ((levelM - bottomM) / (normalM - bottomM)) ** this.#exponent;
  }
}
