import type { Moment, Outflow, WaterElement } from './element.ts';
import type { Manhole } from './manhole.ts';
import { depthAtSensorM, standingDepthM, standingVolumeM3 } from './standing-water.ts';

export interface PondingShape {
  /** Surface of the water when the low point is full, m². */
  readonly surfaceM2: number;
  /** What the inlets take, m³/s. */
  readonly inletM3PerS: number;
  /** Deeper water finds its way along the street, metres; at least 0.2. */
  readonly brimM: number;
}

/** A low point of a road: what comes and the inlets do not take stands there. */
export class PondingBasin implements WaterElement {
  readonly #shape: PondingShape;
  readonly #sewers: Manhole[] = [];
  #volumeM3 = 0;

  constructor(shape: PondingShape) {
    this.#shape = shape;
  }

  /** The sewer below: while it overflows the inlets take nothing. */
  liesAbove(sewer: Manhole): void {
    this.#sewers.push(sewer);
  }

  get storageM3(): number {
    return this.#volumeM3;
  }

  step(inflowM3: number, { stepS, evaporationMmPerS }: Moment): Outflow {
    const { inletM3PerS, surfaceM2, brimM } = this.#shape;
    const availableM3 = this.#volumeM3 + inflowM3;
    const isBlocked = this.#sewers.some(({ isOverflowing }) => isOverflowing);
    const passedM3 = isBlocked ? 0 : Math.min(availableM3, inletM3PerS * stepS);
    const lossM3 = (evaporationMmPerS / 1_000) * surfaceM2 * stepS;
    const evaporatedM3 = Math.min(availableM3 - passedM3, lossM3);
    const keptM3 = availableM3 - passedM3 - evaporatedM3;
    const spilledM3 = Math.max(0, keptM3 - standingVolumeM3(brimM, surfaceM2));
    this.#volumeM3 = keptM3 - spilledM3;
    return { passedM3, spilledM3, evaporatedM3 };
  }

  value(property: string, index: number): number | undefined {
    if (property !== 'ponding_depth') return undefined;
    return depthAtSensorM(standingDepthM(this.#volumeM3, this.#shape.surfaceM2), index);
  }
}
