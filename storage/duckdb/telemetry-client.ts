import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { SILENT_LOG } from '../../domain/ports/log.ts';
import type { Log } from '../../domain/ports/log.ts';
import { builtModule } from '../thread/built-module.ts';
import { StoreThread } from '../thread/store-thread.ts';
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
  readonly #thread: StoreThread;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT_LOG;
    this.#thread = new StoreThread({ store: 'telemetry store', onFatal: options.onFatal });
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
    await this.#thread.start(worker, remote => {
      remote.on<string | undefined>('fault', fault => {
        if (fault === undefined) this.#log.info('The telemetry store commits again.');
        else this.#log.error('The telemetry store cannot commit; it tries again.', { error: fault });
      });
    });
  }

  /** A port for `createTelemetryStore`, here or in another thread (transfer it). Any number of them. */
  openStore(): MessagePort {
    return this.#thread.openStore();
  }

  /**
   * Copies the store into a file that must not exist: rows, ledger and cursors of one instant, on stable storage.
   * Commits wait for a checkpoint only. Rejects with `store_unavailable` where there is no space for it. `onProgress` hears the
   * bytes copied so far.
   */
  async copyTo(path: string, onProgress: (bytes: number) => void): Promise<void> {
    const { remote } = this.#thread;
    const unsubscribe = remote.on('copied', onProgress);
    try {
      await remote.call('copyTo', path);
    } finally {
      unsubscribe();
    }
  }

  /** Writes winners into a file that must not exist, all that was taken so far; resolves with the rows. */
  exportTo(query: ExportQuery): Promise<number> {
    return this.#thread.remote.call('exportTo', query);
  }

  stats(): Promise<TelemetryStats> {
    return this.#thread.remote.call('stats');
  }

  /** For fault tests only: `block`, `unblock`, `fail`, `heal`, `forget` (see CommitFault) or `crash`. */
  injectFault(kind: string): Promise<void> {
    return this.#thread.remote.call('fault', kind);
  }

  /**
   * Makes what was taken durable or, where the disk refuses, gives it up (the journal still has it); closes the file
   * and ends the worker. Idempotent; also after a failed start.
   */
  async stop(): Promise<void> {
    await this.#thread.stop();
  }
}
