import { FUTURE_TOLERANCE_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { SimulatedSend } from './simulated-step.ts';

/** What the ledger has to say of acknowledged messages, where nobody else sends for the stations. */
export interface OutcomeCounts {
  /** Messages that were sent in the future: quarantined whole. */
  readonly futureMessages: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly corrected: number;
}

/** Foretells the outcome of what was acknowledged, by (station, property, t) alone and not by the server's code. */
export class ExpectedOutcome {
  readonly #contents = new Map<string, Map<number, Set<string>>>();
  #futureMessages = 0;
  #duplicate = 0;
  #corrected = 0;
  #stored = 0;

  /** @param now when the server took the message over */
  take({ station, message }: SimulatedSend, now: EpochMs): void {
    if (message.sent > now + FUTURE_TOLERANCE_MS) {
      this.#futureMessages += 1;
      return;
    }
    for (const { p, t, v, f = 'N' } of message.obs) {
      const key = `${station}/${p}`;
      const byTime = this.#contents.get(key) ?? new Map<number, Set<string>>();
      this.#contents.set(key, byTime);
      const content = `${v} ${f}`;
      const known = byTime.get(t);
      if (known === undefined) {
        byTime.set(t, new Set([content]));
        this.#stored += 1;
      } else if (known.has(content)) this.#duplicate += 1;
      else {
        known.add(content);
        this.#corrected += 1;
      }
    }
  }

  counts(): OutcomeCounts {
    return {
      futureMessages: this.#futureMessages,
      stored: this.#stored,
      duplicate: this.#duplicate,
      corrected: this.#corrected,
    };
  }
}
