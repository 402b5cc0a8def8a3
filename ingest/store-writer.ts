import { AppError } from '../domain/errors.ts';
import type { Cursors, JournalReader } from '../domain/ports/journal.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { StoreBatch } from '../domain/ports/telemetry-store.ts';
import type { BatchBuilder } from './batch-builder.ts';
import type { DatastreamDirectory } from './datastream-directory.ts';

/** The name under which the journal knows this reader. */
export const TELEMETRY_CONSUMER = 'telemetry';

export interface StoreWriterOptions {
  readonly store: TelemetryStore;
  readonly reader: JournalReader;
  readonly directory: DatastreamDirectory;
  /** Called once when the store gave a batch up for good; nothing is consumed afterwards. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Hands batches to the store without waiting for them, and tells the journal what is durable. Rules and listeners do
 * not wait for the store; only memory is bounded, by `room`.
 */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #outstanding = 0;
  #committed: Cursors;
  #advancing = false;
  #toldLive = 0;
  #toldBacklog = 0;
  readonly #open = new Set<Promise<void>>();
  #roomWaiters: (() => void)[] = [];
  #failure: unknown;

  constructor(options: StoreWriterOptions, cursors: Cursors) {
    this.#options = options;
    this.#committed = cursors;
  }

  /** Readings handed over and not yet durable. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get committed(): Cursors {
    return this.#committed;
  }

  write(
    builder: BatchBuilder,
    cursors: Partial<Cursors>,
    stationStates?: StoreBatch['stationStates'],
  ): Promise<void> {
    const newDatastreams = this.#options.directory.takeUnannounced();
    const batch = builder.take({
      cursors,
      newDatastreams,
      ...(stationStates === undefined ? {} : { stationStates }),
    });
    const { count } = batch.readings;
    this.#outstanding += count;
    const done = this.#options.store.append(batch).then(
      () => {
        this.#committed = { ...this.#committed, ...cursors };
        this.#advance();
      },
      (error: unknown) => {
        this.#failure ??= error;
        this.#options.onFailure(error);
        throw error;
      },
    );
    const tracked = done
      .catch(() => undefined)
      .finally(() => {
        this.#outstanding -= count;
        this.#open.delete(tracked);
        const waiters = this.#roomWaiters;
        this.#roomWaiters = [];
        for (const wake of waiters) wake();
      });
    this.#open.add(tracked);
    return done;
  }

  /** Resolves once fewer than `limit` readings are outstanding. */
  async room(limit: number): Promise<void> {
    while (this.#outstanding >= limit) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>(resolve => this.#roomWaiters.push(resolve));
    }
  }

  /** Makes everything handed over durable and tells the journal. */
  async drain(): Promise<void> {
    await this.#options.store.flush();
    await Promise.all(this.#open);
    if (this.#failure !== undefined) {
      throw new AppError('store_unavailable', 'The store gave a batch up.', { cause: this.#failure });
    }
    await this.#options.reader.advance(TELEMETRY_CONSUMER, this.#committed);
  }

  #advance(): void {
    const { live, backlog } = this.#committed;
    if (this.#advancing || (live === this.#toldLive && backlog === this.#toldBacklog)) return;
    this.#advancing = true;
    this.#toldLive = live;
    this.#toldBacklog = backlog;
    // A lost advance only delays archiving: the next one says the same and more.
    void this.#options.reader
      .advance(TELEMETRY_CONSUMER, { live, backlog })
      .catch(() => undefined)
      .finally(() => {
        this.#advancing = false;
        this.#advance();
      });
  }
}
