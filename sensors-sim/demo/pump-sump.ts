/** A sump and its pumps. Levels are metres in the datum of the station. */
export interface SumpShape {
  readonly floorM: number;
  readonly areaM2: number;
  /** At this level water leaves over the edge. */
  readonly brimM: number;
  /** Each pump starts at its level and runs until the water has sunk to its stop level. */
  readonly pumps: readonly { readonly startM: number; readonly stopM: number }[];
  readonly pumpM3PerS: number;
}

/** Evenly staggered start levels in the lower half of the sump. */
export function sumpShape(options: {
  readonly floorM: number;
  readonly heightM: number;
  readonly areaM2: number;
  readonly pumps: number;
  readonly pumpM3PerS: number;
}): SumpShape {
  const { floorM, heightM, areaM2, pumps, pumpM3PerS } = options;
  const share = (part: number): number => floorM + heightM * part;
  return {
    floorM,
    areaM2,
    brimM: share(1),
    pumpM3PerS,
    pumps: Array.from({ length: pumps }, (_, index) => ({
      startM: share(0.3 + (0.3 * index) / pumps),
      stopM: share(0.12 + (0.06 * index) / pumps),
    })),
  };
}

/** The level of a sump under inflow and pumps with hysteresis; keeps the balance of every step. */
export class PumpSump {
  readonly #shape: SumpShape;
  readonly #running: boolean[];
  #volumeM3 = 0;

  constructor(shape: SumpShape) {
    this.#shape = shape;
    this.#running = shape.pumps.map(() => false);
  }

  /** Answers what left in the step, m³. */
  step(inflowM3PerS: number, stepS: number): { readonly pumpedM3: number; readonly spilledM3: number } {
    for (const [index, pump] of this.#shape.pumps.entries()) {
      if (this.levelM >= pump.startM) this.#running[index] = true;
      else if (this.levelM <= pump.stopM) this.#running[index] = false;
    }
    const capacityM3 = this.#running.filter(Boolean).length * this.#shape.pumpM3PerS * stepS;
    const available = this.#volumeM3 + inflowM3PerS * stepS;
    const pumpedM3 = Math.min(available, capacityM3);
    const room = (this.#shape.brimM - this.#shape.floorM) * this.#shape.areaM2;
    const spilledM3 = Math.max(0, available - pumpedM3 - room);
    this.#volumeM3 = available - pumpedM3 - spilledM3;
    return { pumpedM3, spilledM3 };
  }

  get levelM(): number {
    return this.#shape.floorM + this.#volumeM3 / this.#shape.areaM2;
  }

  get volumeM3(): number {
    return this.#volumeM3;
  }

  isRunning(pump: number): boolean {
    return this.#running[pump] ?? false;
  }
}
