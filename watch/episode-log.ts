import { messageOf } from '../domain/errors.ts';
import type { EpisodeChange } from '../domain/model/episode.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeBatch, EpisodeStore, PendingRefill } from '../domain/ports/episode-store.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { insist } from './insist.ts';

export interface EpisodeLogOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<EpisodeStore, 'append'>;
  readonly heardThrough: () => EpochMs;
  readonly inHand: () => Cursors;
  /** Hears of every batch once it is durable. */
  readonly onDurable: (batch: EpisodeBatch) => void;
}

interface Gathered {
  readonly changes: EpisodeChange[];
  readonly decisions: WatchDecision[];
  readonly refills: PendingRefill[];
}

/**
 * Makes what the watch decides durable, one batch after the other: while one is being written the next one gathers. A
 * store that refuses is asked again until it takes the batch; readings behind it wait, and nothing is lost.
 */
export class EpisodeLog {
  readonly #options: EpisodeLogOptions;
  #gathered = nothing();
  #writing: Promise<void> | undefined;
  #refusal: string | undefined;

  constructor(options: EpisodeLogOptions) {
    this.#options = options;
  }

  /** Why the store has not taken what is to be kept; undefined while it does. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  add(part: Partial<Gathered>): void {
    this.#gathered.changes.push(...(part.changes ?? []));
    this.#gathered.decisions.push(...(part.decisions ?? []));
    this.#gathered.refills.push(...(part.refills ?? []));
  }

  /** Begins to write what was added; the promise resolves once it is durable, and is undefined where all is. */
  flush(): Promise<void> | undefined {
    if (isNothing(this.#gathered)) return this.#writing;
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .then(() => this.#write())
      .finally(() => {
        if (this.#writing === writing) this.#writing = undefined;
      });
    // Whoever asks for it hears of a failure.
    writing.catch(() => undefined);
    this.#writing = writing;
    return writing;
  }

  async #write(): Promise<void> {
    // A flush that waited may find that the one before it took everything.
    if (isNothing(this.#gathered)) return;
    const { clock, log, heardThrough, inHand, onDurable } = this.#options;
    const batch: EpisodeBatch = { knownAt: heardThrough(), through: { ...inHand() }, ...this.#gathered };
    this.#gathered = nothing();
    const message = 'The episode store does not take what the rules found; it is kept and tried again.';
    await insist(() => this.#append(batch), { clock, log, message });
    onDurable(batch);
  }

  async #append(batch: EpisodeBatch): Promise<void> {
    try {
      await this.#options.store.append(batch);
      this.#refusal = undefined;
    } catch (error) {
      this.#refusal = messageOf(error);
      throw error;
    }
  }
}

function nothing(): Gathered {
  return { changes: [], decisions: [], refills: [] };
}

function isNothing({ changes, decisions, refills }: Gathered): boolean {
  return changes.length === 0 && decisions.length === 0 && refills.length === 0;
}
