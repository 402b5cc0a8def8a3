import type { Moment, Outflow, StageSource, WaterElement } from './element.ts';
import { pipeDepthShare } from './pipe-flow.ts';
import { velocityMPerS } from './rating-curve.ts';

export interface OutfallShape {
  readonly invertM: number;
  readonly diameterM: number;
  /** What the full pipe passes into air, m³/s. */
  readonly fullM3PerS: number;
}

/** Where the bed of a river lies below the mouth when its gauge stands elsewhere, metres. */
const BED_BELOW_INVERT_M = 1;

/**
 * The mouth of a sewer in a river. A river above its crown takes away head, hence flow with the root of it (full pipe,
 * Q ∝ √Δh). A flap lets nothing back.
 */
export class Outfall implements WaterElement {
  readonly storageM3 = 0;
  readonly #shape: OutfallShape;
  #river: StageSource | undefined;
  #flowM3PerS = 0;

  constructor(shape: OutfallShape) {
    this.#shape = shape;
  }

  standsAt(river: StageSource): void {
    this.#river = river;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    this.#flowM3PerS = inflowM3 / stepS;
    return { passedM3: inflowM3, spilledM3: 0, evaporatedM3: 0 };
  }

  /** What is left of the capacity of a sewer that could fill up to `headM` and ends here: 0 to 1. */
  drainShare(headM: number): number {
    const crownM = this.#shape.invertM + this.#shape.diameterM;
    if (this.#riverM <= crownM) return 1;
    const headToAirM = Math.max(0.5, headM - crownM);
    return Math.sqrt(Math.max(0, 1 - (this.#riverM - crownM) / headToAirM));
  }

  /** The river before the mouth; a gauge that stands higher up tells the depth only. */
  get #riverM(): number {
    const { invertM } = this.#shape;
    if (this.#river === undefined) return -Infinity;
    const { stageM, bedM } = this.#river;
    return bedM < invertM ? stageM : stageM - bedM + invertM - BED_BELOW_INVERT_M;
  }

  value(property: string): number | undefined {
    const { invertM, diameterM, fullM3PerS } = this.#shape;
    switch (property) {
      case 'discharge':
        return this.#flowM3PerS;
      case 'velocity':
        return velocityMPerS(this.#flowM3PerS);
      case 'water_level':
        return Math.max(this.#riverM, invertM + diameterM * pipeDepthShare(this.#flowM3PerS, fullM3PerS));
      default:
        return undefined;
    }
  }
}
