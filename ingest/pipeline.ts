import { AppError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Cursors, JournalReader } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { StoredDatastream, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { QuarantineReason } from '../domain/model/ledger.ts';
import type { Registry } from '../domain/model/registry.ts';
import { stationOf } from '../domain/model/topic.ts';
import type { QualityParameterFile } from '../domain/quality/quality-parameter-file.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { BatchBuilder } from './batch-builder.ts';
import { ClockCourt } from './clock-court.ts';
import { correctionOf } from './clock-decision.ts';
import type { ClockDecision } from './clock-decision.ts';
import type { ClockTrust } from './clock-guard.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { explainQuality } from './explain-quality.ts';
import type { QualityReasons } from './explain-quality.ts';
import { DEFAULT_INGEST_LIMITS } from './ingest-limits.ts';
import type { IngestLimits } from './ingest-limits.ts';
import { QualityControl } from './quality-control.ts';
import { createLiveRequalifier } from './live-requalifier.ts';
import type { Requalifier } from './requalifier.ts';
import { restoreQuality } from './restore-quality.ts';
import { splitKeptStates } from './kept-state.ts';
import { Lanes } from './lanes.ts';
import type { SplitInForce } from './lanes.ts';
import { MessageIntake } from './message-intake.ts';
import type { ObservationListener, SideMessageListener } from './message-intake.ts';
import { ObservationFeed } from './observation-feed.ts';
import { QuarantineQuota } from './quarantine-quota.ts';
import { replayQuarantine } from './quarantine-replay.ts';
import type { QuarantineReplayOptions, QuarantineReplayResult } from './quarantine-replay.ts';
import { StationTrackers } from './station-trackers.ts';
import type { StationTrack } from './station-trackers.ts';
import { StoreWriter } from './store-writer.ts';
import type { StoreWriterOptions } from './store-writer.ts';

export { DEFAULT_INGEST_LIMITS } from './ingest-limits.ts';
export type { IngestLimits } from './ingest-limits.ts';

export interface IngestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly reader: JournalReader;
  readonly store: TelemetryStore;
  readonly registry: Registry;
  readonly limits?: Partial<IngestLimits>;
  /** Quality parameters of the district, over the defaults. */
  readonly quality?: QualityParameterFile;
  /** Lets other work of the thread run; resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  readonly onClockDecision: (decision: ClockDecision) => void;
  readonly onFailure: (error: unknown) => void;
  readonly onSideMessage?: SideMessageListener;
  /** Hears the journalled decisions of the watch, in their place among the readings of the live lane. */
  readonly onWatchDecisions?: (decisions: readonly WatchDecision[]) => void;
  /** What must be durable before the readings that listeners heard so far may be; undefined where nothing is open. */
  readonly settledBefore?: () => Promise<void> | undefined;
}

