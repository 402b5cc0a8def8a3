import { isAppError, messageOf } from '../domain/errors.ts';
import type { BasisVersions } from '../domain/model/episode.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { WatchDecision } from '../domain/model/watch-decision.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { EpisodeBatch, EpisodeResumption, EpisodeStore } from '../domain/ports/episode-store.ts';
import type { Log } from '../domain/ports/log.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { RuleGap } from '../rules/rule-kind.ts';
import { activateBasis } from './basis-activation.ts';
import { BasisBook } from './basis-book.ts';
import type { BasisEntry, TrackBasis } from './basis-book.ts';
import { Checkpoints } from './checkpoints.ts';
import { EpisodeLog } from './episode-log.ts';
import { Explanations } from './explanations.ts';
import { HeldReadings } from './held-readings.ts';
import { listenedInputs } from './listened-inputs.ts';
import { Recovery } from './recovery.ts';
import { SignalBook } from './signal-book.ts';
import { SilenceWatch } from './silence-watch.ts';
import { TrackOpener } from './track-opener.ts';
import { TrackPast } from './track-past.ts';
import { TrackRefills } from './track-refills.ts';
import { TrackRunner } from './track-runner.ts';
import type { TrackSlot } from './track-slot.ts';
import { TrackTable } from './track-table.ts';
import { WatchHistory, readingOf } from './watch-history.ts';
import type { WatchLimits } from './watch-limits.ts';
import type { WatchedIngest } from './watched-ingest.ts';

/** What is watched now, and what is not. */
export interface WatchedPoints {
  readonly versions: BasisVersions | undefined;
  /** The datastreams that a rule judges. */
  readonly judged: ReadonlySet<string>;
  readonly gaps: readonly RuleGap[];
}

/** What the watch has still to do. */
export interface WatchStatus {
  /** Tracks that wait for their history after a start. */
  readonly opening: number;
  /** Tracks that wait to be judged anew. */
  readonly refills: number;
  /** Why what the rules found cannot be kept; absent while it can. */
  readonly refusal?: string;
}

export interface WatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: EpisodeStore;
  readonly reader: Pick<TelemetryStore, 'winners'>;
  readonly limits: WatchLimits;
  /** Lets other work of the thread run. */
  readonly nextTurn: () => Promise<void>;
  /** To be journalled; they take effect when they come back through `decide`. */
  readonly onDecisions: (decisions: readonly WatchDecision[]) => void;
  /** Hears of every batch once it is durable. */
  readonly onDurable: (batch: EpisodeBatch) => void;
  readonly onWatched: (points: WatchedPoints) => void;
  /** The watch cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

interface Running {
  readonly ingest: WatchedIngest;
  readonly history: WatchHistory;
  readonly tracks: TrackRunner;
  readonly refills: TrackRefills;
  readonly checkpoints: Checkpoints;
  readonly recovery: Recovery;
  readonly explanations: Explanations;
}

/** How long a stop waits for a store that does not answer: the next start judges from the last checkpoint. */
const STOP_PATIENCE_MS = durationMs(5_000);

