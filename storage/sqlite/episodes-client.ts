import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { builtModule } from '../thread/built-module.ts';
import { StoreThread } from '../thread/store-thread.ts';
import type { EpisodesWorkerData } from './episodes-worker.ts';

export interface EpisodesOptions {
  /** The data directory: `episodes.db` is kept in it. */
  readonly directory: string;
  /** Called once when the worker ended although nobody stopped it; no episode will be kept any more. */
  readonly onFatal?: (error: Error) => void;
  /** Lets `injectFault` work; for tests only. */
  readonly allowFaults?: boolean;
}

/**
 * The episodes of record, in a worker thread of their own. Stores are used through ports, here or in other threads;
 * start it before them, stop it after.
 */
export class EpisodesClient {
  readonly #options: EpisodesOptions;
  readonly #thread: StoreThread;

  constructor(options: EpisodesOptions) {
    this.#options = options;
    this.#thread = new StoreThread({ store: 'episode store', onFatal: options.onFatal });
  }

  /** Opens or creates the store. Rejects with `store_unavailable`, `store_corrupt` or `unsupported`. */
  async start(): Promise<void> {
    const { directory, allowFaults = false } = this.#options;
    const workerData: EpisodesWorkerData = { directory, allowFaults };
    const module = builtModule(import.meta.url, 'episodes-worker', '../..');
    await this.#thread.start(new Worker(module, { workerData, name: 'episodes' }));
  }

  /** A port for `createEpisodeStore`, here or in another thread (transfer it). Any number of them. */
  openStore(): MessagePort {
    return this.#thread.openStore();
  }

  /** For fault tests only: runs a PRAGMA on the connection, e.g. `query_only = ON`, or lets the thread `crash`. */
  injectFault(kind: string): Promise<void> {
    return this.#thread.remote.call('fault', kind);
  }

  /** Closes the file and ends the worker; what was appended is durable. Idempotent; also after a failed start. */
  async stop(): Promise<void> {
    await this.#thread.stop();
  }
}
