import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type {
  AggregateQuery,
  QuarantineQuery,
  RangeQuery,
  SeriesSpan,
} from '../../domain/ports/telemetry-store.ts';
import { sendEvent, serveCalls, Transfer } from '../thread/remote.ts';
import type { Handlers } from '../thread/remote.ts';
import { isCommitFault } from './commit-faults.ts';
import type { ExportQuery } from './observation-export.ts';
import { buffersOf } from './reading-columns.ts';
import type { TakenBatch } from './taken-batch.ts';
import { TelemetryCore } from './telemetry-core.ts';
import type { TelemetryCoreOptions } from './telemetry-core.ts';

export interface TelemetryWorkerData extends TelemetryCoreOptions {
  /** Lets the main thread inject faults; for tests only. */
  readonly allowFaults: boolean;
}

/** The core's calls for the main thread and for the threads that use the store. */
function serve(main: MessagePort, options: TelemetryWorkerData): void {
  let core: TelemetryCore | undefined;
  const stores = new Set<MessagePort>();
  const opened = (): TelemetryCore => {
    if (core === undefined) {
      throw new AppError('shutting_down', 'The telemetry store is not open.', { retryable: true });
    }
    return core;
  };

  const storeHandlers: Handlers = {
    resume: async () => {
      const resumption = await opened().resume();
      return new Transfer(resumption, buffersOf(resumption.latest));
    },
    append: (batch: TakenBatch) => opened().append(batch),
    flush: () => opened().flush(),
    latest: () => {
      const columns = opened().latest();
      return new Transfer(columns, buffersOf(columns));
    },
    range: async (query: RangeQuery) => {
      const columns = await opened().range(query);
      return new Transfer(columns, buffersOf(columns));
    },
    winners: async (spans: readonly SeriesSpan[]) => {
      const columns = await opened().winners(spans);
      return new Transfer(columns, buffersOf(columns));
    },
    aggregate: async (query: AggregateQuery) => {
      const columns = await opened().aggregate(query);
      const arrays = [columns.datastream, columns.t, ...columns.values];
      return new Transfer(columns, [...new Set(arrays.map(array => array.buffer as ArrayBuffer))]);
    },
    ledger: () => {
      const committed = opened().ledger();
      return new Transfer(committed, [committed.ledger.counts.buffer as ArrayBuffer]);
    },
    countRows: () => opened().countRows(),
    corrections: (query: RangeQuery) => opened().corrections(query),
    quarantine: (query: QuarantineQuery) => opened().quarantine(query),
    staged: () => opened().stagedReadings,
  };

  serveCalls(main, {
    start: async () => {
      core = new TelemetryCore(options, fault => sendEvent(main, 'fault', fault));
      try {
        await core.start();
      } catch (error) {
        if (isAppError(error)) throw error;
        throw new AppError('store_unavailable', `The telemetry store cannot be opened: ${messageOf(error)}`, {
          retryable: true,
          cause: error,
        });
      }
    },
    openStore: (port: MessagePort) => {
      stores.add(port);
      port.on('close', () => stores.delete(port));
      serveCalls(port, storeHandlers);
    },
    copyTo: (path: string) => opened().copyTo(path, bytes => sendEvent(main, 'copied', bytes)),
    exportTo: (query: ExportQuery) => opened().exportTo(query),
    stats: () => opened().stats(),
    fault: (kind: string) => {
      if (!options.allowFaults) throw new AppError('unsupported', 'Faults are for tests.');
      if (kind === 'crash') {
        setImmediate(() => {
          throw new AppError('worker_failed', 'A test lets the thread crash.');
        });
      } else if (isCommitFault(kind)) {
        opened().faults.set(kind);
      } else {
        throw new AppError('unsupported', `There is no fault ${kind}.`);
      }
    },
    stop: async () => {
      const closing = core;
      core = undefined;
      await closing?.stop();
      // The thread ends by itself when nothing holds it any more, after this answer has left.
      setImmediate(() => {
        for (const port of stores) port.close();
        main.unref();
      });
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as TelemetryWorkerData);
