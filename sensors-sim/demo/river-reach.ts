import type { Random } from '../random.ts';
import { LinearReservoir, NashCascade } from '../hydrology/linear-reservoir.ts';

/** Share of the rain that runs off at once in a built-up catchment; the rest feeds the slow store. */
const QUICK_SHARE = 0.55;
const SLOW_SHARE = 0.2;
/** Exponent of the rating curve Q = a (h − h0)^b; 1.5 to 2 in natural sections (ISO 18320). */
const RATING_EXPONENT = 1.6;

/** A gauged river section: rain on its catchment, a Nash cascade beside a slow store, a rating curve. */
export class RiverReach {
  readonly #zeroM: number;
  readonly #areaM2: number;
  readonly #ratingFactor: number;
  readonly #quick: NashCascade;
  readonly #slow: LinearReservoir;
  #dischargeM3PerS: number;

  /** `zeroM`: stage of zero flow; `heightM`: stage above it at which a rare flood runs. */
  constructor(random: Random, zeroM: number, heightM: number) {
    this.#zeroM = zeroM;
    this.#areaM2 = random.between(15, 90) * 1e6;
    const baseFlow = (this.#areaM2 / 1e6) * random.between(0.02, 0.05);
    // A specific flood discharge of 4 m³/s km², usual for small coastal catchments in South China.
    this.#ratingFactor = ((this.#areaM2 / 1e6) * 4) / Math.max(0.5, heightM) ** RATING_EXPONENT;
    this.#quick = new NashCascade({ count: 3, residenceS: random.between(900, 2_400), inflowM3PerS: 0 });
    this.#slow = new LinearReservoir(36 * 3_600, baseFlow);
    this.#dischargeM3PerS = baseFlow;
  }

  step(rainMmPerS: number, stepS: number): void {
    const onCatchment = (rainMmPerS / 1_000) * this.#areaM2;
    const quick = this.#quick.step(onCatchment * QUICK_SHARE, stepS);
    // What never stops seeping keeps the river from falling dry between storms.
    const seepage = (this.#areaM2 / 1e6) * 0.02;
    const slow = this.#slow.step(onCatchment * SLOW_SHARE * 0.3 + seepage, stepS);
    this.#dischargeM3PerS = quick + slow;
  }

  get dischargeM3PerS(): number {
    return this.#dischargeM3PerS;
  }

  get stageM(): number {
    return this.#zeroM + (this.#dischargeM3PerS / this.#ratingFactor) ** (1 / RATING_EXPONENT);
  }

  /** Hydraulic geometry at a station, v ∝ Q^0.34 (Leopold and Maddock, 1953). */
  get velocityMPerS(): number {
    return 0.35 * this.#dischargeM3PerS ** 0.34;
  }
}
