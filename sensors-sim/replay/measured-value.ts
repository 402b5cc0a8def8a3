import type { LeftOut } from './row-format.ts';
import type { MissingKind } from './recording.ts';

/** A number in decimal notation; no exponent, no unit, no group separators. */
export function isPlainNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) && Number.isFinite(Number(text));
}

/** More digits than any of the files has, fewer than a binary product has: 2.4 ft are 0.73152 m, not 0.7315200000000001. */
const SIGNIFICANT_DIGITS = 12;

/** `value` in the unit that `factor` leads to. */
export function converted(value: number, factor: number): number {
  return Number((value * factor).toPrecision(SIGNIFICANT_DIGITS));
}

export interface CellReading {
  /** Of the property's unit per unit of the file; default 1. */
  readonly factor?: number;
  /** What the file writes where there is no value, besides nothing. */
  readonly sentinels?: ReadonlySet<string>;
}

/** The value of a cell of a published data set: a number, null with the way the file says so, or an exclusion. */
export function cellValue(
  text: string,
  { factor = 1, sentinels }: CellReading = {},
): { readonly ok: true; readonly v: number | null; readonly missing?: MissingKind } | LeftOut {
  if (text === '') return { ok: true, v: null, missing: 'empty' };
  if (sentinels?.has(text) === true) return { ok: true, v: null, missing: 'sentinel' };
  if (!isPlainNumber(text)) return { ok: false, exclusion: 'unparsable_number' };
  return { ok: true, v: converted(Number(text), factor) };
}
