import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { createTelemetryStore } from '../../storage/duckdb/telemetry-store.ts';
import { createEpisodeStore } from '../../storage/sqlite/episodes-port.ts';
import { serveCalls } from '../../storage/thread/remote.ts';
import { runBacktest } from '../rules/run-backtest.ts';
import type { BacktestJob } from '../rules/run-backtest.ts';
import type { BacktestWorkerData } from './backtest-thread.ts';

/** Runs back-tests for the main thread, which ends this one. */
function serve(main: MessagePort, data: BacktestWorkerData): void {
  const store = createTelemetryStore(data.store);
  const episodes = createEpisodeStore(data.episodes);
  serveCalls(main, { run: (job: BacktestJob) => runBacktest({ store, episodes }, job) });
}

if (parentPort !== null) serve(parentPort, workerData as BacktestWorkerData);
