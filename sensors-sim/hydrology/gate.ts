import type { Moment, Outflow, StageSource, WaterElement } from './element.ts';
import { velocityMPerS } from './rating-curve.ts';
import type { RatingCurve } from './rating-curve.ts';

export interface GateShape {
  /** What it passes fully open, m³/s. */
  readonly designM3PerS: number;
  readonly fullOpeningM: number;
  readonly rating: RatingCurve;
  /** Surface of the water held back behind it, m². */
  readonly pondM2: number;
}

/** A gate leaf needs this long from shut to open, seconds. */
const TRAVEL_S = 300;
/** The keeper moves the leaf only when the flow asks for this much more or less of the opening. */
const DEADBAND_SHARE = 0.05;
/** Never shut in ordinary operation: the river below needs water. */
const LEAST_SHARE = 0.1;
/** The keeper opens a little further than the flow needs. */
const RESERVE = 1.2;
/** Share of its banks at which a river shuts the barrier before it, and at which it is opened again. */
const SHUT_AT = 0.6;
const OPEN_AT = 0.5;
/** The keeper lets go what was held back over about this time, seconds: a wave would harm those below. */
const RELEASE_S = 1_800;
/** Held back higher than this, water runs over the leaf, metres above the bed. */
const OVERTOPPED_M = 4;

/** A gate in the way of the water: opens with the flow; a barrier shuts while the river outside is high. */
export class Gate implements WaterElement {
  readonly #shape: GateShape;
  #outside: StageSource | undefined;
  #isShut = false;
  #share = LEAST_SHARE;
  #target = LEAST_SHARE;
  #heldM3 = 0;
  #flowM3PerS = 0;

  constructor(shape: GateShape) {
    this.#shape = shape;
  }

  /** Makes the gate a barrier against this river. */
  shutsAgainst(outside: StageSource): void {
    this.#outside = outside;
  }

  get storageM3(): number {
    return this.#heldM3;
  }

  step(inflowM3: number, { stepS }: Moment): Outflow {
    const availableM3 = this.#heldM3 + inflowM3;
    const { designM3PerS } = this.#shape;
    this.#move(inflowM3 / stepS + this.#heldM3 / RELEASE_S, stepS);
    const passedM3 = Math.min(availableM3, designM3PerS * this.#share * stepS);
    const spilledM3 = Math.max(0, availableM3 - passedM3 - OVERTOPPED_M * this.#shape.pondM2);
    this.#heldM3 = availableM3 - passedM3 - spilledM3;
    this.#flowM3PerS = (passedM3 + spilledM3) / stepS;
    return { passedM3, spilledM3, evaporatedM3: 0 };
  }

  #move(askedM3PerS: number, stepS: number): void {
    const outside = this.#outside?.bankShare ?? 0;
    this.#isShut = outside >= SHUT_AT || (this.#isShut && outside > OPEN_AT);
    const needed = Math.min(1, Math.max(LEAST_SHARE, (RESERVE * askedM3PerS) / this.#shape.designM3PerS));
    const target = this.#isShut ? 0 : needed;
    if (Math.abs(target - this.#target) > DEADBAND_SHARE) this.#target = target;
    const most = stepS / TRAVEL_S;
    this.#share += Math.min(most, Math.max(-most, this.#target - this.#share));
  }

  /** What flows needs a depth, what is held back another: the higher one shows. */
  get #levelM(): number {
    const { rating, pondM2 } = this.#shape;
    return Math.max(rating.stageM(this.#flowM3PerS), rating.bedM + this.#heldM3 / pondM2);
  }

  value(property: string): number | undefined {
    switch (property) {
      case 'gate_opening':
        return this.#share * this.#shape.fullOpeningM;
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
