/** A dirty street carries this much, kilograms per hectare of sealed surface. */
const FULL_KG_PER_HA = 30;
/** Dirt comes back in this time, seconds (Sartor and Boyd, 1972: saturating build-up). */
const BUILD_UP_S = 5 * 86_400;
/** Share of the dirt that a millimetre of runoff washes off: 4.6 per inch (the same source). */
const WASH_OFF_PER_MM = 0.18;

/** Dirt on sealed surfaces: comes back with dry days, goes with the first millimetres of runoff. */
export class StreetDirt {
  readonly #fullKg: number;
  #kg: number;

  /** `share`: how dirty the streets are at first, 0 to 1. */
  constructor(sealedM2: number, share: number) {
    this.#fullKg = (sealedM2 / 10_000) * FULL_KG_PER_HA;
    this.#kg = this.#fullKg * share;
  }

  /** Answers what the runoff of the step washes off, kilograms. */
  step(runoffMm: number, stepS: number): number {
    this.#kg += ((this.#fullKg - this.#kg) * stepS) / BUILD_UP_S;
    if (runoffMm <= 0) return 0;
    const washedKg = this.#kg * (1 - Math.exp(-WASH_OFF_PER_MM * runoffMm));
    this.#kg -= washedKg;
    return washedKg;
  }
}
