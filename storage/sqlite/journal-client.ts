import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type {
  JournalAppender,
  JournalEntry,
  JournalHealth,
  JournalStream,
} from '../../domain/ports/journal.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { Log } from '../../domain/ports/log.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { builtModule } from '../thread/built-module.ts';
import { endThread } from '../thread/end-thread.ts';
import { Remote } from '../thread/remote.ts';
import { CommitBatch } from './commit-batch.ts';
import type { Done } from './commit-batch.ts';
import { entryProblem } from './journal-batch.ts';
import type { JournalCoreOptions, JournalStats } from './journal-core.ts';
import type { JournalWorkerData } from './journal-worker.ts';
import { SYSTEM_CLOCK } from '../thread/system-clock.ts';
import type { WriteFault } from './write-fault.ts';

export interface JournalOptions extends JournalCoreOptions {
  /** Encoded bytes that may wait for a commit; what comes above is refused; default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** How long an entry waits for the disk before it is answered with an error, milliseconds; default 10 s. */
  readonly ackTimeoutMs?: number;
  /** A commit that takes longer is a stall, milliseconds; default 5 s. */
  readonly stallAfterMs?: number;
  /** A group commit is closed at this size, bytes; default 1 MiB. */
  readonly maxBatchBytes?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Called once when the worker ended although nobody stopped it; nothing will be acknowledged any more. */
  readonly onFatal?: (error: Error) => void;
  /** Lets `injectFault` work; for tests only. */
  readonly allowFaults?: boolean;
}

/**
 * A turn of the event loop that reads thousands of sockets takes half a second: what came first does not wait for the
 * last of them. Shorter turns gather all that they bring.
 */
const LONG_TURN_MS = 5;

/** What was accepted and is not answered yet, in the order of the appends. */
interface Flight {
  readonly batch: CommitBatch;
  readonly since: EpochMs;
  readonly sinceMs: number;
}

/**
 * The journal as the broker's thread sees it. SQLite works in a worker thread; here entries are encoded once and
 * gathered while the last group is being committed, so the commit itself sets the size of the groups and no timer
 * does. Start it before the broker, stop it after.
 */
