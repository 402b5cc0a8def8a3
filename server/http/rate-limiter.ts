import type { Clock } from '../../domain/ports/clock.ts';

interface TokenBucket {
  tokens: number;
  at: number;
  inFlight: number;
}

/**
 * A token bucket per client, and how many of its requests are unanswered. At most `maxClients` buckets are kept; the
 * one unused for longest goes first, so that a flood of addresses costs bounded memory.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #concurrent: number;
  readonly #maxClients: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: {
    readonly clock: Clock;
    readonly requestsPerSecond: number;
    readonly burst: number;
    readonly concurrentPerClient: number;
    readonly maxClients?: number;
  }) {
    this.#clock = options.clock;
    this.#perSecond = options.requestsPerSecond;
    this.#burst = options.burst;
    this.#concurrent = options.concurrentPerClient;
    this.#maxClients = options.maxClients ?? 20_000;
  }

  /** 0 when the request may go on (then `release` must follow), else the milliseconds to wait. */
  acquire(client: string): number {
    const now = this.#clock.monotonicMs();
    const bucket = this.#touch(client, now);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
    bucket.at = now;
    if (bucket.inFlight >= this.#concurrent) return 1000;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
    bucket.tokens -= 1;
    bucket.inFlight += 1;
    return 0;
  }

  /** The request was answered, or its connection is gone. */
  release(client: string): void {
    const bucket = this.#buckets.get(client);
    if (bucket !== undefined && bucket.inFlight > 0) bucket.inFlight -= 1;
  }

  /** Gives back the token of a request that is not to count. */
  refund(client: string): void {
    const bucket = this.#buckets.get(client);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }

  get clients(): number {
    return this.#buckets.size;
  }

  /** Moves the client's bucket to the end of the map, which thereby stays in order of use. */
  #touch(client: string, now: number): TokenBucket {
    const bucket = this.#buckets.get(client) ?? { tokens: this.#burst, at: now, inFlight: 0 };
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > this.#maxClients) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    return bucket;
  }
}
