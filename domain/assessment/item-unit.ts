import { shiftDecimal } from './decimal.ts';
import { gb3838Item } from './gb3838.ts';

/** Units a value may arrive in, by quantity, as powers of ten of the quantity's base unit. */
const UNITS: Readonly<Record<string, { readonly quantity: string; readonly exponent: number }>> = {
  'mg/L': { quantity: 'mass concentration', exponent: 0 },
  'ug/L': { quantity: 'mass concentration', exponent: -3 },
  '1/L': { quantity: 'number concentration', exponent: 0 },
  '1': { quantity: 'pure number', exponent: 0 },
  Cel: { quantity: 'temperature', exponent: 0 },
};

export type UnitConversion =
  | { readonly kind: 'converted'; readonly value: number }
  | { readonly kind: 'refused'; readonly reason: 'no_limits' | 'unknown_unit' | 'other_quantity' };

/**
 * A value in the unit of the item's limits. HJ 212 sends total Hg, Cd, Cr(VI), As, Pb and Se in ug/L where the limits
 * are in mg/L, so the unit has to come with the value, by protocol and code. An unknown unit is refused, never guessed.
 *
 * @param value finite
 */
export function toItemUnit(property: string, value: number, unit: string): UnitConversion {
  const item = gb3838Item(property);
  if (item === undefined) return { kind: 'refused', reason: 'no_limits' };
  const from = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const to = UNITS[item.unit];
  if (from === undefined || to === undefined) return { kind: 'refused', reason: 'unknown_unit' };
  if (from.quantity !== to.quantity) return { kind: 'refused', reason: 'other_quantity' };
  // A product may land beside the limit that the decimal is equal to.
  return { kind: 'converted', value: shiftDecimal(value, from.exponent - to.exponent) };
}
