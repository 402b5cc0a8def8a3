import type { Clock } from '../domain/ports/clock.ts';
import type {
  Cursors,
  JournalBatch,
  JournalReader,
  JournalStream,
  JournalledEntry,
} from '../domain/ports/journal.ts';
import type { HeldMessage } from '../domain/ports/telemetry-store.ts';
import { stationOf } from '../domain/model/topic.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { ClockCourt } from './clock-court.ts';
import { clockDecisionOf } from './clock-decision.ts';
import { keepWorkerState } from './kept-state.ts';
import type { KeptStates } from './kept-state.ts';
import type { MessageIntake } from './message-intake.ts';
import type { IngestLimits } from './ingest-limits.ts';
import { roundRobin } from './round-robin.ts';
import { Signal } from './signal.ts';
import type { StationTrackers } from './station-trackers.ts';
import type { StoreWriter } from './store-writer.ts';
import { UnstoredAge } from './unstored-age.ts';
import { watchDecisionsOf } from './watch-decision.ts';

export interface LanesOptions {
  readonly clock: Clock;
  readonly reader: JournalReader;
  readonly writer: StoreWriter;
  readonly intake: MessageIntake;
  readonly court: ClockCourt;
  readonly trackers: StationTrackers;
  readonly limits: IngestLimits;
  /** Lets other work of the thread run; resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  readonly split: SplitInForce;
  readonly onWatchDecisions: (decisions: readonly WatchDecision[]) => void;
  /** Where the lanes stood when the states that were taken over were kept. */
  readonly statesThrough: Cursors;
}

/** Where live messages are split, milliseconds before receivedTime; changed only between two messages. */
export interface SplitInForce {
  ms: number;
  /** True once the store knows it. */
  isKept: boolean;
}

type MovedEntry = JournalledEntry & { readonly splitBefore: EpochMs };

interface InHand {
  readonly builder: BatchBuilder;
  readonly held: HeldMessage[];
  readonly moves: MovedEntry[];
}

const READ_BYTES = { live: 1 << 20, backlog: 1 << 19 };
const KEEP_STATES_MS = 30_000;

/**
 * The two loops that take messages from the journal to the store, each with its cursor. The live lane passes readings
 * on as soon as they are decoded; the backlog lane works in short slices, in turn by station.
 */
export class Lanes {
  readonly taken = { live: 0, backlog: 0 };
  /** The last batches that were begun; beyond `taken` while a lane works on them. */
  readonly inHand = { live: 0, backlog: 0 };
  readonly #options: LanesOptions;
  readonly #signals = { live: new Signal(), backlog: new Signal() };
  #stopping = false;
  #isCaughtUp = false;
  #isWaiting = false;
  #lastReceived = epochMs(0);
  #statesKeptAt: number;
  #statesThrough: Cursors;
  readonly #startedAt: EpochMs;
  readonly #unstored = new UnstoredAge();

  constructor(options: LanesOptions) {
    this.#options = options;
    this.taken = { ...options.writer.committed };
    this.inHand = { ...this.taken };
    this.#statesThrough = options.statesThrough;
    this.#statesKeptAt = options.clock.monotonicMs();
    this.#startedAt = options.clock.now();
  }

  /**
   * True once the live lane has read all that was journalled before the start, or can read no further: decisions
   * about the clock may still stand in what it has not read.
   */
  get mayJudge(): boolean {
    return this.#isCaughtUp || this.#isFull;
  }

  /**
   * receivedTime up to which the live lane has taken everything: the time of the clock while it waits for more, else that
   * of the last message it took. 0 before the first.
   */
  get heardThrough(): EpochMs {
    return this.#isWaiting ? this.#options.clock.now() : this.#lastReceived;
  }

  /** Tells that a stream has grown, or that held messages were released. */
  wake(stream: JournalStream): void {
    this.#signals[stream].raise();
  }

