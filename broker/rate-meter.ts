import type { BrokerLimits } from './limits.ts';

/**
 * A token bucket, written as the moment at which it would be full again. Answers when a message may be acknowledged;
 * the answers never go back in time, so acknowledgements keep their order.
 */
export class RateMeter {
  #fullAtMs = 0;

  /**
   * Takes one token at `nowMs`; the acknowledgement is due at the answer, which may be past. Monotonic milliseconds.
   * A bucket is shared by so many `senders`.
   */
  take(nowMs: number, limits: Pick<BrokerLimits, 'messagesPerS' | 'messageBurst'>, senders: number): number {
    const tokenMs = 1_000 / limits.messagesPerS;
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + tokenMs / senders;
    return this.#fullAtMs - limits.messageBurst * tokenMs;
  }

  /** Nothing is owed any more, so that a new meter would say the same. */
  isIdle(nowMs: number): boolean {
    return this.#fullAtMs <= nowMs;
  }
}
