import type { Moment, Outflow, WaterElement } from './element.ts';
import { pumpPowerKw } from './pump-power.ts';

export interface ReplenishmentShape {
  readonly pumps: number;
  readonly pumpM3PerS: number;
  /** Whether it draws from outside the model: nothing in the flow graph leads to it. */
  readonly drawsFromOutside: boolean;
}

/** Lift to the head of the river, metres. */
const HEAD_M = 25;

/** Lifts treated water to the head of a river, as much as its pumps can and its source gives. */
export class ReplenishmentPump implements WaterElement {
  readonly storageM3 = 0;
  readonly #shape: ReplenishmentShape;
  #flowM3PerS = 0;

  constructor(shape: ReplenishmentShape) {
    this.#shape = shape;
  }

  roomM3(stepS: number): number {
    return this.#shape.pumps * this.#shape.pumpM3PerS * stepS;
  }

  supplyM3({ stepS }: Moment): number {
    return this.#shape.drawsFromOutside ? this.roomM3(stepS) : 0;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    this.#flowM3PerS = inflowM3 / stepS;
    return { passedM3: inflowM3, spilledM3: 0, evaporatedM3: 0 };
  }

  value(property: string, index: number): number | undefined {
    const { pumpM3PerS } = this.#shape;
    const isRunning = this.#flowM3PerS > pumpM3PerS * (index + 0.05);
    switch (property) {
      case 'pump_running':
        return Number(isRunning);
      case 'pump_power':
        return isRunning ? pumpPowerKw(pumpM3PerS, HEAD_M) : 0;
      case 'discharge':
        return this.#flowM3PerS;
      default:
        return undefined;
    }
  }
}