export class JournalClient implements JournalAppender {
  readonly #options: JournalOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maxPendingBytes: number;
  readonly #ackTimeoutMs: number;
  readonly #maxBatchBytes: number;
  #worker: Worker | undefined;
  #remote: Remote | undefined;
  #flight: Flight | undefined;
  /** Closed groups that wait for the flight to land, then the open one, always last. */
  #queue: CommitBatch[] = [new CommitBatch()];
  #capacity = 1024;
  #pendingBytes = 0;
  #pendingEntries = 0;
  #scheduled = false;
  #cancelTimeout: (() => void) | undefined;
  #fault: (WriteFault & { readonly since: EpochMs }) | undefined;
  #okSince: EpochMs;
  #closed: AppError | undefined;
  #commits = 0;
  #commitMs = 0;
  #drained: (() => void) | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#log = options.log ?? SILENT_LOG;
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 * 1024 * 1024;
    this.#ackTimeoutMs = options.ackTimeoutMs ?? 10_000;
    this.#maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024;
    this.#okSince = this.#clock.now();
    this.#closed = new AppError('shutting_down', 'The journal was not started.', { retryable: true });
  }

  /** Opens and recovers the journal. Rejects with `journal_full`, `journal_readonly`, `journal_corrupt` … */
  async start(): Promise<void> {
    const { directory, consumers, archiveChunkBytes, archiveLingerMs, archiveIntervalMs, recentBytes } =
      this.#options;
    const data = { directory, consumers, archiveChunkBytes, archiveLingerMs, archiveIntervalMs, recentBytes };
    const workerData = { ...data, allowFaults: this.#options.allowFaults ?? false } as JournalWorkerData;
    const worker = new Worker(builtModule(import.meta.url, 'journal-worker', '../..'), { workerData });
    const remote = new Remote(worker);
    this.#worker = worker;
    this.#remote = remote;
    worker.on('error', error => this.#onGone(error));
    worker.on('exit', code => this.#onGone(new Error(`exit code ${code}`)));
    remote.on<WriteFault | undefined>('fault', fault => this.#onFault(fault));
    try {
      await remote.call('start');
    } catch (error) {
      await this.#endWorker();
      throw error;
    }
    this.#okSince = this.#clock.now();
    this.#closed = undefined;
  }

  append(stream: JournalStream, entry: JournalEntry, done: Done): void {
    const deadline = this.#clock.monotonicMs() + this.#ackTimeoutMs;
    let open = this.#open();
    if (this.#flight === undefined && deadline - (open.deadline ?? deadline) > LONG_TURN_MS) {
      this.#flush();
      open = this.#open();
    }
    const refusal = this.#closed ?? this.#overload() ?? entryProblem(entry);
    if (refusal !== undefined) {
      open.refuse(done, deadline, refusal);
    } else {
      if (open.bytes >= this.#maxBatchBytes) {
        open = new CommitBatch();
        this.#queue.push(open);
      }
      const bytes = open.add(stream, entry, { done, deadline, capacity: this.#capacity });
      this.#pendingBytes += bytes;
      this.#pendingEntries += 1;
    }
    this.#schedule();
  }

  health(): JournalHealth {
    const pending = { pendingBytes: this.#pendingBytes, pendingEntries: this.#pendingEntries };
    if (this.#fault !== undefined) {
      const { state, since, message } = this.#fault;
      return { state, since, ...pending, lastError: message };
    }
    const flight = this.#flight;
    const stallAfterMs = this.#options.stallAfterMs ?? 5_000;
    if (flight !== undefined && this.#clock.monotonicMs() - flight.sinceMs > stallAfterMs) {
      return { state: 'journal_stalled', since: flight.since, ...pending };
    }
    return { state: 'ok', since: this.#okSince, ...pending };
  }

  /** Group commits since the start, and the time from handing a group over until it was durable. */
  commitCounters(): { readonly commits: number; readonly commitSeconds: number } {
    return { commits: this.#commits, commitSeconds: this.#commitMs / 1000 };
  }

  /** A port for `createJournalReader`, here or in another thread (transfer it). Any number of them. */
  openReader(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // A failed worker closes the port, and the reader learns it from there.
    void this.#running()
      .call('openReader', port1, [port1])
      .catch(() => port2.close());
    return port2;
  }

  stats(): Promise<JournalStats> {
    return this.#running().call('stats');
  }

  /** Moves everything that all consumers have passed into the archive, and resolves when it is there. */
  archiveNow(): Promise<void> {
    return this.#running().call('archiveNow');
  }

  /**
   * Runs work while nothing leaves the journal for the archive, so that copies of both fit together, and what a reader
   * may still have to read stays in the journal. Messages are taken as ever.
   */
  async withArchiveHeld<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#running().call('holdArchive');
    try {
      return await work();
    } finally {
      // A journal that was stopped meanwhile moves nothing either.
      await this.#remote?.call('releaseArchive').catch(() => undefined);
    }
  }

  /** For fault tests only: runs a PRAGMA on the journal's connection, e.g. `query_only = ON`, or lets it `crash`. */
  injectFault(kind: string): Promise<void> {
    return this.#running().call('fault', kind);
  }

  /**
   * Refuses new entries, answers the waiting ones (as soon as they are durable, or at their timeout), closes the
   * files and ends the worker. Idempotent; also after a failed start.
   */
  async stop(): Promise<void> {
    this.#closed ??= new AppError('shutting_down', 'The journal is closing.', { retryable: true });
    while (this.#worker !== undefined && !this.#isAnswered()) {
      await new Promise<void>(resolve => (this.#drained = resolve));
    }
    await this.#endWorker();
  }

  #running(): Remote {
    if (this.#remote === undefined)
      throw new AppError('shutting_down', 'The journal is not open.', { retryable: true });
    return this.#remote;
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    const remote = this.#remote;
    if (worker === undefined || remote === undefined) return;
    this.#worker = undefined;
    this.#remote = undefined;
    await endThread(worker, remote, 'the journal was stopped');
  }

  #open(): CommitBatch {
    let open = this.#queue.at(-1);
    if (open === undefined) {
      open = new CommitBatch();
      this.#queue.push(open);
    }
    return open;
  }

  #overload(): AppError | undefined {
    if (this.#pendingBytes < this.#maxPendingBytes) return undefined;
    return new AppError('journal_backlogged', 'Too many bytes wait for the journal.', { retryable: true });
  }

  #schedule(): void {
    if (this.#scheduled || this.#flight !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Sends off the next group; groups in which nothing was taken are answered at once. */
  #flush(): void {
    while (this.#flight === undefined) {
      const batch = this.#queue.shift();
      if (batch === undefined) break;
      if (batch.entries === 0 || this.#remote === undefined) {
        this.#settle(batch, batch.entries === 0 ? undefined : this.#closed);
        continue;
      }
      this.#flight = { batch, since: this.#clock.now(), sinceMs: this.#clock.monotonicMs() };
      this.#armTimeout();
      void this.#commit(batch, this.#remote);
    }
    if (this.#isAnswered()) this.#drained?.();
  }

  async #commit(batch: CommitBatch, remote: Remote): Promise<void> {
    const group = batch.finish();
    const buffers = Object.values(group).map(bytes => bytes.buffer as ArrayBuffer);
    // The next group will be about as large; a quarter more spares it the growing.
    this.#capacity = Math.min(Math.max(512, Math.ceil(batch.bytes * 1.25)), this.#maxBatchBytes);
    let failure: Error | undefined;
    try {
      const sentMs = this.#clock.monotonicMs();
      await remote.call('commit', group, buffers);
      this.#commits += 1;
      this.#commitMs += this.#clock.monotonicMs() - sentMs;
    } catch (error) {
      failure = new AppError('journal_failed', `The journal gave up: ${messageOf(error)}`, {
        retryable: true,
        cause: error,
      });
    }
    this.#flight = undefined;
    // The next commit begins before the callbacks of this one, so that the disk is not idle meanwhile.
    const next = this.#queue[0];
    if (failure === undefined && next !== undefined && next.entries > 0) this.#flush();
    this.#settle(batch, failure);
    this.#flush();
  }

  #settle(batch: CommitBatch, error?: Error): void {
    batch.answer((done, refusal) => this.#call(done, refusal), error);
    this.#forget(batch);
  }

  #forget(batch: CommitBatch): void {
    this.#pendingBytes -= batch.bytes;
    this.#pendingEntries -= batch.entries;
  }

  #call(done: Done, error: Error | undefined): void {
    try {
      if (error === undefined) done();
      else done(error);
    } catch (thrown) {
      this.#log.error('A journal callback has thrown.', { error: messageOf(thrown) });
    }
  }

  #isAnswered(): boolean {
    const landed = this.#flight === undefined || this.#flight.batch.isAnswered;
    return landed && this.#queue.every(batch => batch.isAnswered);
  }

  /** One timer for all: it looks at the oldest entry and sets itself for the next. */
  #armTimeout(): void {
    if (this.#cancelTimeout !== undefined) return;
    const deadline = this.#flight?.batch.deadline ?? this.#queue.find(batch => !batch.isAnswered)?.deadline;
    if (deadline === undefined) return;
    const spanMs = Math.max(1, Math.ceil(deadline - this.#clock.monotonicMs()));
    this.#cancelTimeout = this.#clock.after(durationMs(spanMs), () => {
      this.#cancelTimeout = undefined;
      this.#expire();
      this.#armTimeout();
    });
  }

  #expire(): void {
    const now = this.#clock.monotonicMs();
    const timeout = new AppError('journal_stalled', 'The journal did not store the message in time.', {
      retryable: true,
    });
    const batches = [...(this.#flight === undefined ? [] : [this.#flight.batch]), ...this.#queue];
    for (const batch of batches) {
      batch.answerDue(now, (done, error) => this.#call(done, error), timeout);
      if (!batch.isAnswered) break;
    }
    // The flight may still land. What waits behind it and has nobody to tell is dropped: its senders send again.
    this.#queue = this.#queue.filter(batch => {
      if (!batch.isAnswered || batch.entries === 0) return true;
      this.#forget(batch);
      return false;
    });
    if (this.#isAnswered()) this.#drained?.();
  }

  #onFault(fault: WriteFault | undefined): void {
    // What a thread said last may arrive after the news that it is gone.
    if (this.#worker === undefined) return;
    const since = this.#clock.now();
    if (fault === undefined) {
      this.#okSince = since;
      if (this.#fault !== undefined) this.#log.info('The journal stores messages again.');
      this.#fault = undefined;
      return;
    }
    if (this.#fault?.state !== fault.state) {
      this.#log.error('The journal cannot store messages; nothing is acknowledged.', { ...fault });
    }
    this.#fault = { ...fault, since: this.#fault?.since ?? since };
  }

  #onGone(cause: Error): void {
    if (this.#worker === undefined) return;
    const message = `The journal's thread ended: ${messageOf(cause)}`;
    const error = new AppError('journal_failed', message, { cause });
    const wasOpen = this.#closed === undefined;
    this.#worker = undefined;
    this.#closed = error;
    this.#fault = { state: 'journal_failed', message, since: this.#clock.now() };
    const remote = this.#remote;
    this.#remote = undefined;
    remote?.fail(cause);
    this.#schedule();
    this.#drained?.();
    if (wasOpen) this.#options.onFatal?.(error);
  }
}
