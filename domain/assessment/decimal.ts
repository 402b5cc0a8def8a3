/** More places than any instrument reports; with them values up to 9,000 still are whole numbers that add exactly. */
const MAX_PLACES = 12;

/** Moves the decimal point of a finite number: the result is the number nearest to the shifted decimal. */
export function shiftDecimal(value: number, places: number): number {
  const [digits, exponent = '0'] = String(value).split('e');
  return Number(`${digits}e${Number(exponent) + places}`);
}

/**
 * The arithmetic mean of decimals. Added as binary fractions, three values of 0.2 have the mean 0.20000000000000004, which
 * is beyond the limit that each of them meets. NaN where there is no value.
 */
export function decimalMean(values: readonly number[]): number {
  const places = Math.min(MAX_PLACES, Math.max(0, ...values.map(decimalPlaces)));
  const sum = values.reduce((total, value) => total + shiftDecimal(value, places), 0);
  return sum / (values.length * 10 ** places);
}

function decimalPlaces(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return (digits.split('.')[1]?.length ?? 0) - Number(exponent);
}