  /** Age of the oldest message that was read and is not yet durable in the store, milliseconds; 0 when there is none. */
  oldestUnstoredMs(): number {
    const { clock, writer } = this.#options;
    const oldest = this.#unstored.oldest(writer.committed);
    return oldest === undefined ? 0 : Math.max(0, clock.now() - oldest);
  }

  /** All states that changed, as of what is taken now, to be kept with the next batch. */
  statesNow(): KeptStates {
    this.#statesThrough = { ...this.taken };
    return [...this.#options.trackers.takeChanged(), ...this.#workerState()];
  }

  /** Both loops end after the batch in hand. */
  stop(): void {
    this.#stopping = true;
    this.#signals.live.raise();
    this.#signals.backlog.raise();
  }

  async runLive(): Promise<void> {
    const { writer, reader, limits, court } = this.#options;
    const splitKept = this.#keepSplit();
    // Awaited where it matters; a failure reaches `onFailure`.
    splitKept.catch(() => undefined);
    for (;;) {
      await writer.room(limits.maxOutstandingReadings);
      const batches = await this.#next('live');
      if (batches === undefined) return;
      const work: InHand = { builder: new BatchBuilder(), held: [], moves: [] };
      let hasDecision = false;
      for (const batch of batches) {
        for (const entry of batch.entries) hasDecision = this.#takeLive(entry, work) || hasDecision;
      }
      if (work.moves.length > 0) {
        await splitKept;
        // The moved parts must be durable before the cursor passes their originals.
        await reader.move(work.moves);
      }
      this.#finish('live', batches, { work, states: hasDecision ? this.#workerState() : [] });
      this.#lastReceived = batches.at(-1)?.entries.at(-1)?.received ?? this.#lastReceived;
      court.detain(work.held);
      if (hasDecision) this.#signals.backlog.raise();
      await this.#whileFull();
      const last = batches.at(-1)?.entries.at(-1);
      if (last !== undefined && last.received > this.#startedAt) await this.#caughtUp();
    }
  }

  async runBacklog(): Promise<void> {
    const { clock, nextTurn, writer, limits, court } = this.#options;
    for (;;) {
      await writer.room(limits.maxOutstandingReadings / 2);
      while (this.#isFull && !this.#stopping) await this.#signals.backlog.wait();
      const batches = await this.#next('backlog');
      if (batches === undefined) return;
      const work: InHand = { builder: new BatchBuilder(), held: [], moves: [] };
      let sliceStart = clock.monotonicMs();
      for (const entry of roundRobin(batches)) {
        this.#take(entry, entry.splitBefore === undefined ? 'whole' : 'moved', work);
        if (clock.monotonicMs() - sliceStart < limits.backlogSliceMs) continue;
        await nextTurn();
        sliceStart = clock.monotonicMs();
      }
      this.#finish('backlog', batches, { work, states: [] });
      court.detain(work.held);
    }
  }

  get #isFull(): boolean {
    return this.#options.court.heldCount > this.#options.limits.maxHeldMessages;
  }

  /** Answers true for a decision about our clock. */
  #takeLive(entry: JournalledEntry, work: InHand): boolean {
    const decision = clockDecisionOf(entry);
    if (decision !== undefined) {
      work.builder.count(stationOf(entry.topic), 'messagesDecoded');
      this.#options.court.carryOut(decision, work.builder, work.held);
      return true;
    }
    const watchDecisions = watchDecisionsOf(entry);
    if (watchDecisions !== undefined) {
      work.builder.count(stationOf(entry.topic), 'messagesDecoded');
      this.#options.onWatchDecisions(watchDecisions);
      return false;
    }
    const moveBefore = this.#take(entry, 'fresh', work);
    if (moveBefore !== undefined) work.moves.push({ ...entry, splitBefore: moveBefore });
    return false;
  }

  #take(entry: JournalledEntry, part: 'fresh' | 'whole' | 'moved', work: InHand): EpochMs | undefined {
    const { intake, court, clock } = this.#options;
    const outcome = intake.take(entry, { part, future: 'hold', correctionMs: 0 }, work.builder);
    if (outcome.kind === 'quarantined') return undefined;
    const ms = clock.monotonicMs();
    if (outcome.kind === 'future') {
      const message = court.hold(entry, outcome.station, { builder: work.builder, ms });
      if (message !== undefined) work.held.push(message);
      return undefined;
    }
    if (outcome.isPresent) court.saw(outcome.station, false, ms);
    return outcome.moveBefore;
  }

