import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import type { Ledger, QuarantineReason } from '../../domain/model/ledger.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { Registry } from '../../domain/model/registry.ts';
import type { ClockDecision } from '../../ingest/clock-decision.ts';
import type { IngestLimits, IngestStatus } from '../../ingest/pipeline.ts';
import type { QuarantineReplayResult } from '../../ingest/quarantine-replay.ts';
import type { StationTrack } from '../../ingest/station-trackers.ts';
import { builtModule } from '../../storage/thread/built-module.ts';
import { Remote } from '../../storage/thread/remote.ts';
import type { LogLevel } from '../logger.ts';

/** What the ingest worker is started with. */
export interface IngestWorkerData {
  readonly journal: MessagePort;
  readonly store: MessagePort;
  readonly registry: Registry;
  readonly limits: Partial<IngestLimits>;
  readonly logLevel: LogLevel;
}

export interface IngestThreadEvents {
  readonly onClockDecision: (decision: ClockDecision) => void;
  /** The thread ended or cannot go on; the process has to. */
  readonly onFatal: (error: unknown) => void;
}

/** The ingest worker as the main thread sees it. */
export class IngestThread {
  readonly #worker: Worker;
  readonly #remote: Remote;
  #stopped = false;

  constructor(data: IngestWorkerData, events: IngestThreadEvents) {
    this.#worker = new Worker(builtModule(import.meta.url, 'ingest-worker', '../..'), {
      workerData: data,
      transferList: [data.journal, data.store],
      name: 'ingest',
    });
    this.#remote = new Remote(this.#worker);
    this.#remote.on('clockDecision', events.onClockDecision);
    this.#remote.on<{ message: string }>('failure', ({ message }) => events.onFatal(new Error(message)));
    this.#worker.on('error', error => {
      this.#remote.fail(error);
      events.onFatal(error);
    });
    this.#worker.on('exit', code => {
      const error = new Error(`The ingest worker ended with code ${code}.`);
      this.#remote.fail(error);
      if (!this.#stopped) events.onFatal(error);
    });
  }

  /** Resolves once the worker has taken over the store's state and reads the journal. */
  start(): Promise<void> {
    return this.#remote.call('start');
  }

  /** Makes everything read durable, then ends the thread. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    const ended = new Promise<void>(resolve => this.#worker.once('exit', () => resolve()));
    this.#stopped = true;
    await this.#remote.call('stop').finally(() => this.#worker.postMessage({ kind: 'close' }));
    await ended;
  }

  setRegistry(registry: Registry): Promise<void> {
    return this.#remote.call('setRegistry', registry);
  }

  latest(): Promise<Observation[]> {
    return this.#remote.call('latest');
  }

  tracks(): Promise<StationTrack[]> {
    return this.#remote.call('tracks');
  }

  status(): Promise<IngestStatus> {
    return this.#remote.call('status');
  }

  /** The ledger without refusals, which are counted on the main thread. */
  ledger(station?: string): Promise<Ledger> {
    return this.#remote.call('ledger', { station });
  }

  replayQuarantine(filter: { station?: string; reason?: QuarantineReason }): Promise<QuarantineReplayResult> {
    return this.#remote.call('replayQuarantine', filter);
  }
}
