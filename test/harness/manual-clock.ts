import type { Clock } from '../../domain/ports/clock.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers run while it moves, in the order in which they are due, also
 * those that others set meanwhile.
 */
export class ManualClock implements Clock {
  #passedMs = 0;
  #startMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_790_000_000_000) {
    this.#startMs = startMs;
  }

  now(): EpochMs {
    return epochMs(this.#startMs + this.#passedMs);
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  after(span: DurationMs, run: () => void): () => void {
    const timer = { dueMs: this.#passedMs + span, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  advance(spanMs: number): void {
    const untilMs = this.#passedMs + spanMs;
    for (;;) {
      const due = [...this.#timers]
        .filter(timer => timer.dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#passedMs = Math.max(this.#passedMs, due.dueMs);
      due.run();
    }
    this.#passedMs = untilMs;
  }

  /** Sets the wall clock, as an operator or a time service would; no time passes. */
  set(now: EpochMs): void {
    this.#startMs = now - this.#passedMs;
  }
}