  #finish(
    stream: JournalStream,
    batches: readonly JournalBatch[],
    done: { readonly work: InHand; readonly states: KeptStates },
  ): void {
    const { clock, writer } = this.#options;
    const seq = batches.at(-1)?.seq ?? this.taken[stream];
    this.taken[stream] = seq;
    const now = clock.monotonicMs();
    const keepStates = now - this.#statesKeptAt >= KEEP_STATES_MS;
    if (keepStates) this.#statesKeptAt = now;
    const states = keepStates ? this.statesNow() : done.states;
    // A failure reaches `onFailure`; the loop ends with it.
    void writer.write(done.work.builder, { [stream]: seq }, states).catch(() => undefined);
  }

  /** The next unread batches of a stream; waits for them; `undefined` when the lanes stop. */
  async #next(stream: JournalStream): Promise<readonly JournalBatch[] | undefined> {
    while (!this.#stopping) {
      const batches = await this.#options.reader.read(stream, this.taken[stream], READ_BYTES[stream]);
      if (batches.length > 0) {
        this.inHand[stream] = batches.at(-1)?.seq ?? this.inHand[stream];
        this.#unstored.took(stream, batches, this.#options.writer.committed);
        return batches;
      }
      if (this.#stopping) break;
      if (stream === 'live') {
        await this.#caughtUp();
        this.#isWaiting = true;
      }
      await this.#signals[stream].wait();
      if (stream === 'live') this.#isWaiting = false;
    }
    return undefined;
  }

  /** Everything that may have been split before the last stop is taken: from here on the configured split holds. */
  async #caughtUp(): Promise<void> {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    const { split, limits } = this.#options;
    // Where the split does not change, only what is moved has to wait for it to be durable: not the live readings.
    if (split.ms !== limits.liveWindowMs) await this.#keepSplit(limits.liveWindowMs);
  }

  /** Makes the split durable: no message may be split at a place that a crash would forget. */
  async #keepSplit(ms = this.#options.split.ms): Promise<void> {
    const { split, writer } = this.#options;
    if (split.isKept && split.ms === ms) return;
    await writer.write(new BatchBuilder(), {}, this.#workerState(ms));
    split.ms = ms;
    split.isKept = true;
  }

  #workerState(splitMs = this.#options.split.ms): KeptStates {
    const { decisions } = this.#options.court;
    return keepWorkerState({ splitMs, decisions, statesThrough: this.#statesThrough });
  }

  /**
   * While held messages fill the memory the live lane takes nothing more: the journal keeps it. It looks ahead all the
   * same, since what ends the hold stands there: stations that are no longer in the future, and then the decision.
   */
  async #whileFull(): Promise<void> {
    const { reader, writer, court, intake, clock } = this.#options;
    let seen = this.taken.live;
    while (this.#isFull && !this.#stopping) {
      const batches = await reader.read('live', seen, READ_BYTES.live);
      if (batches.length === 0) {
        await this.#signals.live.wait();
        continue;
      }
      seen = batches.at(-1)?.seq ?? seen;
      const builder = new BatchBuilder();
      for (const entry of batches.flatMap(batch => batch.entries)) {
        const decision = clockDecisionOf(entry);
        if (decision !== undefined) court.carryOut(decision, builder, []);
        const isFuture = intake.looksFuture(entry);
        if (isFuture !== undefined) court.saw(stationOf(entry.topic), isFuture, clock.monotonicMs());
      }
      // A failure reaches `onFailure`; the loop ends with it.
      if (builder.isEmpty) continue;
      void writer.write(builder, {}, this.#workerState()).catch(() => undefined);
      this.#signals.backlog.raise();
    }
  }
}