/**
 * Runs the rules on the readings as ingest takes them. What they find is durable before the readings are, so that a crash
 * loses no finding; what was told is known again after a restart.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #book = new BasisBook();
  readonly #table = new TrackTable();
  readonly #silence: SilenceWatch;
  readonly #signals = new SignalBook();
  readonly #episodes: EpisodeLog;
  #resumption: EpisodeResumption | undefined;
  #running: Running | undefined;
  /** Newer bases than the one in force; only the last of them is taken. */
  #nextBasis: BasisEntry | undefined;
  readonly #held = new HeldReadings();
  #background: Promise<void> = Promise.resolve();
  readonly #timers: (() => void)[] = [];
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { clock, log, store, onDurable, limits } = options;
    this.#silence = new SilenceWatch(limits.reconnectMs);
    this.#episodes = new EpisodeLog({
      clock,
      log,
      store,
      onDurable,
      heardThrough: () => this.#running?.ingest.progress().heardThrough ?? epochMs(0),
      inHand: () => this.#running?.ingest.progress().inHand ?? { live: 0, backlog: 0 },
    });
  }

  /** Takes over what was decided before, and the basis of every time that is known, oldest first. Before ingest starts. */
  async resume(basis: readonly BasisEntry[]): Promise<void> {
    this.#resumption = await this.#options.store.resume();
    let tracks: readonly TrackBasis[] = [];
    for (const entry of basis) tracks = this.#book.append(entry);
    this.#basisTaken(tracks);
  }

  /** Begins to watch. Right after ingest has started, before it takes its first message. */
  run(ingest: WatchedIngest): void {
    const { clock, log, store, reader, limits, nextTurn, onFailure } = this.#options;
    const resumption = this.#resumption;
    if (resumption === undefined) throw new Error('The watch was not resumed.');
    const history = new WatchHistory({
      reader,
      datastreams: start => ingest.datastreams(start),
      storedAtStart: ingest.datastreamsAtStart,
    });
    const past = new TrackPast({ store, history });
    const { horizonMs } = limits;
    const now = clock.now();
    const heardThrough = resumption.heardThrough ?? now;
    const opener = new TrackOpener(
      {
        store,
        history,
        past,
        horizonMs,
        acknowledgedAt: () => undefined,
        judgedFrom: epochMs(Math.min(heardThrough, now) - horizonMs),
      },
      resumption.checkpoints,
    );
    const recovery = new Recovery({
      clock,
      ingest,
      through: resumption.through,
      patienceMs: limits.recoveryMs,
    });
    const episodes = this.#episodes;
    const { recovered } = recovery;
    const tracks: TrackRunner = new TrackRunner({
      clock,
      log,
      episodes,
      opener,
      recovered,
      onBeyond: (slot, beyond) => refills.note(slot, beyond[0]?.t ?? now),
      onFailure,
    });
    const refills = new TrackRefills({
      clock,
      log,
      episodes,
      past,
      ingest,
      tracks,
      limits,
      nextTurn,
      onFailure,
    });
    const checkpoints = new Checkpoints(
      { store, episodes, tracks, nextTurn },
      resumption.heardThrough ?? epochMs(0),
    );
    const explanations = new Explanations({
      clock,
      store,
      table: this.#table,
      past,
      history,
      gaps: () => this.#book.gaps,
      clockCorrectionOf: reading => ingest.clockCorrectionOf(reading),
      sliceMs: limits.sliceMs,
      nextTurn,
    });
    this.#running = { ingest, history, tracks, refills, checkpoints, recovery, explanations };
    for (const refill of resumption.refills) {
      const slot = this.#table.get(refill);
      if (slot !== undefined) refills.owe(slot, refill.from);
    }
    // A store that is older than the watch tells by its readings up to when somebody listened.
    const listenedTo = epochMs(Math.max(resumption.heardThrough ?? 0, this.#hearLatest()));
    if (listenedTo > 0) this.wasAway(listenedTo);
    this.#every(limits.silenceTickMs, () => this.#tick());
    this.#every(limits.heardMarkMs, () => this.#mark());
    this.#every(limits.checkpointMs, () => this.#checkpoint());
  }

  /** Hears an accepted reading, or one whose quality flag is another now. */
  observe(observation: Observation): void {
    if (this.#running === undefined) return;
    const { history, tracks } = this.#running;
    const input = this.#heard(observation, history);
    if (input === undefined) return;
    const hearing = this.#table.hearing(input);
    if (hearing.length === 0 && !this.#held.isHolding) return;
    const reading = readingOf(observation, input);
    this.#held.note(reading, hearing.length);
    for (const slot of hearing) tracks.give(slot, reading);
  }

  /** Hears journalled decisions in their place among the readings. */
  decide(decisions: readonly WatchDecision[]): void {
    this.#episodes.add({ decisions: [...decisions] });
    if (this.#running === undefined) return;
    const { tracks } = this.#running;
    for (const decision of decisions) {
      if (decision.kind === 'silence') {
        for (const slot of this.#silenceMinded(decision.input)) tracks.give(slot, decision);
      }
      if (decision.kind === 'signal') {
        this.#signals.take(decision);
        for (const slot of this.#table.asking(decision.zone)) tracks.give(slot, decision);
      }
      if (decision.kind !== 'outage') continue;
      this.#silence.decided(decision);
      for (const slot of this.#table.silenceMinded) tracks.mention(slot, decision);
    }
  }

  /** What must be durable before the readings heard so far may be; see `IngestOptions.settledBefore`. */
  settledBefore(): Promise<void> | undefined {
    const judged = this.#held.room ?? this.#running?.tracks.settled();
    if (judged === undefined) return this.#episodes.flush();
    return judged.then(() => this.#episodes.flush());
  }

  /** A rule set or registry that holds from now on. */
  setBasis(entry: BasisEntry): void {
    this.#nextBasis = entry;
    this.#held.begin();
  }

  /** Whether anything can be heard: while the journal takes nothing, nobody's silence means anything. */
  setDeaf(isDeaf: boolean): void {
    this.#silence.setDeaf(isDeaf);
  }

  /** Nothing was heard from an instant until now. */
  wasAway(from: EpochMs): void {
    const outage = this.#silence.wasAway(from, this.#options.clock.now());
    if (outage !== undefined) this.#options.onDecisions([outage]);
  }

  status(): WatchStatus {
    const { tracks, refills } = this.#running ?? {};
    const { refusal } = this.#episodes;
    return {
      opening: tracks?.opening ?? 0,
      refills: refills?.open ?? 0,
      ...(refusal === undefined ? {} : { refusal }),
    };
  }

  /** Answers people while the watch runs. */
  get explanations(): Explanations {
    if (this.#running === undefined) throw new Error('The watch does not run.');
    return this.#running.explanations;
  }

  /** Keeps everything for the next start. After ingest has stopped. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    if (this.#running === undefined) return;
    const { tracks, checkpoints, ingest, recovery } = this.#running;
    recovery.stop();
    const { heardThrough } = ingest.progress();
    this.#inBackground(async () => {
      await tracks.settled();
      await checkpoints.keepTracks();
      await checkpoints.mark(heardThrough);
    });
    let cancel = (): void => undefined;
    const late = new Promise<void>(resolve => {
      cancel = this.#options.clock.after(STOP_PATIENCE_MS, resolve);
    });
    await Promise.race([this.#background, late]).finally(cancel);
  }

  #heard(observation: Observation, history: WatchHistory): string | undefined {
    const input = history.inputOf(observation.datastream);
    if (input !== undefined) this.#silence.heard(input, observation.t, observation.received);
    return input;
  }

  /** Hears the last value of every datastream; answers when the last of them was received, 0 where there is none. */
  #hearLatest(): number {
    const { ingest, history } = this.#running ?? {};
    let received = 0;
    if (ingest === undefined || history === undefined) return received;
    for (const observation of ingest.latest()) {
      this.#heard(observation, history);
      received = Math.max(received, observation.received);
    }
    return received;
  }

  #silenceMinded(input: string): readonly TrackSlot[] {
    return this.#table.hearing(input).filter(slot => this.#table.silenceMinded.has(slot));
  }

  /** One after the other. A store that refuses for the moment is asked again the next time. */
  #inBackground(work: () => Promise<void>): void {
    const { log, onFailure } = this.#options;
    this.#background = this.#background.then(work).catch((error: unknown) => {
      if (isAppError(error) && error.retryable) {
        log.warn('The state of the rules could not be kept; it is tried again.', { error: messageOf(error) });
      } else onFailure(error);
    });
  }

  #tick(): void {
    if (this.#running === undefined) return;
    const { ingest, tracks, refills } = this.#running;
    this.#takeBasis(tracks);
    refills.beginDue();
    const now = this.#options.clock.now();
    const decisions = this.#silence.look({ now, ...ingest.progress() });
    if (decisions.length > 0) this.#options.onDecisions(decisions);
  }

  #takeBasis(tracks: TrackRunner): void {
    const entry = this.#nextBasis;
    if (entry === undefined) return;
    this.#nextBasis = undefined;
    this.#inBackground(async () => {
      this.#basisTaken(await this.#book.appendInSlices(entry, this.#options.nextTurn));
      this.#hearLatest();
      this.#held.release(this.#table, tracks);
      // One that came meanwhile waits for its turn.
      if (this.#nextBasis !== undefined) this.#held.begin();
      await this.#activate(entry, tracks);
    });
  }

  #basisTaken(tracks: readonly TrackBasis[]): void {
    this.#table.set(tracks);
    this.#silence.listen(listenedInputs(tracks).values());
    const judged = new Set(
      tracks.filter(({ basis }) => basis.at(-1)?.plan !== undefined).map(({ subject }) => subject),
    );
    this.#options.onWatched({ versions: this.#book.newest, judged, gaps: this.#book.gaps });
  }

  async #activate({ from }: BasisEntry, tracks: TrackRunner): Promise<void> {
    await activateBasis(from, { ...this.#options, table: this.#table, signals: this.#signals, tracks });
    await this.settledBefore();
  }

  #mark(): void {
    const { checkpoints, ingest } = this.#running ?? {};
    if (checkpoints === undefined || ingest === undefined) return;
    const { heardThrough } = ingest.progress();
    this.#inBackground(() => checkpoints.mark(heardThrough));
  }

  #checkpoint(): void {
    const { checkpoints } = this.#running ?? {};
    if (checkpoints !== undefined) this.#inBackground(() => checkpoints.keepTracks());
  }

  #every(span: WatchLimits['silenceTickMs'], run: () => void): void {
    const { clock } = this.#options;
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = clock.after(span, () => {
        if (this.#isStopped) return;
        run();
        again();
      });
    };
    again();
    this.#timers.push(() => cancel());
  }
}