export interface IngestStatus {
  readonly clockTrust: ClockTrust;
  readonly held: number;
  /** Datastreams of which flags beyond the horizon of quality control are still to be made anew. */
  readonly staleDatastreams: number;
  readonly outstandingReadings: number;
  /** Since when the oldest message waits that was read and is not durable in the store, milliseconds; 0: none does. */
  readonly oldestUnstoredMs: number;
  readonly committed: { readonly live: number; readonly backlog: number };
  readonly taken: { readonly live: number; readonly backlog: number };
  readonly acceptedReadings: number;
  /** receivedTime → listener, live readings, milliseconds. */
  readonly latency: {
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
}

/** How far the lanes are. */
export interface IngestProgress {
  /** receivedTime up to which everything was heard. */
  readonly heardThrough: EpochMs;
  /** The batches of the journal that were begun, and those that are taken as a whole. */
  readonly inHand: Cursors;
  readonly taken: Cursors;
  readonly isClockTrusted: boolean;
}

/** Up to where a listener has seen what ingest knows. */
export interface IngestMark {
  readonly latest: number;
  readonly tracks: number;
}

/** Where nothing was seen yet: everything is a change since then. */
export const NOTHING_SEEN: IngestMark = { latest: 0, tracks: 0 };

/** What moved since a mark, and the mark to ask with the next time. */
export interface IngestChanges {
  readonly mark: IngestMark;
  readonly latest: readonly Observation[];
  readonly tracks: readonly StationTrack[];
}

const POLL_MS = durationMs(500);
/** How long a stop waits for a store that does not answer. */
const STOP_PATIENCE_MS = durationMs(10_000);

/**
 * Takes messages from the journal to the store: two lanes, two cursors. The live lane passes readings to listeners
 * as soon as they are decoded; the backlog lane works in short slices, in turn by station.
 */
export class IngestPipeline {
  readonly #options: IngestOptions;
  readonly #limits: IngestLimits;
  readonly #directory = new DatastreamDirectory();
  readonly #trackers = new StationTrackers();
  readonly #feed: ObservationFeed;
  readonly #control: QualityControl;
  readonly #intake: MessageIntake;
  readonly #court: ClockCourt;
  readonly #split: SplitInForce;
  #running:
    { readonly writer: StoreWriter; readonly lanes: Lanes; readonly requalifier: Requalifier } | undefined;
  #adopted = 0;
  #stopping = false;
  #stopped: Promise<void> | undefined;
  #loops: Promise<void>[] = [];
  #replays: Promise<unknown> = Promise.resolve();
  #cancelPoll: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits };
    const { clock, log, onSideMessage, onWatchDecisions } = options;
    const feed = new ObservationFeed({ clock, log, onSideMessage, onWatchDecisions });
    this.#feed = feed;
    this.#split = { ms: this.#limits.liveWindowMs, isKept: false };
    const { qualityHorizonMs: horizonMs, qualityMaxReadings: maxReadings } = this.#limits;
    this.#control = new QualityControl(this.#directory, { horizonMs, maxReadings }, options.quality);
    this.#intake = new MessageIntake({
      directory: this.#directory,
      control: this.#control,
      trackers: this.#trackers,
      quota: new QuarantineQuota(this.#limits.quarantineQuotaPerHour),
      liveWindowMs: this.#limits.liveWindowMs,
      splitMs: () => this.#split.ms,
      onObservation: (observation, live) => feed.publish(observation, live),
      onRequalified: observation => feed.publishRequalified(observation),
      onSideMessage: (station, message, entry) => feed.publishSideMessage(station, message, entry),
    });
    this.#court = new ClockCourt({
      intake: this.#intake,
      onDecision: options.onClockDecision,
      onTrust: trust => this.#trustChanged(trust),
    });
  }

  async start(): Promise<void> {
    const { store, reader, clock, log, registry, nextTurn, settledBefore } = this.#options;
    const resumption = await store.resume();
    const kept = splitKeptStates(resumption.stationStates);
    this.#directory.adopt(resumption.datastreams);
    this.#adopted = resumption.datastreams.length;
    this.setRegistry(registry);
    await restoreQuality(this.#control, store, { latest: resumption.latest, stale: kept.stale });
    const { statesThrough = { live: 0, backlog: 0 }, decisions = [] } = kept.worker ?? {};
    const { live, backlog } = resumption.cursors;
    const isExact = statesThrough.live === live && statesThrough.backlog === backlog;
    this.#trackers.adopt(kept.stations, { isExact });
    for (const observation of resumption.latest) this.#feed.latest.offer(observation);
    this.#court.adopt({ held: resumption.held, decisions }, stationOf, clock.monotonicMs());
    if (kept.worker !== undefined) {
      this.#split.ms = kept.worker.splitMs;
      this.#split.isKept = true;
    }
    const directory = this.#directory;
    const onFailure = (error: unknown): void => this.#fail(error);
    const close: StoreWriterOptions['close'] = (builder, rest) => this.#control.close(builder, rest);
    const writerOptions = { close, clock, log, store, reader, directory, onFailure, settledBefore };
    const writer = new StoreWriter(writerOptions, resumption.cursors);
    const lanes = new Lanes({
      clock,
      reader,
      writer,
      intake: this.#intake,
      court: this.#court,
      trackers: this.#trackers,
      limits: this.#limits,
      nextTurn,
      split: this.#split,
      onWatchDecisions: decided => this.#feed.publishWatchDecisions(decided),
      statesThrough,
    });
    const requalifier = createLiveRequalifier({
      clock,
      store,
      writer,
      nextTurn,
      control: this.#control,
      limits: this.#limits,
      onRequalified: observation => this.#feed.publishRequalified(observation),
    });
    this.#running = { writer, lanes, requalifier };
    this.#unsubscribe = reader.onCommitted(stream => lanes.wake(stream));
    this.#schedulePoll();
    this.#loops = [lanes.runLive(), lanes.runBacklog(), requalifier.run(clock)].map(loop =>
      this.#guarded(loop),
    );
  }

  /**
   * Finishes the batch in hand, makes everything handed over durable, and ends. Idempotent. Rejects with
   * `store_unavailable` where the store refuses or does not answer in time; nothing is lost, the journal keeps it.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  setRegistry(registry: Registry): void {
    this.#directory.setRegistry(registry);
    this.#control.setRegistry(registry);
  }

  /** Hears every accepted reading before it is stored. The result unsubscribes. */
  subscribe(listener: ObservationListener): () => void {
    return this.#feed.subscribe(listener);
  }

  latest(): Observation[] {
    return this.#feed.latest.all();
  }

  /** See `correctionOf`; of the last hundred decisions. */
  clockCorrectionOf(reading: Parameters<typeof correctionOf>[1]): DurationMs | undefined {
    return correctionOf(this.#court.decisions, reading);
  }

  /** See `explainQuality`; everything that was handed to the store counts. */
  async explainQuality(datastream: number, t: EpochMs): Promise<QualityReasons | undefined> {
    await this.offered();
    return explainQuality({ store: this.#options.store, control: this.#control }, datastream, t);
  }

  /** The numbered datastreams from the `start`-th on; they only grow. */
  datastreams(start: number): readonly StoredDatastream[] {
    return this.#directory.known(start);
  }

  tracks(): StationTrack[] {
    return this.#trackers.all();
  }

  /** The last values and the tracks that moved since the mark. */
  changesSince(mark: IngestMark): IngestChanges {
    const { latest } = this.#feed;
    return {
      mark: { latest: latest.revision, tracks: this.#trackers.revision },
      latest: latest.changedSince(mark.latest),
      tracks: this.#trackers.observedSince(mark.tracks),
    };
  }

  status(): IngestStatus {
    const { writer, lanes } = this.#running ?? {};
    return {
      clockTrust: this.#court.trust,
      held: this.#court.heldCount,
      staleDatastreams: this.#control.stale.size,
      outstandingReadings: writer?.outstanding ?? 0,
      oldestUnstoredMs: lanes?.oldestUnstoredMs() ?? 0,
      committed: writer?.committed ?? { live: 0, backlog: 0 },
      taken: { live: lanes?.taken.live ?? 0, backlog: lanes?.taken.backlog ?? 0 },
      acceptedReadings: this.#feed.accepted,
      latency: this.#feed.latency.summary(),
    };
  }

  /** How far the lanes are, for whoever decides by what was heard. */
  progress(): IngestProgress {
    const { lanes } = this.#running ?? {};
    const none = { live: 0, backlog: 0 };
    return {
      heardThrough: lanes?.heardThrough ?? epochMs(0),
      inHand: lanes?.inHand ?? none,
      taken: lanes?.taken ?? none,
      isClockTrusted: this.#court.trust !== 'suspect',
    };
  }

  /** Of the numbered datastreams the first so many had readings in the store when ingest started. */
  get datastreamsAtStart(): number {
    return this.#adopted;
  }

  /** Resolves once reads of the store see every reading that was handed to it so far. */
  async offered(): Promise<void> {
    await this.#running?.writer.offered();
  }

  /** Tries quarantined items again, with the registry and codecs of now and their receivedTime of then. */
  replayQuarantine(filter: { station?: string; reason?: QuarantineReason }): Promise<QuarantineReplayResult> {
    if (this.#running === undefined || this.#stopping) {
      return Promise.reject(new AppError('shutting_down', 'Ingest is not running.', { retryable: true }));
    }
    const { writer } = this.#running;
    const options: QuarantineReplayOptions = {
      store: this.#options.store,
      intake: this.#intake,
      write: builder => writer.write(builder, {}),
      isStopping: () => this.#stopping,
    };
    // One after the other: two replays at once would release an item twice.
    const run = this.#replays.then(() => replayQuarantine(options, filter));
    this.#replays = run.catch(() => undefined);
    return run;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelPoll?.();
    this.#unsubscribe?.();
    if (this.#running === undefined) return;
    const { writer, lanes, requalifier } = this.#running;
    lanes.stop();
    requalifier.stop();
    writer.close();
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      const message = 'The store did not make everything durable in time; the journal keeps it.';
      const give = (): void => reject(new AppError('store_unavailable', message, { retryable: true }));
      cancel = this.#options.clock.after(STOP_PATIENCE_MS, give);
    });
    await Promise.race([this.#drain(writer, lanes), late]).finally(cancel);
  }

  async #drain(writer: StoreWriter, lanes: Lanes): Promise<void> {
    await Promise.all(this.#loops);
    // Whoever asked for the replay hears of its failure.
    await this.#replays;
    void writer.write(new BatchBuilder(), {}, lanes.statesNow()).catch(() => undefined);
    await writer.drain();
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#options.clock.after(POLL_MS, () => {
      void this.#guarded(this.#poll());
      if (!this.#stopping) this.#schedulePoll();
    });
  }

  async #poll(): Promise<void> {
    if (this.#running === undefined || this.#stopping || !this.#running.lanes.mayJudge) return;
    const { writer, lanes } = this.#running;
    this.#court.poll(this.#options.clock.monotonicMs(), messages => {
      const builder = new BatchBuilder();
      this.#court.release(messages, builder, 0);
      if (!builder.isEmpty) void writer.write(builder, {}).catch(() => undefined);
      lanes.wake('live');
      lanes.wake('backlog');
    });
  }

  #trustChanged(trust: ClockTrust): void {
    if (trust === 'suspect') {
      this.#options.log.error(
        'Most stations report from the future: our own clock is suspect, messages are held.',
      );
    } else {
      this.#options.log.warn(
        'Our own clock is trusted again; held messages are decided by the corrected time.',
      );
    }
  }

  async #guarded(loop: Promise<void>): Promise<void> {
    try {
      await loop;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#running?.lanes.stop();
    this.#running?.requalifier.stop();
    this.#options.onFailure(error);
  }
}
