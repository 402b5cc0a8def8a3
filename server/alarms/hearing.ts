import type { Clock } from '../../domain/ports/clock.ts';
import type { JournalHealth } from '../../domain/ports/journal.ts';
import { SECOND_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { SHORTEST_AWAY_MS } from '../../watch/silence-watch.ts';

export interface HearingOptions {
  readonly clock: Clock;
  readonly journalHealth: () => Pick<JournalHealth, 'state' | 'since'>;
  /** Where silence is watched; a failure means that it is gone. */
  readonly watch: {
    setDeaf(isDeaf: boolean): Promise<void>;
    wasAway(from: EpochMs): Promise<void>;
  };
}

/** Tells the watch while the journal takes nothing: then stations are silent because of us. */
export class Hearing {
  readonly #options: HearingOptions;
  #deafSince: EpochMs | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(SECOND_MS, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    const { clock, journalHealth, watch } = this.#options;
    const { state, since } = journalHealth();
    const told = (telling: Promise<void>): void => void telling.catch(() => undefined);
    if (state !== 'ok' && this.#deafSince === undefined) {
      this.#deafSince = since;
      told(watch.setDeaf(true));
    }
    if (state !== 'ok' || this.#deafSince === undefined) return;
    // In this order: between the two somebody would seem silent. A short stall keeps no reading out.
    if (clock.now() - this.#deafSince > SHORTEST_AWAY_MS) told(watch.wasAway(this.#deafSince));
    told(watch.setDeaf(false));
    this.#deafSince = undefined;
  }
}
