/** Neighbouring bounds differ by this factor, so a quantile is right to 5 %. */
const GROWTH = 1.05;
/** The bound of the first bucket, milliseconds. */
const FIRST_MS = 0.01;

/** Spans of time in buckets of constant relative width: bounded memory for any number of messages. */
export class LatencyHistogram {
  readonly #counts: number[] = [];
  #total = 0;
  #maxMs = 0;

  add(spanMs: number): void {
    const bucket = spanMs <= FIRST_MS ? 0 : Math.ceil(Math.log(spanMs / FIRST_MS) / Math.log(GROWTH));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#maxMs = Math.max(this.#maxMs, spanMs);
  }

  /** The span that this share of all spans does not exceed, milliseconds; 0 where there is none. */
  quantile(share: number): number {
    let rest = share * this.#total;
    for (const [bucket, count = 0] of this.#counts.entries()) {
      rest -= count;
      if (rest <= 0 && count > 0) return Math.min(this.#maxMs, FIRST_MS * GROWTH ** bucket);
    }
    return this.#maxMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }
}
