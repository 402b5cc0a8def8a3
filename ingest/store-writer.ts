import { AppError, isAppError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Cursors, JournalReader } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { StoreBatch } from '../domain/ports/telemetry-store.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { BatchBuilder, BatchRest } from './batch-builder.ts';
import type { DatastreamDirectory } from './datastream-directory.ts';
import { Signal } from './signal.ts';

/** The name under which the journal knows this reader. */
export const TELEMETRY_CONSUMER = 'telemetry';

export interface StoreWriterOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: TelemetryStore;
  readonly reader: JournalReader;
  readonly directory: DatastreamDirectory;
  /** Closes a batch with the flags of now. */
  readonly close: (builder: BatchBuilder, rest: BatchRest) => StoreBatch;
  /** Called when the store gave a batch up for good; nothing may be consumed afterwards. */
  readonly onFailure: (error: unknown) => void;
  /** What must be durable before the batch that is handed over now; undefined where nothing is waited for. */
  readonly settledBefore?: (() => Promise<void> | undefined) | undefined;
}

/** Bytes of kept payload that take as much memory as a reading in columns. */
const BYTES_A_READING = 64;
/** A batch takes some 5 KB in the threads whatever is in it: of a limit of readings, so many allow one batch. */
const READINGS_A_BATCH = 8;
/** Batches that may be outstanding however small the limit is. */
const FEWEST_BATCHES = 1_000;
/** How long the store is left alone after it refused. */
const RETRY_MS = durationMs(1_000);

/**
 * Hands batches to the store without waiting for them, and tells the journal what is durable. Rules and listeners do
 * not wait for the store; only memory is bounded, by `room`. While the disk refuses, batches stay with the store.
 */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #outstanding = 0;
  /** As `#outstanding`, with the payloads of quarantined and held messages counted as the readings they outweigh. */
  #weight = 0;
  #committed: Cursors;
  #advancing = false;
  #toldLive = 0;
  #toldBacklog = 0;
  readonly #open = new Set<Promise<void>>();
  /** The turn of the last batch that waits, or waits behind one that does; batches reach the store in their order. */
  #lastTurn: Promise<void> | undefined;
  #roomWaiters: (() => void)[] = [];
  #failure: unknown;
  #closing = false;
  /** The one wait for a disk that refuses; every refused batch shares it. */
  #recovery: Promise<void> | undefined;
  readonly #retry = new Signal();

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

  /** Resolves once the batch is durable, however long the disk refuses. Rejects when the store gives it up. */
  write(
    builder: BatchBuilder,
    cursors: Partial<Cursors>,
    stationStates?: StoreBatch['stationStates'],
  ): Promise<void> {
    const newDatastreams = this.#options.directory.takeUnannounced();
    const batch = this.#options.close(builder, {
      cursors,
      newDatastreams,
      ...(stationStates === undefined ? {} : { stationStates }),
    });
    const { count } = batch.readings;
    const weight = weigh(batch);
    this.#outstanding += count;
    this.#weight += weight;
    const done = this.#offerInTurn(batch).then(
      () => {
        this.#commit(cursors);
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
        this.#weight -= weight;
        this.#open.delete(tracked);
        this.#wakeWaiters();
      });
    this.#open.add(tracked);
    return done;
  }

  /**
   * Resolves once fewer than `limit` readings, or as many bytes, are outstanding, in not too many batches; or the
   * writer is closing.
   */
  async room(limit: number): Promise<void> {
    const batches = Math.max(FEWEST_BATCHES, limit / READINGS_A_BATCH);
    while ((this.#weight >= limit || this.#open.size >= batches) && !this.#closing) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>(resolve => this.#roomWaiters.push(resolve));
    }
  }

  /** Nobody waits for room any more, and a disk that refuses is asked once more and not again. */
  close(): void {
    this.#closing = true;
    this.#retry.raise();
    this.#wakeWaiters();
  }

  /** Resolves once the store has been offered everything handed over so far, and its reads see it. Rejects where it never is. */
  offered(): Promise<void> {
    return this.#lastTurn ?? Promise.resolve();
  }

  /** Makes everything handed over durable and tells the journal. Rejects where the disk refuses. */
  async drain(): Promise<void> {
    this.close();
    // A turn that never comes is told by its own batch.
    await this.offered().catch(() => undefined);
    await this.#options.store.flush();
    await Promise.all(this.#open);
    if (this.#failure !== undefined) {
      throw new AppError('store_unavailable', 'The store gave a batch up.', { cause: this.#failure });
    }
    await this.#options.reader.advance(TELEMETRY_CONSUMER, this.#committed);
  }

  #offerInTurn(batch: StoreBatch): Promise<void> {
    const settled = this.#options.settledBefore?.();
    const before = this.#lastTurn;
    if (settled === undefined && before === undefined) return this.#offer(batch);
    const turn = Promise.all([before, settled]).then(() => undefined);
    this.#lastTurn = turn;
    const leave = (): void => {
      if (this.#lastTurn === turn) this.#lastTurn = undefined;
    };
    return turn.then(
      () => {
        leave();
        return this.#offer(batch);
      },
      (error: unknown) => {
        leave();
        throw error;
      },
    );
  }

  async #offer(batch: StoreBatch): Promise<void> {
    try {
      await this.#options.store.append(batch);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      // The store keeps the batch and tries it again: with everything taken, it will be durable too.
      await this.#untilDurable(error);
    }
  }

  async #untilDurable(refusal: unknown): Promise<void> {
    for (;;) {
      this.#recovery ??= this.#untilFlushed(refusal).finally(() => {
        this.#recovery = undefined;
      });
      await this.#recovery;
      try {
        // The flush that ended the recovery may have begun before this batch was taken.
        await this.#options.store.flush();
        return;
      } catch (error) {
        if (!isRetryable(error)) throw error;
      }
    }
  }

  async #untilFlushed(refusal: unknown): Promise<void> {
    const { clock, log, store } = this.#options;
    log.error('The telemetry store does not take readings; they are kept and tried again.', {
      error: messageOf(refusal),
    });
    for (;;) {
      const isLastTry = this.#closing;
      const cancel = clock.after(RETRY_MS, () => this.#retry.raise());
      if (!isLastTry) await this.#retry.wait();
      cancel();
      try {
        await store.flush();
        break;
      } catch (error) {
        if (!isRetryable(error) || isLastTry) throw error;
      }
    }
    log.info('The telemetry store takes readings again.');
  }

  #commit(cursors: Partial<Cursors>): void {
    // After a refusal batches are told in any order, although they became durable in their own.
    this.#committed = {
      live: Math.max(this.#committed.live, cursors.live ?? 0),
      backlog: Math.max(this.#committed.backlog, cursors.backlog ?? 0),
    };
  }

  #wakeWaiters(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const wake of waiters) wake();
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

function isRetryable(error: unknown): boolean {
  return isAppError(error) && error.retryable;
}

function weigh(batch: StoreBatch): number {
  let bytes = 0;
  for (const { payload } of batch.quarantined) bytes += payload.byteLength;
  for (const { payload } of batch.held) bytes += payload.byteLength;
  return batch.readings.count + Math.ceil(bytes / BYTES_A_READING);
}
