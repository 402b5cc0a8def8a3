import type { SourceMark } from '../model/source-mark.ts';

/** Class I asks for this share of saturation, or for 7.5 mg/L (GB 3838-2002, table 1). */
const CLASS_I_SHARE = 0.9;

/** Where the formula is used, °C. A temperature from outside is no reason to ask less of the oxygen. */
const FORMULA_RANGE_C = [0, 35] as const;

/** The formula below is written from memory: it is usual for fresh water, and stands in no clause that was read. */
export const SATURATION_SOURCE: SourceMark = 'memory';

/**
 * Dissolved oxygen from which water counts as class I by saturation, mg/L: 90 % of DOf = 468 / (31.6 + T), for fresh
 * water at 1 atm. Undefined outside 0 to 35 °C; then only the limit in mg/L holds.
 */
export function oxygenClassILimit(temperatureC: number): number | undefined {
  const [min, max] = FORMULA_RANGE_C;
  if (!(temperatureC >= min && temperatureC <= max)) return undefined;
  return (CLASS_I_SHARE * 468) / (31.6 + temperatureC);
}
