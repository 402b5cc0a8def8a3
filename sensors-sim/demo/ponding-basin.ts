import type { Random } from '../random.ts';

export interface PondingShape {
  /** Paved surface that drains to the low point, m². */
  readonly catchmentM2: number;
  /** Surface of the water standing there, m². */
  readonly pondM2: number;
  /** What inlets and sewer take, m³/s. */
  readonly drainM3PerS: number;
}

export function drawPondingShape(random: Random): PondingShape {
  const catchmentM2 = random.between(4_000, 15_000);
  // Inlets take a rain of 25 to 45 mm/h; what is more stands on the road.
  const drainM3PerS = (catchmentM2 * random.between(0.025, 0.045)) / 3_600;
  return { catchmentM2, pondM2: random.between(400, 1_500), drainM3PerS };
}

/** A low point of a road as a bucket: what rain brings and the drain does not take stands there. */
export class PondingBasin {
  readonly #shape: PondingShape;
  #volumeM3 = 0;

  constructor(shape: PondingShape) {
    this.#shape = shape;
  }

  /** Answers what came and what left in the step, m³. */
  step(rainMmPerS: number, stepS: number): { readonly inflowM3: number; readonly drainedM3: number } {
    const inflowM3 = (rainMmPerS / 1_000) * this.#shape.catchmentM2 * stepS;
    const drainedM3 = Math.min(this.#volumeM3 + inflowM3, this.#shape.drainM3PerS * stepS);
    this.#volumeM3 += inflowM3 - drainedM3;
    return { inflowM3, drainedM3 };
  }

  get volumeM3(): number {
    return this.#volumeM3;
  }

  get depthM(): number {
    return this.#volumeM3 / this.#shape.pondM2;
  }
}
