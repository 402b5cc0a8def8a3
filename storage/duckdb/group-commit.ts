import { AppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { Overlay } from './overlay.ts';
import type { TakenBatch } from './taken-batch.ts';

export interface GroupCommitOptions {
  readonly clock: Clock;
  /** Makes batches durable in one transaction. After a rejection it is called again with the same ones. */
  readonly commit: (batches: readonly TakenBatch[]) => Promise<void>;
  /** Runs after each commit, when its callers have been answered, before the next. */
  readonly afterCommit: () => Promise<void>;
  /** Called with each failure, and with `undefined` once commits work again. */
  readonly onFault: (fault: string | undefined) => void;
  /** The longest a batch waits for company, milliseconds. */
  readonly lingerMs: number;
}

/** From this many readings a commit does not wait for the linger time. */
const ENOUGH_READINGS = 1_000;
/** A commit costs a millisecond whatever its size: below FULL_READINGS they begin at least this far apart. */
const SPACING_MS = 200;
const FULL_READINGS = 10_000;
/**
 * The most readings of a transaction; a single batch may hold more. So many late ones are merged in about 100 ms, for
 * which those behind them have to wait.
 */
const MAX_READINGS = 10_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

interface Staged {
  readonly batch: TakenBatch;
  readonly takenMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly durable: Promise<void>;
}

/**
 * Gathers batches into transactions, in order, one at a time. While the disk refuses, the group stays as it is and is
 * tried again: a commit whose outcome is unknown must not change before the file was asked for it.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #staged: Staged[] = [];
  #stagedReadings = 0;
  /** How many of the staged, from the oldest, are in the transaction at work or in the one to be repeated. */
  #grouped = 0;
  /** How many of the staged, from the oldest, must not wait for company. */
  #urgent = 0;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  /** When a transaction was last made durable. */
  #lastDurableMs = Number.NEGATIVE_INFINITY;
  #retryMs = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #faulty = false;
  #stopping = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  get stagedReadings(): number {
    return this.#stagedReadings;
  }

  /** For how long nothing became durable although something is staged, milliseconds; 0 where nothing is staged. */
  get waitingMs(): number {
    const [oldest] = this.#staged;
    if (oldest === undefined) return 0;
    return this.#options.clock.monotonicMs() - Math.max(oldest.takenMs, this.#lastDurableMs);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Resolves when the batch is durable; rejects only when the store stops before. */
  take(batch: TakenBatch): Promise<void> {
    const takenMs = this.#options.clock.monotonicMs();
    const { promise, resolve, reject } = withResolvers();
    this.#staged.push({ batch, takenMs, resolve, reject, durable: promise });
    this.#stagedReadings += batch.readings.count;
    this.#wake?.();
    return promise;
  }

  /** Resolves when everything taken so far is durable. */
  async flush(): Promise<void> {
    this.#urgent = this.#staged.length;
    this.#wake?.();
    await this.#staged.at(-1)?.durable;
  }

  overlay(): Overlay {
    return new Overlay(this.#staged.map(({ batch }) => batch));
  }

  /** Commits what is staged; when that fails, gives it up: its promises reject. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#urgent = this.#staged.length;
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (;;) {
      const waitMs = this.#waitMs();
      if (waitMs === undefined && this.#stopping) return;
      if (waitMs === undefined || waitMs > 0) await this.#sleep(waitMs);
      else await this.#commitGroup();
    }
  }

  /** How long until the next commit should begin; undefined when there is nothing to commit. */
  #waitMs(): number | undefined {
    const [oldest] = this.#staged;
    if (oldest === undefined) return undefined;
    if (this.#stopping) return 0;
    const now = this.#options.clock.monotonicMs();
    const retryMs = this.#retryAtMs - now;
    if (retryMs > 0 || this.#urgent > 0 || this.#stagedReadings >= FULL_READINGS) return retryMs;
    const lingerMs = oldest.takenMs + this.#options.lingerMs - now;
    if (this.#stagedReadings < ENOUGH_READINGS) return lingerMs;
    return Math.min(lingerMs, this.#lastStartMs + SPACING_MS - now);
  }

  async #commitGroup(): Promise<void> {
    if (this.#grouped === 0) this.#grouped = this.#nextGroup();
    const group = this.#staged.slice(0, this.#grouped);
    this.#lastStartMs = this.#options.clock.monotonicMs();
    try {
      await this.#options.commit(group.map(({ batch }) => batch));
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#lastDurableMs = this.#options.clock.monotonicMs();
    this.#staged.splice(0, group.length);
    this.#grouped = 0;
    this.#urgent = Math.max(0, this.#urgent - group.length);
    this.#retryMs = 0;
    for (const { batch, resolve } of group) {
      this.#stagedReadings -= batch.readings.count;
      resolve();
    }
    if (this.#faulty) this.#options.onFault(undefined);
    this.#faulty = false;
    await this.#options.afterCommit();
  }

  #nextGroup(): number {
    let readings = 0;
    for (const [index, { batch }] of this.#staged.entries()) {
      readings += batch.readings.count + (batch.requalified?.count ?? 0);
      if (readings > MAX_READINGS) return Math.max(1, index);
    }
    return this.#staged.length;
  }

  #failed(error: unknown): void {
    this.#faulty = true;
    this.#options.onFault(messageOf(error));
    this.#retryMs = Math.min(Math.max(FIRST_RETRY_MS, this.#retryMs * 2), LAST_RETRY_MS);
    this.#retryAtMs = this.#options.clock.monotonicMs() + this.#retryMs;
    if (!this.#stopping) return;
    const given = new AppError('shutting_down', 'The telemetry store closed before the batch was durable.', {
      retryable: true,
      cause: error,
    });
    for (const { reject } of this.#staged.splice(0)) reject(given);
    this.#stagedReadings = 0;
  }

  /** Until something changes, or for the span at most. */
  async #sleep(spanMs: number | undefined): Promise<void> {
    let cancel: (() => void) | undefined;
    await new Promise<void>(resolve => {
      this.#wake = resolve;
      if (spanMs !== undefined) {
        cancel = this.#options.clock.after(durationMs(Math.ceil(spanMs)), resolve);
      }
    });
    this.#wake = undefined;
    cancel?.();
  }
}

function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onDurable, onGivenUp) => {
    resolve = onDurable;
    reject = onGivenUp;
  });
  return { promise, resolve, reject };
}
