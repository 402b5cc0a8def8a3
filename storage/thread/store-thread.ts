import { MessageChannel } from 'node:worker_threads';
import type { MessagePort, Worker } from 'node:worker_threads';

import { AppError, messageOf } from '../../domain/errors.ts';
import { endThread } from './end-thread.ts';
import { Remote } from './remote.ts';

export interface StoreThreadOptions {
  /** The store in a sentence, e.g. `telemetry store`. */
  readonly store: string;
  /** Called once when the worker ended although nobody stopped it. */
  readonly onFatal?: ((error: Error) => void) | undefined;
}

/**
 * The life of a worker thread that holds a store. The worker answers `start`, `stop`, and `openStore` with a port on which the
 * store is used, here or in another thread.
 */
export class StoreThread {
  readonly #options: StoreThreadOptions;
  #running: { readonly worker: Worker; readonly remote: Remote } | undefined;

  constructor(options: StoreThreadOptions) {
    this.#options = options;
  }

  /** Rejects as the worker does, after which it has ended. `listen` may subscribe to events before anything happens. */
  async start(worker: Worker, listen?: (remote: Remote) => void): Promise<void> {
    const remote = new Remote(worker);
    this.#running = { worker, remote };
    worker.on('error', error => this.#onGone(error));
    worker.on('exit', code => this.#onGone(new Error(`exit code ${code}`)));
    listen?.(remote);
    try {
      await remote.call('start');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Throws `shutting_down` before the start and after the end. */
  get remote(): Remote {
    if (this.#running === undefined) {
      throw new AppError('shutting_down', `The ${this.#options.store} is not open.`, { retryable: true });
    }
    return this.#running.remote;
  }

  /** Any number of them; transfer it where another thread uses it. */
  openStore(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    // A failed worker closes the port, and the store learns it from there.
    void this.remote.call('openStore', port1, [port1]).catch(() => port2.close());
    return port2;
  }

  /** Lets the worker end in its own order. Idempotent; also after a failed start. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { worker, remote } = this.#running;
    this.#running = undefined;
    await endThread(worker, remote, `the ${this.#options.store} was stopped`);
  }

  #onGone(cause: Error): void {
    if (this.#running === undefined) return;
    const { remote } = this.#running;
    this.#running = undefined;
    remote.fail(cause);
    const { store, onFatal } = this.#options;
    const message = `The thread of the ${store} ended: ${messageOf(cause)}`;
    onFatal?.(new AppError('worker_failed', message, { cause }));
  }
}
