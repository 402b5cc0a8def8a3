/** A device clock as seen from ours. */
export interface ClockOffset {
  /** Device minus ours, milliseconds. */
  readonly offsetMs: number;
  /**
   * The true offset lies between offsetMs and offsetMs + uncertaintyMs, unless even the fastest path was slow.
   * Absent after a single message, which says nothing about delay.
   */
  readonly uncertaintyMs?: number;
  readonly samples: number;
}

const WINDOW = 32;
/** The resolution of the stamps themselves. */
const FLOOR_MS = 1;

/**
 * Estimates a device's clock offset from one-way stamps. Each message gives sent − received = offset − delay with
 * delay ≥ 0, so the largest sample is the closest bound from below (the one-way form of Cristian 1989); how far the
 * samples scatter below it says how much delay may still be hidden. Only messages that were not buffered count.
 */
export class ClockOffsetTracker {
  readonly #samples: number[] = [];
  #next = 0;

  /** @param sentMs device clock @param receivedMs our clock */
  observe(sentMs: number, receivedMs: number): void {
    this.#samples[this.#next] = sentMs - receivedMs;
    this.#next = (this.#next + 1) % WINDOW;
  }

  estimate(): ClockOffset | undefined {
    if (this.#samples.length === 0) return undefined;
    const sorted = this.#samples.toSorted((a, b) => a - b);
    const highest = sorted.at(-1) ?? 0;
    const median = sorted[Math.floor(sorted.length / 2)] ?? highest;
    if (sorted.length < 2) return { offsetMs: highest, samples: sorted.length };
    return { offsetMs: highest, uncertaintyMs: Math.max(FLOOR_MS, highest - median), samples: sorted.length };
  }
}
