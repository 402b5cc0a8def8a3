import type { OwnOutage, SilenceDecision } from '../domain/model/watch-decision.ts';
import { epochMs, durationMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { SilenceBook } from './silence-book.ts';
import type { ListenedInput } from './silence-book.ts';

/** Between two looks that lie further apart than this we were away ourselves: suspended, or out of breath. */
export const SHORTEST_AWAY_MS = durationMs(15_000);

/**
 * Says who is silent, and when it was we who did not listen. A decision takes effect when it comes back from the journal;
 * until an outage of our own has, nobody is silent.
 */
export class SilenceWatch {
  readonly #book: SilenceBook;
  #lookedAt: EpochMs | undefined;
  #isDeaf = false;
  /** Outages that are decided and have not come back. */
  readonly #proposed = new Set<EpochMs>();

  constructor(reconnectMs: DurationMs) {
    this.#book = new SilenceBook(reconnectMs);
  }

  listen(inputs: Iterable<ListenedInput>): void {
    this.#book.listen(inputs);
  }

  heard(input: string, t: EpochMs, received: EpochMs): void {
    this.#book.heard(input, t, received);
  }

  /** The outage that ends now: nothing was heard since. Undefined where there was none. */
  wasAway(from: EpochMs, now: EpochMs): OwnOutage | undefined {
    if (from >= now) return undefined;
    this.#proposed.add(now);
    return { kind: 'outage', from, t: now };
  }

  /** Nothing can be heard from now on, or again. */
  setDeaf(isDeaf: boolean): void {
    this.#isDeaf = isDeaf;
  }

  /** An outage as it was journalled. */
  decided(outage: OwnOutage): void {
    this.#proposed.delete(outage.t);
    this.#book.away(outage);
  }

  /** To be asked every second or so; answers what is to be journalled. */
  look({ now, heardThrough, isClockTrusted }: Look): readonly (SilenceDecision | OwnOutage)[] {
    const before = this.#lookedAt ?? now;
    this.#lookedAt = now;
    if (now - before > SHORTEST_AWAY_MS) {
      const outage = this.wasAway(before, now);
      return outage === undefined ? [] : [outage];
    }
    if (!isClockTrusted || this.#isDeaf || this.#proposed.size > 0) return [];
    return this.#book.due(epochMs(heardThrough));
  }
}

export interface Look {
  readonly now: EpochMs;
  readonly heardThrough: EpochMs;
  readonly isClockTrusted: boolean;
}
