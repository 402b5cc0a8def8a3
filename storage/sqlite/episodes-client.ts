import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError, messageOf } from '../../domain/errors.ts';
import { builtModule } from '../thread/built-module.ts';
import { endThread } from '../thread/end-thread.ts';
import { Remote } from '../thread/remote.ts';
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
  #worker: Worker | undefined;
  #remote: Remote | undefined;

  constructor(options: EpisodesOptions) {
    this.#options = options;
  }

  /** Opens or creates the store. Rejects with `store_unavailable`, `store_corrupt` or `unsupported`. */
  async start(): Promise<void> {
    const { directory, allowFaults = false } = this.#options;
    const workerData: EpisodesWorkerData = { directory, allowFaults };
    const worker = new Worker(builtModule(import.meta.url, 'episodes-worker', '../..'), {
      workerData,
      name: 'episodes',
    });
    const remote = new Remote(worker);
    this.#worker = worker;
    this.#remote = remote;
    worker.on('error', error => this.#onGone(error));
    worker.on('exit', code => this.#onGone(new Error(`exit code ${code}`)));
    try {
      await remote.call('start');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** A port for `createEpisodeStore`, here or in another thread (transfer it). Any number of them. */
  openStore(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // A failed worker closes the port, and the store learns it from there.
    void this.#running()
      .call('openStore', port1, [port1])
      .catch(() => port2.close());
    return port2;
  }

  /** For fault tests only: runs a PRAGMA on the connection, e.g. `query_only = ON`, or lets the thread `crash`. */
  injectFault(kind: string): Promise<void> {
    return this.#running().call('fault', kind);
  }

  /** Closes the file and ends the worker; what was appended is durable. Idempotent; also after a failed start. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    const remote = this.#remote;
    if (worker === undefined || remote === undefined) return;
    this.#worker = undefined;
    this.#remote = undefined;
    await endThread(worker, remote, 'the episode store was stopped');
  }

  #running(): Remote {
    if (this.#remote === undefined) {
      throw new AppError('shutting_down', 'The episode store is not open.', { retryable: true });
    }
    return this.#remote;
  }

  #onGone(cause: Error): void {
    const remote = this.#remote;
    if (this.#worker === undefined || remote === undefined) return;
    this.#worker = undefined;
    this.#remote = undefined;
    remote.fail(cause);
    const message = `The thread of the episode store ended: ${messageOf(cause)}`;
    this.#options.onFatal?.(new AppError('worker_failed', message, { cause }));
  }
}
