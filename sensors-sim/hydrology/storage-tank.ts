import type { Moment, Outflow, WaterElement } from './element.ts';

export interface TankShape {
  readonly capacityM3: number;
  readonly surfaceM2: number;
  readonly bottomM: number;
  /** What the pumps that empty it take, m³/s. */
  readonly emptyingM3PerS: number;
}

/** The sewer has room again when nothing has come for this long, seconds. */
const QUIET_S = 3_600;
/** Less than this does not count as coming, m³/s. */
const TRICKLE_M3_PER_S = 0.01;

/** A tank beside the sewer 调蓄池: keeps the peak of a storm and gives it back when the storm is over. */
export class StorageTank implements WaterElement {
  readonly #shape: TankShape;
  #volumeM3 = 0;
  #quietS = 0;
  #flowM3PerS = 0;

  constructor(shape: TankShape) {
    this.#shape = shape;
  }

  get storageM3(): number {
    return this.#volumeM3;
  }

  roomM3(): number {
    return Math.max(0, this.#shape.capacityM3 - this.#volumeM3);
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    const { capacityM3, emptyingM3PerS } = this.#shape;
    this.#quietS = inflowM3 > TRICKLE_M3_PER_S * stepS ? 0 : this.#quietS + stepS;
    const availableM3 = this.#volumeM3 + inflowM3;
    const passedM3 = this.#quietS < QUIET_S ? 0 : Math.min(availableM3, emptyingM3PerS * stepS);
    const spilledM3 = Math.max(0, availableM3 - passedM3 - capacityM3);
    this.#volumeM3 = availableM3 - passedM3 - spilledM3;
    this.#flowM3PerS = passedM3 / stepS;
    return { passedM3, spilledM3, evaporatedM3: 0 };
  }

  value(property: string): number | undefined {
    switch (property) {
      case 'storage_volume':
        return this.#volumeM3;
      case 'water_level':
      case 'sump_level':
        return this.#shape.bottomM + this.#volumeM3 / this.#shape.surfaceM2;
      case 'discharge':
        return this.#flowM3PerS;
      case 'pump_running':
        return Number(this.#flowM3PerS > 0);
      default:
        return undefined;
    }
  }
}
