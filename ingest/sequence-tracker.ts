/** How the sequence counter of one station has behaved. */
export interface SequenceState {
  readonly highest: number;
  /** Numbers skipped and not seen since. */
  readonly gaps: number;
  /** How often the counter started again. */
  readonly resets: number;
}

/** A step back further than this is a restart of the counter, not a late message. */
const REORDER_WINDOW = 1_000;
/** Skipped numbers remembered, so that a late message can fill its gap. */
const REMEMBERED = 256;

/**
 * Counts what is missing by the device's own counter. It only informs: readings are identified by time, never by
 * sequence, since counters restart with the battery.
 */
export class SequenceTracker {
  #highest: number | undefined;
  #gaps: number;
  #resets: number;
  readonly #missing = new Set<number>();
  /** What was skipped up to the next number may have been seen and forgotten. */
  #isBlurred: boolean;

  /** @param kept `isExact` false: further numbers may have been seen after the state was kept */
  constructor(state?: SequenceState, kept: { readonly isExact: boolean } = { isExact: true }) {
    this.#isBlurred = !kept.isExact;
    this.#highest = state?.highest;
    this.#gaps = state?.gaps ?? 0;
    this.#resets = state?.resets ?? 0;
  }

  observe(seq: number): void {
    if (this.#highest === undefined) {
      this.#highest = seq;
      return;
    }
    if (seq > this.#highest) {
      if (!this.#isBlurred) this.#skip(this.#highest + 1, seq);
      this.#isBlurred = false;
      this.#highest = seq;
    } else if (this.#missing.delete(seq)) {
      this.#gaps -= 1;
    } else if (seq < this.#highest - REORDER_WINDOW || (seq <= 1 && this.#highest > REMEMBERED)) {
      this.#resets += 1;
      this.#missing.clear();
      this.#highest = seq;
    }
  }

  state(): SequenceState | undefined {
    if (this.#highest === undefined) return undefined;
    return { highest: this.#highest, gaps: this.#gaps, resets: this.#resets };
  }

  #skip(from: number, to: number): void {
    this.#gaps += to - from;
    for (let seq = Math.max(from, to - REMEMBERED); seq < to; seq++) this.#missing.add(seq);
    for (const oldest of this.#missing) {
      if (this.#missing.size <= REMEMBERED) break;
      this.#missing.delete(oldest);
    }
  }
}
