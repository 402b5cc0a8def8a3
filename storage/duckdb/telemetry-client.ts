import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError, messageOf } from '../../domain/errors.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { Log } from '../../domain/ports/log.ts';
import { builtModule } from '../thread/built-module.ts';
import { endThread } from '../thread/end-thread.ts';
import { Remote } from '../thread/remote.ts';
import type { ExportQuery } from './observation-export.ts';
import type { TelemetryStats } from './telemetry-core.ts';
import type { TelemetryWorkerData } from './telemetry-worker.ts';

export { TELEMETRY_FILE } from './telemetry-schema.ts';

export interface TelemetryOptions {
  /** The data directory: `telemetry.duckdb` is kept in it. */
  readonly directory: string;
  readonly log?: Log;
  /** Called once when the worker ended although nobody stopped it; nothing will be stored any more. */
  readonly onFatal?: (error: Error) => void;
  /** What DuckDB's buffers may take, MiB; default 512. */
  readonly memoryLimitMiB?: number;
  /** Threads of DuckDB; default 2. */
  readonly threads?: number;
  /** The longest a batch waits for company before a commit begins, milliseconds; default 1 s. */
  readonly lingerMs?: number;
  /** Lets `injectFault` work; for tests only. */
  readonly allowFaults?: boolean;
}

/**
 * The telemetry of record, in a worker thread of its own. Stores are used through ports, here or in other threads;
 * start it before them, stop it after.
 */
export class DuckdbTelemetry {
  readonly #options: TelemetryOptions;
  readonly #log: Log;
  #worker: Worker | undefined;
  #remote: Remote | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT_LOG;
  }

  /** Opens or creates the store and recovers it. Rejects with `store_unavailable` or `store_corrupt`. */
  async start(): Promise<void> {
    const {
      directory,
      memoryLimitMiB = 512,
      threads = 2,
      lingerMs = 1_000,
      allowFaults = false,
    } = this.#options;
    const workerData: TelemetryWorkerData = { directory, memoryLimitMiB, threads, lingerMs, allowFaults };
    const worker = new Worker(builtModule(import.meta.url, 'telemetry-worker', '../..'), {
      workerData,
      name: 'telemetry',
    });
    const remote = new Remote(worker);
    this.#worker = worker;
    this.#remote = remote;
    worker.on('error', error => this.#onGone(error));
    worker.on('exit', code => this.#onGone(new Error(`exit code ${code}`)));
    remote.on<string | undefined>('fault', fault => {
      if (fault === undefined) this.#log.info('The telemetry store commits again.');
      else this.#log.error('The telemetry store cannot commit; it tries again.', { error: fault });
    });
    try {
      await remote.call('start');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** A port for `createTelemetryStore`, here or in another thread (transfer it). Any number of them. */
  openStore(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // A failed worker closes the port, and the store learns it from there.
    void this.#running()
      .call('openStore', port1, [port1])
      .catch(() => port2.close());
    return port2;
  }

  /**
   * Copies the store into a file that must not exist: rows, ledger and cursors of one instant, on stable storage.
   * Commits wait for a checkpoint only. Rejects with `store_unavailable` where there is no space for it. `onProgress` hears the
   * bytes copied so far.
   */
  async copyTo(path: string, onProgress: (bytes: number) => void): Promise<void> {
    const remote = this.#running();
    const unsubscribe = remote.on('copied', onProgress);
    try {
      await remote.call('copyTo', path);
    } finally {
      unsubscribe();
    }
  }

  /** Writes winners into a file that must not exist, all that was taken so far; resolves with the rows. */
  exportTo(query: ExportQuery): Promise<number> {
    return this.#running().call('exportTo', query);
  }

  stats(): Promise<TelemetryStats> {
    return this.#running().call('stats');
  }

  /** For fault tests only: `block`, `unblock`, `fail`, `heal`, `forget` (see CommitFault) or `crash`. */
  injectFault(kind: string): Promise<void> {
    return this.#running().call('fault', kind);
  }

  /**
   * Makes what was taken durable or, where the disk refuses, gives it up (the journal still has it); closes the file
   * and ends the worker. Idempotent; also after a failed start.
   */
  async stop(): Promise<void> {
    const worker = this.#worker;
    const remote = this.#remote;
    if (worker === undefined || remote === undefined) return;
    this.#worker = undefined;
    this.#remote = undefined;
    await endThread(worker, remote, 'the telemetry store was stopped');
  }

  #running(): Remote {
    if (this.#remote === undefined) {
      throw new AppError('shutting_down', 'The telemetry store is not open.', { retryable: true });
    }
    return this.#remote;
  }

  #onGone(cause: Error): void {
    const remote = this.#remote;
    if (this.#worker === undefined || remote === undefined) return;
    this.#worker = undefined;
    this.#remote = undefined;
    remote.fail(cause);
    const message = `The thread of the telemetry store ended: ${messageOf(cause)}`;
    this.#options.onFatal?.(new AppError('worker_failed', message, { cause }));
  }
}
