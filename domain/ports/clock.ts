import type { DurationMs, EpochMs } from '../time/instant.ts';

/** The wall clock and its timers. Injected everywhere below `server`, so that tests own time. */
export interface Clock {
  now(): EpochMs;
  /** Monotonic milliseconds with an arbitrary origin, for measuring spans. */
  monotonicMs(): number;
  /** Calls `run` once after the span; the returned function cancels. The timer does not keep the process alive. */
  after(span: DurationMs, run: () => void): () => void;
}
