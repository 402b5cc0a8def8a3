/** Exponent of Q = a (h − h0)^b; 1.5 to 2 in natural sections (ISO 18320), 5/3 in a wide channel after Manning. */
const EXPONENT = 5 / 3;
/** Out of its banks a river rises this much of what it would rise between them: the flood plain takes the rest. */
const OVERBANK_SHARE = 0.3;

/** Stage and discharge of a section: a power law through its bed and its bank-full discharge. */
export class RatingCurve {
  readonly bedM: number;
  readonly #bankHeightM: number;
  readonly #bankfullM3PerS: number;

  constructor(options: { readonly bedM: number; readonly bankM: number; readonly bankfullM3PerS: number }) {
    this.bedM = options.bedM;
    this.#bankHeightM = Math.max(0.3, options.bankM - options.bedM);
    this.#bankfullM3PerS = options.bankfullM3PerS;
  }

  stageM(dischargeM3PerS: number): number {
    return this.bedM + this.#bankHeightM * this.bankShare(dischargeM3PerS);
  }

  /** Depth as a share of the bank's height. */
  bankShare(dischargeM3PerS: number): number {
    const share = (Math.max(0, dischargeM3PerS) / this.#bankfullM3PerS) ** (1 / EXPONENT);
    return share <= 1 ? share : 1 + (share - 1) * OVERBANK_SHARE;
  }
}

/** Hydraulic geometry at a station, v ∝ Q^0.34 (Leopold and Maddock, 1953), m/s. */
export function velocityMPerS(dischargeM3PerS: number): number {
  return 0.35 * Math.max(0, dischargeM3PerS) ** 0.34;
}

/** Discharge that fills the banks of a river with that catchment, m³/s: a rare flood of small coastal basins. */
export function bankfullM3PerS(catchmentKm2: number): number {
  return 14 * Math.max(0.05, catchmentKm2) ** 0.9;
}
