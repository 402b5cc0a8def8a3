import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError } from '../../domain/errors.ts';
import { builtModule } from '../../storage/thread/built-module.ts';
import { Remote } from '../../storage/thread/remote.ts';
import { Turns } from '../identity/turns.ts';
import type { BacktestReport } from '../rules/backtest-report.ts';
import type { BacktestJob } from '../rules/run-backtest.ts';

export interface BacktestWorkerData {
  readonly store: MessagePort;
  readonly episodes: MessagePort;
}

/** Runs back-tests one after the other, each in a thread of its own: it computes for minutes. */
export class BacktestThreads {
  readonly #open: () => BacktestWorkerData;
  readonly #turns = new Turns();
  #worker: Worker | undefined;
  #isStopped = false;

  /** @param open gives the ports of the stores; each is used once */
  constructor(open: () => BacktestWorkerData) {
    this.#open = open;
  }

  /** Rejects with `shutting_down` after the stop, with `worker_failed` where the thread dies. */
  run(job: BacktestJob): Promise<BacktestReport> {
    return this.#turns.take(async () => {
      if (this.#isStopped) throw shuttingDown();
      const workerData = this.#open();
      const worker = new Worker(builtModule(import.meta.url, 'backtest-worker', '../..'), {
        workerData,
        transferList: [workerData.store, workerData.episodes],
        name: 'back-test',
      });
      this.#worker = worker;
      const remote = new Remote(worker);
      worker.on('error', error => remote.fail(error));
      worker.on('exit', code => remote.fail(`exit code ${code}`));
      try {
        return await remote.call<BacktestReport>('run', job);
      } catch (error) {
        throw this.#isStopped ? shuttingDown() : error;
      } finally {
        await worker.terminate();
        this.#worker = undefined;
      }
    });
  }

  /** Ends what runs. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
  }
}

function shuttingDown(): AppError {
  return new AppError('shutting_down', 'The server stopped before the back-test was done.');
}
