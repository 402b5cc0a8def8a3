import type { Moment, Outflow, WaterElement } from './element.ts';
import { velocityMPerS } from './rating-curve.ts';

/** Weight of the inflow in the storage of a reach, S = K (X I + (1 − X) O); 0.2 to 0.3 in natural channels. */
const WEIGHT = 0.25;
/** Parts of weight 0 that spread a wave as one reach of weight X does: n (K/n)² = K² (1 − 2 X). */
const PARTS = 1 / (1 - 2 * WEIGHT);

/**
 * A stretch of river, routed after Muskingum (McCarthy, 1938). The coefficients are positive only for
 * 2 K |X| ≤ Δt ≤ 2 K (1 − X), and the step of the model is short beside K. So the reach is cut into equal parts of
 * weight 0, which are positive for any Δt ≤ 2 K and together keep its travel time and its spread (Kalinin and Milyukov).
 */
export class MuskingumReach implements WaterElement {
  readonly #partS: number;
  readonly #stepS: number;
  readonly #outflows: number[] = Array.from({ length: PARTS }, () => 0);
  #inflowM3PerS = 0;

  /** `travelS`: K, the time a wave takes through the reach; `stepS`: the step it will always be given. */
  constructor(travelS: number, stepS: number) {
    this.#partS = Math.max(travelS / PARTS, stepS);
    this.#stepS = stepS;
  }

  /** Includes the half step by which a flow that is a mean of the step lags behind one at its end. */
  get storageM3(): number {
    let sum = (this.#inflowM3PerS * this.#stepS) / 2;
    for (const outflow of this.#outflows) sum += this.#partS * outflow;
    return sum;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    // With X = 0: O2 = C (I1 + I2) + (1 − 2 C) O1, C = Δt / (2 K + Δt).
    const c = stepS / (2 * this.#partS + stepS);
    let inflowBefore = this.#inflowM3PerS;
    let flow = inflowM3 / stepS;
    this.#inflowM3PerS = flow;
    for (const [part, before] of this.#outflows.entries()) {
      const outflow = c * (inflowBefore + flow) + (1 - 2 * c) * before;
      this.#outflows[part] = outflow;
      inflowBefore = before;
      flow = outflow;
    }
    return { passedM3: ((inflowBefore + flow) / 2) * stepS, spilledM3: 0, evaporatedM3: 0 };
  }

  value(property: string): number | undefined {
    const outflow = this.#outflows.at(-1) ?? 0;
    if (property === 'discharge') return outflow;
    return property === 'velocity' ? velocityMPerS(outflow) : undefined;
  }
}
