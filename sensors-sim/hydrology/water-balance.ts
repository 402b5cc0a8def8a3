/** Water that crossed the edges of a basin or of the district, and what it holds more or less than before; m³. */
export interface WaterBalanceTerms {
  readonly rainM3: number;
  /** Ground water and used water that came in from outside the model. */
  readonly baseflowInM3: number;
  readonly evaporationM3: number;
  /** Lost to deep ground water; what comes back to the rivers is stored meanwhile. */
  readonly infiltrationM3: number;
  /** Out at the ends of the flow graph. */
  readonly outflowM3: number;
  readonly storedChangeM3: number;
  /** What came in minus what went out minus what is stored more: zero but for rounding. */
  readonly errorM3: number;
}

export interface BasinBalance extends WaterBalanceTerms {
  /** From other basins minus to other basins. */
  readonly transferInM3: number;
}

export interface WaterBalance extends WaterBalanceTerms {
  /** By basin id; water at stations without a basin is under `''`. */
  readonly perBasin: ReadonlyMap<string, BasinBalance>;
}

/** The running totals of one basin. */
export class BasinLedger {
  rainM3 = 0;
  baseflowInM3 = 0;
  transferInM3 = 0;
  evaporationM3 = 0;
  infiltrationM3 = 0;
  outflowM3 = 0;
  #storedAtBeginM3 = 0;

  /** Begins to count: what is stored now is the reference. */
  begin(storedM3: number): void {
    this.rainM3 = 0;
    this.baseflowInM3 = 0;
    this.transferInM3 = 0;
    this.evaporationM3 = 0;
    this.infiltrationM3 = 0;
    this.outflowM3 = 0;
    this.#storedAtBeginM3 = storedM3;
  }

  balance(storedM3: number): BasinBalance {
    const { rainM3, baseflowInM3, transferInM3, evaporationM3, infiltrationM3, outflowM3 } = this;
    const storedChangeM3 = storedM3 - this.#storedAtBeginM3;
    const inM3 = rainM3 + baseflowInM3 + transferInM3;
    const errorM3 = inM3 - evaporationM3 - infiltrationM3 - outflowM3 - storedChangeM3;
    return {
      rainM3,
      baseflowInM3,
      transferInM3,
      evaporationM3,
      infiltrationM3,
      outflowM3,
      storedChangeM3,
      errorM3,
    };
  }
}

/** The district's balance: transfers between its basins cancel. */
export function sumBalances(perBasin: ReadonlyMap<string, BasinBalance>): WaterBalance {
  const sum = (term: keyof WaterBalanceTerms): number =>
    [...perBasin.values()].reduce((total, balance) => total + balance[term], 0);
  return {
    rainM3: sum('rainM3'),
    baseflowInM3: sum('baseflowInM3'),
    evaporationM3: sum('evaporationM3'),
    infiltrationM3: sum('infiltrationM3'),
    outflowM3: sum('outflowM3'),
    storedChangeM3: sum('storedChangeM3'),
    errorM3: sum('errorM3'),
    perBasin,
  };
}
