import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { messageOf } from '../../domain/errors.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import type { Registry } from '../../domain/model/registry.ts';
import { reportLedger } from '../../ingest/ledger-report.ts';
import { IngestPipeline } from '../../ingest/pipeline.ts';
import type { IngestMark } from '../../ingest/pipeline.ts';
import { createTelemetryStore } from '../../storage/duckdb/telemetry-store.ts';
import { createJournalReader } from '../../storage/sqlite/journal-reader.ts';
import { sendEvent, serveCalls } from '../../storage/thread/remote.ts';
import { createLogger } from '../logger.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import type { IngestWorkerData } from './ingest-thread.ts';

/** Runs the ingest pipeline in this thread and answers the main thread's questions about it. */
function serve(main: MessagePort, data: IngestWorkerData): void {
  const reader = createJournalReader(data.journal);
  const store = createTelemetryStore(data.store);
  const pipeline = new IngestPipeline({
    clock: SYSTEM_CLOCK,
    log: createLogger({
      level: data.logLevel,
      now: () => SYSTEM_CLOCK.now(),
      write: line => process.stderr.write(line),
    }),
    reader,
    store,
    registry: data.registry,
    limits: data.limits,
    nextTurn: () => nextTurn(),
    onClockDecision: decision => sendEvent(main, 'clockDecision', decision),
    onFailure: error => sendEvent(main, 'failure', { message: messageOf(error) }),
  });
  serveCalls(main, {
    start: () => pipeline.start(),
    setRegistry: (registry: Registry) => pipeline.setRegistry(registry),
    latest: () => pipeline.latest(),
    datastreams: (start: number) => pipeline.datastreams(start),
    tracks: () => pipeline.tracks(),
    status: () => pipeline.status(),
    changesSince: (mark: IngestMark) => pipeline.changesSince(mark),
    ledger: ({ stations }: { stations?: readonly string[] }) => reportLedger({ store, reader }, [], stations),
    replayQuarantine: (filter: { station?: string; reason?: QuarantineReason }) =>
      pipeline.replayQuarantine(filter),
    stop: async () => {
      try {
        await pipeline.stop();
      } finally {
        // The thread ends by itself after this answer has left.
        setImmediate(() => {
          reader.close();
          store.close();
          main.unref();
        });
      }
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as IngestWorkerData);
