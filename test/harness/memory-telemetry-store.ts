import { AppError } from '../../domain/errors.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type {
  AggregateQuery,
  AggregateRow,
  CommittedLedger,
  CorrectionRow,
  QuarantineQuery,
  QuarantineRow,
  RangeQuery,
  ReadingColumns,
  SeriesSpan,
  StoreBatch,
  StoreResumption,
  TelemetryStore,
} from '../../domain/ports/telemetry-store.ts';
import { storeBatch } from './store-batch.ts';
import { TelemetryModel } from './telemetry-model.ts';

interface Staged {
  readonly batch: StoreBatch;
  /** Absent once the promise of `append` was rejected: it is settled only once. */
  settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
}

/**
 * A telemetry store in memory, the reference for every adapter. Commits happen one event-loop turn after `append`.
 * Readings are overlaid at once; everything else is answered from what is committed. `hold` stops commits, `release`
 * goes on, `refuseWith` makes commits fail, `reopened` is what a new process would find.
 */
export class MemoryTelemetryStore implements TelemetryStore {
  /** Everything committed, as it could be read back from a disk. */
  readonly #disk: StoreBatch[] = [];
  readonly #committed = new TelemetryModel();
  /** Committed and staged. */
  readonly #taken = new TelemetryModel();
  readonly #staged: Staged[] = [];
  #flushes: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #held = false;
  #refusal: AppError | undefined;
  #scheduled = false;

  constructor(disk: readonly StoreBatch[] = []) {
    for (const batch of disk) {
      this.#taken.apply(batch);
      this.#write(batch);
    }
  }

  append(batch: StoreBatch): Promise<void> {
    const kept = structuredClone(batch);
    this.#taken.apply(kept);
    return new Promise((resolve, reject) => {
      this.#staged.push({ batch: kept, settle: { resolve, reject } });
      this.#schedule();
    });
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#flushes.push({ resolve, reject });
      this.#schedule();
    });
  }

  /** From now on nothing becomes durable. */
  hold(): void {
    this.#held = true;
  }

  /** Commits again, beginning with what waits. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Makes the oldest staged batches durable, also while held. */
  commitOldest(count: number): void {
    for (const { batch, settle } of this.#staged.splice(0, count)) {
      this.#write(batch);
      settle?.resolve();
    }
  }

  /** Commits fail with this error and are tried again once it is `undefined`. */
  refuseWith(error: AppError | undefined): void {
    this.#refusal = error;
    this.#schedule();
  }

  /** A new store with what this one made durable, as after the death of the process. This one commits no more. */
  reopened(): MemoryTelemetryStore {
    this.#held = true;
    return new MemoryTelemetryStore(this.#disk);
  }

  latest(): Promise<readonly Observation[]> {
    return Promise.resolve(this.#taken.latest());
  }

  range(query: RangeQuery): Promise<readonly Observation[]> {
    return Promise.resolve(this.#taken.range(query));
  }

  winners(spans: readonly SeriesSpan[]): Promise<ReadingColumns> {
    return Promise.resolve(storeBatch({ readings: this.#taken.winners(spans) }).readings);
  }

  aggregate(query: AggregateQuery): Promise<readonly AggregateRow[]> {
    return Promise.resolve(this.#taken.aggregate(query));
  }

  corrections(query: RangeQuery): Promise<readonly CorrectionRow[]> {
    return Promise.resolve(this.#committed.corrections(query));
  }

  quarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]> {
    return Promise.resolve(this.#committed.quarantine(query));
  }

  ledger(): Promise<CommittedLedger> {
    return Promise.resolve(this.#committed.ledger());
  }

  countRows(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(this.#committed.countRows());
  }

  resume(): Promise<StoreResumption> {
    return Promise.resolve(this.#committed.resume());
  }

  staged(): Promise<number> {
    return Promise.resolve(this.#staged.reduce((sum, { batch }) => sum + batch.readings.count, 0));
  }

  /** Batches taken and not yet durable. */
  get stagedBatches(): number {
    return this.#staged.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.#held) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#held) this.#commit();
    });
  }

  #commit(): void {
    const flushes = this.#flushes;
    this.#flushes = [];
    const refusal = this.#refusal;
    if (refusal === undefined) {
      this.commitOldest(this.#staged.length);
      for (const { resolve } of flushes) resolve();
      return;
    }
    for (const staged of this.#staged) {
      staged.settle?.reject(refusal);
      staged.settle = undefined;
    }
    for (const { reject } of flushes) reject(refusal);
  }

  #write(batch: StoreBatch): void {
    this.#disk.push(batch);
    this.#committed.apply(batch);
  }
}

/** What a disk that refuses for a while is answered with. */
export function diskRefusal(): AppError {
  return new AppError('store_unavailable', 'The disk refuses.', { retryable: true });
}
