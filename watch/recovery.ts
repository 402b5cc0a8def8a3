import type { Clock } from '../domain/ports/clock.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { DurationMs } from '../domain/time/instant.ts';
import type { WatchedIngest } from './watched-ingest.ts';

export interface RecoveryOptions {
  readonly clock: Clock;
  readonly ingest: Pick<WatchedIngest, 'progress'>;
  /** The batches of the journal that were in hand when the last decision became durable. */
  readonly through: Cursors;
  readonly patienceMs: DurationMs;
}

const POLL_MS = durationMs(20);

/**
 * Waits until ingest has taken again what was in hand at the end of the last run: only with all of it can be said what was
 * told of it. Not for ever: a journal that was put back to an earlier state never gets there.
 */
export class Recovery {
  readonly recovered: Promise<void>;
  #end: () => void = () => undefined;
  #cancel: () => void = () => undefined;

  constructor({ clock, ingest, through, patienceMs }: RecoveryOptions) {
    const startedMs = clock.monotonicMs();
    this.recovered = new Promise(resolve => {
      this.#end = resolve;
    });
    const look = (): void => {
      const { taken } = ingest.progress();
      const isThere = taken.live >= through.live && taken.backlog >= through.backlog;
      if (isThere || clock.monotonicMs() - startedMs >= patienceMs) this.#end();
      else this.#cancel = clock.after(POLL_MS, look);
    };
    look();
  }

  stop(): void {
    this.#cancel();
    this.#end();
  }
}
