import type { Moment, Outflow, StageSource, WaterElement } from './element.ts';
import { LinearReservoir } from './linear-reservoir.ts';
import { velocityMPerS } from './rating-curve.ts';
import type { RatingCurve } from './rating-curve.ts';

export interface PassageOptions {
  /** How long the water stays; without it the water passes in the step it comes in. */
  readonly residenceS?: number;
  readonly rating?: RatingCurve;
  /** What a plant passes at most, and the share of the pollution it takes out of that. */
  readonly treatment?: { readonly capacityM3PerS: number; readonly removal: number };
}

/** Where water only passes: a gauged section, a pipe, a wetland, a treatment unit. */
export class Passage implements WaterElement, StageSource {
  readonly #options: PassageOptions;
  readonly #store: LinearReservoir | undefined;
  #flowM3PerS = 0;
  #removal = 0;

  constructor(options: PassageOptions) {
    this.#options = options;
    const { residenceS } = options;
    this.#store = residenceS === undefined ? undefined : new LinearReservoir(residenceS);
  }

  get storageM3(): number {
    return this.#store?.storageM3 ?? 0;
  }

  get removal(): number {
    return this.#removal;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    const inflow = inflowM3 / stepS;
    const flow = this.#store?.step(inflow, stepS) ?? inflow;
    this.#flowM3PerS = flow;
    const { treatment } = this.#options;
    if (treatment !== undefined && flow > 0) {
      this.#removal = treatment.removal * Math.min(1, treatment.capacityM3PerS / flow);
    }
    return { passedM3: this.#store === undefined ? inflowM3 : flow * stepS, spilledM3: 0, evaporatedM3: 0 };
  }

  get stageM(): number {
    return this.#options.rating?.stageM(this.#flowM3PerS) ?? 0;
  }

  get bedM(): number {
    return this.#options.rating?.bedM ?? 0;
  }

  get bankShare(): number {
    return this.#options.rating?.bankShare(this.#flowM3PerS) ?? 0;
  }

  value(property: string): number | undefined {
    switch (property) {
      case 'discharge':
        return this.#flowM3PerS;
      case 'velocity':
        return velocityMPerS(this.#flowM3PerS);
      case 'water_level':
        return this.#options.rating === undefined ? undefined : this.stageM;
      default:
        return undefined;
    }
  }
}
