/** Buckets of one millisecond up to here; slower ones fall into the last. */
const LONGEST_MS = 60_000;

/** A histogram of receivedTime → listener delays, in whole milliseconds, since the start of the process. */
export class PublishLatency {
  readonly #buckets = new Uint32Array(LONGEST_MS + 1);
  #count = 0;
  #max = 0;

  record(delayMs: number): void {
    const ms = Math.min(LONGEST_MS, Math.max(0, Math.round(delayMs)));
    this.#buckets[ms] = (this.#buckets[ms] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  summary(): { count: number; p50: number; p99: number; max: number } {
    return { count: this.#count, p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(share: number): number {
    const rank = Math.ceil(this.#count * share);
    let seen = 0;
    for (let ms = 0; ms <= this.#max; ms++) {
      seen += this.#buckets[ms] ?? 0;
      if (seen >= rank) return ms;
    }
    return this.#max;
  }
}
