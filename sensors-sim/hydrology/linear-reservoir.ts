/** Less water than this is let go at once, since a store that empties for ever ends in numbers the processor is slow with. */
const DREGS_M3 = 1e-6;

/**
 * A linear reservoir: outflow = storage / k. Solved exactly over a step of constant inflow, so any step keeps the
 * balance: inflow × step = outflow × step + change of storage.
 */
export class LinearReservoir {
  readonly #residenceS: number;
  #storageM3: number;
  #stepS = 0;
  #kept = 1;

  /** `residenceS`: k, seconds; starts in equilibrium with the given inflow, m³/s. */
  constructor(residenceS: number, inflowM3PerS = 0) {
    this.#residenceS = residenceS;
    this.#storageM3 = inflowM3PerS * residenceS;
  }

  get storageM3(): number {
    return this.#storageM3;
  }

  /** Answers the mean outflow of the step, m³/s. */
  step(inflowM3PerS: number, stepS: number): number {
    const before = this.#storageM3;
    if (inflowM3PerS === 0 && before < DREGS_M3) {
      this.#storageM3 = 0;
      return before / stepS;
    }
    if (stepS !== this.#stepS) {
      this.#stepS = stepS;
      this.#kept = Math.exp(-stepS / this.#residenceS);
    }
    this.#storageM3 = before * this.#kept + inflowM3PerS * this.#residenceS * (1 - this.#kept);
    return Math.max(0, inflowM3PerS - (this.#storageM3 - before) / stepS);
  }
}

/** Equal linear reservoirs in a row (Nash, 1957): the unit hydrograph of a catchment. */
export class NashCascade {
  readonly #reservoirs: readonly LinearReservoir[];

  constructor(options: {
    readonly count: number;
    readonly residenceS: number;
    readonly inflowM3PerS: number;
  }) {
    const { count, residenceS, inflowM3PerS } = options;
    this.#reservoirs = Array.from({ length: count }, () => new LinearReservoir(residenceS, inflowM3PerS));
  }

  get storageM3(): number {
    let sum = 0;
    for (const { storageM3 } of this.#reservoirs) sum += storageM3;
    return sum;
  }

  /** Answers the mean outflow of the step, m³/s. */
  step(inflowM3PerS: number, stepS: number): number {
    let flow = inflowM3PerS;
    for (const reservoir of this.#reservoirs) flow = reservoir.step(flow, stepS);
    return flow;
  }
}
