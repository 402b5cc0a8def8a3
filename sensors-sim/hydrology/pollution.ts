/** Water with what it carries. */
export interface Parcel {
  volumeM3: number;
  /** Solids washed from streets and roofs, kilograms. */
  dirtKg: number;
  /** Raw used water, cubic metres of the volume. */
  sewageM3: number;
  /** Rain that ran off at once, cubic metres of the volume. */
  stormM3: number;
}

export function emptyParcel(): Parcel {
  return { volumeM3: 0, dirtKg: 0, sewageM3: 0, stormM3: 0 };
}

/** What a section sees of it. */
export interface Mixture {
  /** Suspended solids of the wash-off, mg/L. */
  readonly dirtMgPerL: number;
  /** Shares of the volume, 0 to 1. */
  readonly sewageShare: number;
  readonly stormShare: number;
}

export const CLEAN: Mixture = { dirtMgPerL: 0, sewageShare: 0, stormShare: 0 };

export function mixtureOf({ volumeM3, dirtKg, sewageM3, stormM3 }: Parcel): Mixture {
  return {
    dirtMgPerL: (1_000 * dirtKg) / volumeM3,
    sewageShare: sewageM3 / volumeM3,
    stormShare: stormM3 / volumeM3,
  };
}
