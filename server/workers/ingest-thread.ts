import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError } from '../../domain/errors.ts';
import type { Ledger, QuarantineReason } from '../../domain/model/ledger.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { QualityParameterFile } from '../../domain/quality/quality-parameter-file.ts';
import type { Registry } from '../../domain/model/registry.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type { StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { ClockDecision } from '../../ingest/clock-decision.ts';
import type { QualityReasons } from '../../ingest/explain-quality.ts';
import type { IngestChanges, IngestLimits, IngestMark, IngestStatus } from '../../ingest/pipeline.ts';
import type { QuarantineReplayResult } from '../../ingest/quarantine-replay.ts';
import type { StationTrack } from '../../ingest/station-trackers.ts';
import { builtModule } from '../../storage/thread/built-module.ts';
import { Remote } from '../../storage/thread/remote.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import type { BasisEntry } from '../../watch/basis-book.ts';
import type { PointReasons } from '../../watch/explain-point.ts';
import type { RuleDay } from '../../watch/watched-day.ts';
import type { WatchStatus, WatchedPoints } from '../../watch/watch.ts';
import type { LogLevel } from '../logger.ts';

/** What the ingest worker is started with. */
export interface IngestWorkerData {
  readonly journal: MessagePort;
  readonly store: MessagePort;
  readonly episodes: MessagePort;
  readonly registry: Registry;
  /** What the rules rested on, oldest first; the last of it holds. */
  readonly basis: readonly BasisEntry[];
  readonly limits: Partial<IngestLimits>;
  readonly quality?: QualityParameterFile;
  readonly logLevel: LogLevel;
}

export interface IngestThreadEvents {
  readonly onClockDecision: (decision: ClockDecision) => void;
  /** To be journalled, like those about our clock. */
  readonly onWatchDecisions: (decisions: readonly WatchDecision[]) => void;
  /** Names the episodes that have changed, once the changes are durable. */
  readonly onEpisodes: (ids: readonly string[]) => void;
  readonly onWatched: (points: WatchedPoints) => void;
  /** The thread ended or cannot go on; the process has to. Called at most once. */
  readonly onFatal: (error: Error) => void;
}

/** The ingest worker as the main thread sees it. Every method but `start` belongs between start and stop. */
export class IngestThread {
  readonly #data: IngestWorkerData;
  readonly #events: IngestThreadEvents;
  #worker: Worker | undefined;
  #remote: Remote | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isExpected = false;

  constructor(data: IngestWorkerData, events: IngestThreadEvents) {
    this.#data = data;
    this.#events = events;
  }

  /** Resolves once the worker has taken over the store's state and reads the journal. */
  async start(): Promise<void> {
    const worker = new Worker(builtModule(import.meta.url, 'ingest-worker', '../..'), {
      workerData: this.#data,
      transferList: [this.#data.journal, this.#data.store, this.#data.episodes],
      name: 'ingest',
    });
    const remote = new Remote(worker);
    this.#worker = worker;
    this.#remote = remote;
    this.#ended = new Promise(resolve => worker.once('exit', () => resolve()));
    remote.on('clockDecision', this.#events.onClockDecision);
    remote.on('watchDecisions', this.#events.onWatchDecisions);
    remote.on('episodes', this.#events.onEpisodes);
    remote.on('watched', this.#events.onWatched);
    remote.on<{ message: string }>('failure', ({ message }) =>
      this.#fail(new AppError('worker_failed', `Ingest cannot go on: ${message}`)),
    );
    worker.on('error', error => this.#fail(error));
    worker.on('exit', code =>
      this.#fail(new AppError('worker_failed', `The ingest worker ended with code ${code}.`)),
    );
    await remote.call('start');
  }

  /** Makes everything read durable, then ends the thread. Idempotent; also after a failed start. */
  async stop(): Promise<void> {
    if (this.#worker === undefined) return;
    this.#worker = undefined;
    this.#isExpected = true;
    await this.#running().call('stop');
    await this.#ended;
  }

  setRegistry(registry: Registry): Promise<void> {
    return this.#running().call('setRegistry', registry);
  }

  /** A rule set or registry that the rules rest on from now on. */
  setBasis(entry: BasisEntry): Promise<void> {
    return this.#running().call('setBasis', entry);
  }

  /** See `Watch.setDeaf`. */
  setDeaf(isDeaf: boolean): Promise<void> {
    return this.#running().call('setDeaf', isDeaf);
  }

  /** Nothing was heard from an instant until now. */
  wasAway(from: EpochMs): Promise<void> {
    return this.#running().call('wasAway', from);
  }

  /** Why there is or was an alarm; undefined where there never was. */
  why(id: string): Promise<AlarmReasons | undefined> {
    return this.#running().call('why', id);
  }

  /** How every rule of a subject stood at an instant. */
  whyPoint(subject: string, at: EpochMs): Promise<PointReasons> {
    return this.#running().call('whyPoint', { subject, at });
  }

  /** How every rule watched some subjects on the local day of an instant. */
  watchedDay(subjects: readonly string[], day: EpochMs): Promise<readonly RuleDay[]> {
    return this.#running().call('watchedDay', { subjects, day });
  }

  /** See `IngestPipeline.explainQuality`. */
  explainQuality(datastream: number, t: EpochMs): Promise<QualityReasons | undefined> {
    return this.#running().call('explainQuality', { datastream, t });
  }

  watchStatus(): Promise<WatchStatus> {
    return this.#running().call('watchStatus');
  }

  latest(): Promise<Observation[]> {
    return this.#running().call('latest');
  }

  /** The numbered datastreams from the `start`-th on. */
  datastreams(start: number): Promise<readonly StoredDatastream[]> {
    return this.#running().call('datastreams', start);
  }

  tracks(): Promise<StationTrack[]> {
    return this.#running().call('tracks');
  }

  status(): Promise<IngestStatus> {
    return this.#running().call('status');
  }

  /** The last values and the tracks that moved since the mark. */
  changesSince(mark: IngestMark): Promise<IngestChanges> {
    return this.#running().call('changesSince', mark);
  }

  /** The ledger, in total or of some stations, without refusals: those are counted on the main thread. */
  ledger(stations?: readonly string[]): Promise<Ledger> {
    return this.#running().call('ledger', { stations });
  }

  replayQuarantine(filter: { station?: string; reason?: QuarantineReason }): Promise<QuarantineReplayResult> {
    return this.#running().call('replayQuarantine', filter);
  }

  #fail(error: Error): void {
    this.#remote?.fail(error);
    if (this.#isExpected) return;
    this.#isExpected = true;
    this.#events.onFatal(error);
  }

  #running(): Remote {
    if (this.#remote === undefined) throw new AppError('shutting_down', 'Ingest does not run.');
    return this.#remote;
  }
}
