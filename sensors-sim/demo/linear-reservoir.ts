/**
 * A linear reservoir: outflow = storage / k. Solved exactly over a step of constant inflow, so any step keeps the
 * balance: inflow × step = outflow × step + change of storage.
 */
export class LinearReservoir {
  readonly #residenceS: number;
  #storageM3: number;

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
    const kept = Math.exp(-stepS / this.#residenceS);
    const before = this.#storageM3;
    this.#storageM3 = before * kept + inflowM3PerS * this.#residenceS * (1 - kept);
    return inflowM3PerS - (this.#storageM3 - before) / stepS;
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
    return this.#reservoirs.reduce((sum, { storageM3 }) => sum + storageM3, 0);
  }

  /** Answers the mean outflow of the step, m³/s. */
  step(inflowM3PerS: number, stepS: number): number {
    return this.#reservoirs.reduce((flow, reservoir) => reservoir.step(flow, stepS), inflowM3PerS);
  }
}
