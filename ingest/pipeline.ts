import type { Clock } from '../domain/ports/clock.ts';
import type { JournalBatch, JournalReader, JournalStream, JournalledEntry } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { HeldMessage, StoredDatastream, TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { QuarantineReason } from '../domain/model/ledger.ts';
import type { Registry } from '../domain/model/registry.ts';
import { stationOf } from '../domain/model/topic.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { BatchBuilder } from './batch-builder.ts';
import { ClockCourt } from './clock-court.ts';
import type { ClockDecision } from './clock-decision.ts';
import { clockDecisionOf } from './clock-decision.ts';
import type { ClockTrust } from './clock-guard.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { LatestTable } from './latest-table.ts';
import { MessageIntake } from './message-intake.ts';
import type { IntakeRequest, ObservationListener, SideMessageListener } from './message-intake.ts';
import { PublishLatency } from './publish-latency.ts';
import { QuarantineQuota } from './quarantine-quota.ts';
import { replayQuarantine } from './quarantine-replay.ts';
import type { QuarantineReplayResult } from './quarantine-replay.ts';
import { roundRobin } from './round-robin.ts';
import { Signal } from './signal.ts';
import { StationTrackers } from './station-trackers.ts';
import type { StationTrack } from './station-trackers.ts';
import { StoreWriter } from './store-writer.ts';

export interface IngestLimits {
  /** A reading is live while receivedTime − t is at most this. */
  readonly liveWindowMs: DurationMs;
  /** The longest the backlog lane works without letting the live lane in. */
  readonly backlogSliceMs: DurationMs;
  readonly quarantineQuotaPerHour: number;
  /** Readings handed to the store and not yet durable, above which the live lane waits; the backlog at half of it. */
  readonly maxOutstandingReadings: number;
  /** Held messages above which the live lane waits: memory is bounded, the journal keeps the rest. */
  readonly maxHeldMessages: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  liveWindowMs: durationMs(30 * 60_000),
  backlogSliceMs: durationMs(20),
  quarantineQuotaPerHour: 1_000,
  maxOutstandingReadings: 400_000,
  maxHeldMessages: 50_000,
};

export interface IngestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly reader: JournalReader;
  readonly store: TelemetryStore;
  readonly registry: Registry;
  readonly limits?: Partial<IngestLimits>;
  /** Lets other work of the thread run; resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  readonly onClockDecision: (decision: ClockDecision) => void;
  readonly onFailure: (error: unknown) => void;
  readonly onSideMessage?: SideMessageListener;
}

export interface IngestStatus {
  readonly clockTrust: ClockTrust;
  readonly held: number;
  readonly outstandingReadings: number;
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

type MovedEntry = JournalledEntry & { readonly splitBefore: EpochMs };

const READ_BYTES = { live: 1 << 20, backlog: 1 << 20 };
const POLL_MS = durationMs(500);
const KEEP_STATES_MS = 30_000;

/**
 * Takes messages from the journal to the store: two lanes, two cursors. The live lane passes readings to listeners
 * as soon as they are decoded; the backlog lane works in short slices, in turn by station.
 */
export class IngestPipeline {
  readonly #options: IngestOptions;
  readonly #limits: IngestLimits;
  readonly #directory = new DatastreamDirectory();
  readonly #trackers = new StationTrackers();
  readonly #latest = new LatestTable();
  readonly #latency = new PublishLatency();
  readonly #listeners = new Set<ObservationListener>();
  readonly #signals = { live: new Signal(), backlog: new Signal() };
  readonly #intake: MessageIntake;
  readonly #court: ClockCourt;
  readonly #taken = { live: 0, backlog: 0 };
  #writer: StoreWriter | undefined;
  #stopping = false;
  #accepted = 0;
  #statesKeptAt = 0;
  #loops: Promise<void>[] = [];
  #replays: Promise<unknown> = Promise.resolve();
  #cancelPoll: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits };
    this.#intake = new MessageIntake({
      directory: this.#directory,
      trackers: this.#trackers,
      quota: new QuarantineQuota(this.#limits.quarantineQuotaPerHour),
      liveWindowMs: this.#limits.liveWindowMs,
      onObservation: (observation, live) => this.#publish(observation, live),
      onSideMessage: options.onSideMessage ?? (() => undefined),
    });
    this.#court = new ClockCourt({
      intake: this.#intake,
      onDecision: options.onClockDecision,
      onTrust: trust => this.#trustChanged(trust),
    });
  }

  async start(): Promise<void> {
    const { store, reader, clock, registry } = this.#options;
    const resumption = await store.resume();
    this.#directory.adopt(resumption.datastreams);
    this.#directory.setRegistry(registry);
    this.#trackers.adopt(resumption.stationStates);
    for (const observation of resumption.latest) this.#latest.offer(observation);
    this.#court.adopt(resumption.held, stationOf, clock.monotonicMs());
    const directory = this.#directory;
    const onFailure = (error: unknown): void => this.#fail(error);
    this.#writer = new StoreWriter({ store, reader, directory, onFailure }, resumption.cursors);
    this.#taken.live = resumption.cursors.live;
    this.#taken.backlog = resumption.cursors.backlog;
    this.#statesKeptAt = clock.monotonicMs();
    this.#unsubscribe = reader.onCommitted(stream => this.#signals[stream].raise());
    this.#schedulePoll();
    this.#loops = [this.#guarded(this.#runLive(this.#writer)), this.#guarded(this.#runBacklog(this.#writer))];
  }

  /** Finishes the batch in hand, makes everything handed over durable, and ends. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelPoll?.();
    this.#unsubscribe?.();
    this.#signals.live.raise();
    this.#signals.backlog.raise();
    await Promise.all(this.#loops);
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    void writer.write(new BatchBuilder(), {}, this.#trackers.takeChanged()).catch(() => undefined);
    await writer.drain();
  }

  setRegistry(registry: Registry): void {
    this.#directory.setRegistry(registry);
  }

  /** Hears every accepted reading before it is stored. The result unsubscribes. */
  subscribe(listener: ObservationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  latest(): Observation[] {
    return this.#latest.all();
  }

  /** The numbered datastreams from the `start`-th on; they only grow. */
  datastreams(start: number): readonly StoredDatastream[] {
    return this.#directory.known(start);
  }

  tracks(): StationTrack[] {
    return this.#trackers.all();
  }

  status(): IngestStatus {
    return {
      clockTrust: this.#court.trust,
      held: this.#court.heldCount,
      outstandingReadings: this.#writer?.outstanding ?? 0,
      committed: this.#writer?.committed ?? { live: 0, backlog: 0 },
      taken: { ...this.#taken },
      acceptedReadings: this.#accepted,
      latency: this.#latency.summary(),
    };
  }

  /** Tries quarantined items again, with the registry and codecs of now and their receivedTime of then. */
  replayQuarantine(filter: { station?: string; reason?: QuarantineReason }): Promise<QuarantineReplayResult> {
    const writer = this.#running();
    const { store } = this.#options;
    const write = (builder: BatchBuilder): Promise<void> => writer.write(builder, {});
    // One after the other: two replays at once would release an item twice.
    const run = this.#replays.then(() => replayQuarantine({ store, intake: this.#intake, write }, filter));
    this.#replays = run.catch(() => undefined);
    return run;
  }

  async #runLive(writer: StoreWriter): Promise<void> {
    for (;;) {
      await writer.room(this.#limits.maxOutstandingReadings);
      const batches = await this.#next('live');
      if (batches === undefined) return;
      const builder = new BatchBuilder();
      const held: HeldMessage[] = [];
      const moves: MovedEntry[] = [];
      for (const batch of batches) {
        for (const entry of batch.entries) this.#takeLive(entry, { builder, held, moves });
      }
      // The moved parts must be durable before the cursor passes their originals.
      if (moves.length > 0) await this.#options.reader.move(moves);
      this.#finish(writer, 'live', { builder, batches });
      this.#court.detain(held);
      while (this.#court.heldCount > this.#limits.maxHeldMessages && !this.#stopping)
        await this.#signals.live.wait();
    }
  }

  #takeLive(
    entry: JournalledEntry,
    into: { builder: BatchBuilder; held: HeldMessage[]; moves: MovedEntry[] },
  ): void {
    const decision = clockDecisionOf(entry);
    if (decision !== undefined) {
      into.builder.count(stationOf(entry.topic), 'messagesDecoded');
      this.#court.carryOut(decision, into.builder);
      return;
    }
    const moveBefore = this.#takeEntry(entry, 'fresh', into);
    if (moveBefore !== undefined) into.moves.push({ ...entry, splitBefore: moveBefore });
  }

  async #runBacklog(writer: StoreWriter): Promise<void> {
    const { clock, nextTurn } = this.#options;
    for (;;) {
      await writer.room(this.#limits.maxOutstandingReadings / 2);
      const batches = await this.#next('backlog');
      if (batches === undefined) return;
      const builder = new BatchBuilder();
      const held: HeldMessage[] = [];
      let sliceStart = clock.monotonicMs();
      for (const entry of roundRobin(batches)) {
        this.#takeEntry(entry, entry.splitBefore === undefined ? 'whole' : 'moved', { builder, held });
        if (clock.monotonicMs() - sliceStart < this.#limits.backlogSliceMs) continue;
        await nextTurn();
        sliceStart = clock.monotonicMs();
      }
      this.#finish(writer, 'backlog', { builder, batches });
      this.#court.detain(held);
    }
  }

  #takeEntry(
    entry: JournalledEntry,
    part: IntakeRequest['part'],
    into: { builder: BatchBuilder; held: HeldMessage[] },
  ): EpochMs | undefined {
    const outcome = this.#intake.take(entry, { part, future: 'hold', correctionMs: 0 }, into.builder);
    const ms = this.#options.clock.monotonicMs();
    if (outcome.kind === 'future') {
      into.held.push(this.#court.hold(entry, outcome.station, { builder: into.builder, ms }));
      return undefined;
    }
    this.#court.sawPresent(outcome.station, ms);
    return outcome.kind === 'decoded' ? outcome.moveBefore : undefined;
  }

  #finish(
    writer: StoreWriter,
    stream: JournalStream,
    work: { builder: BatchBuilder; batches: readonly JournalBatch[] },
  ): void {
    const seq = work.batches.at(-1)?.seq ?? this.#taken[stream];
    this.#taken[stream] = seq;
    const now = this.#options.clock.monotonicMs();
    const keepStates = now - this.#statesKeptAt >= KEEP_STATES_MS;
    if (keepStates) this.#statesKeptAt = now;
    const states = keepStates ? this.#trackers.takeChanged() : undefined;
    // A failure reaches `onFailure`; the loop ends with it.
    void writer.write(work.builder, { [stream]: seq }, states).catch(() => undefined);
  }

  /** The next unread batches of a stream; waits for them; `undefined` when the pipeline stops. */
  async #next(stream: JournalStream): Promise<readonly JournalBatch[] | undefined> {
    while (!this.#stopping) {
      const batches = await this.#options.reader.read(stream, this.#taken[stream], READ_BYTES[stream]);
      if (batches.length > 0) return batches;
      if (this.#stopping) break;
      await this.#signals[stream].wait();
    }
    return undefined;
  }

  #publish(observation: Observation, live: boolean): void {
    this.#accepted += 1;
    this.#latest.offer(observation);
    if (live) this.#latency.record(this.#options.clock.now() - observation.received);
    for (const listener of this.#listeners) listener(observation, live);
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#options.clock.after(POLL_MS, () => {
      this.#poll();
      this.#schedulePoll();
    });
  }

  #poll(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#court.poll(this.#options.clock.monotonicMs(), messages => {
      const builder = new BatchBuilder();
      this.#court.release(messages, builder, 0);
      if (!builder.isEmpty) void writer.write(builder, {}).catch(() => undefined);
      this.#signals.live.raise();
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
    this.#options.onFailure(error);
  }

  #running(): StoreWriter {
    if (this.#writer === undefined) throw new Error('The pipeline is not running.');
    return this.#writer;
  }
}
