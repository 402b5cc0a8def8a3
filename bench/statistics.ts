/** The middle value, or the mean of the two middle ones; NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The smallest value that this share of all values does not exceed; NaN where there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * The median over the rounds of `measured / reference`. Both were measured right after each other in each round, so a
 * machine that other work slows down for a while slows both.
 */
export function medianRatio(measured: readonly number[], reference: readonly number[]): number {
  return median(measured.map((value, round) => value / (reference[round] ?? Number.NaN)));
}

/** The smallest and the largest value as text, or the only one. */
export function spread(values: readonly number[]): string {
  const shown = [Math.min(...values), Math.max(...values)].map(value => String(rounded(value)));
  return shown[0] === shown[1] ? (shown[0] ?? '') : shown.join('–');
}

/** Three significant digits below 1,000, whole numbers above. */
export function rounded(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1_000) return Math.round(value);
  return Number(value.toPrecision(3));
}
