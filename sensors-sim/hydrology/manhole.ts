import type { Moment, Outflow, WaterElement } from './element.ts';
import type { Outfall } from './outfall.ts';
import { pipeDepthShare } from './pipe-flow.ts';
import { velocityMPerS } from './rating-curve.ts';

export interface ManholeShape {
  readonly bottomM: number;
  readonly groundM: number;
  readonly diameterM: number;
  /** What the pipe that leaves it passes when full, m³/s. */
  readonly fullM3PerS: number;
  /** Surface of the shafts and connections that fill above the crown, m². */
  readonly surfaceM2: number;
}

/**
 * A manhole above its pipe. Below the capacity of the pipe the flow is steady; what is more fills the shafts up to the
 * ground and then the road. A drowned outfall lowers the capacity.
 */
export class Manhole implements WaterElement {
  readonly #shape: ManholeShape;
  #outfall: Outfall | undefined;
  #surchargeM3 = 0;
  #flowM3PerS = 0;
  #capacityM3PerS: number;
  #isOverflowing = false;

  constructor(shape: ManholeShape) {
    this.#shape = shape;
    this.#capacityM3PerS = shape.fullM3PerS;
  }

  drainsTo(outfall: Outfall): void {
    this.#outfall = outfall;
  }

  get storageM3(): number {
    return this.#surchargeM3;
  }

  /** Water stands up to the ground: the inlets of the road above take nothing. */
  get isOverflowing(): boolean {
    return this.#isOverflowing;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    const { fullM3PerS, groundM } = this.#shape;
    this.#capacityM3PerS = fullM3PerS * (this.#outfall?.drainShare(groundM) ?? 1);
    const availableM3 = this.#surchargeM3 + inflowM3;
    const passedM3 = Math.min(availableM3, this.#capacityM3PerS * stepS);
    const spilledM3 = Math.max(0, availableM3 - passedM3 - this.#roomM3);
    this.#surchargeM3 = Math.max(0, availableM3 - passedM3 - spilledM3);
    this.#flowM3PerS = passedM3 / stepS;
    this.#isOverflowing = spilledM3 > 0;
    return { passedM3, spilledM3, evaporatedM3: 0 };
  }

  get #crownM(): number {
    return Math.min(this.#shape.bottomM + this.#shape.diameterM, this.#shape.groundM);
  }

  get #roomM3(): number {
    return (this.#shape.groundM - this.#crownM) * this.#shape.surfaceM2;
  }

  get #levelM(): number {
    const { bottomM, surfaceM2 } = this.#shape;
    if (this.#surchargeM3 > 0) return this.#crownM + this.#surchargeM3 / surfaceM2;
    return bottomM + (this.#crownM - bottomM) * pipeDepthShare(this.#flowM3PerS, this.#capacityM3PerS);
  }

  value(property: string): number | undefined {
    switch (property) {
      case 'manhole_level':
      case 'water_level':
        return this.#levelM;
      case 'discharge':
        return this.#flowM3PerS;
      case 'velocity':
        return velocityMPerS(this.#flowM3PerS);
      default:
        return undefined;
    }
  }
}
