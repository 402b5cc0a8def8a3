import type { Clock } from '../domain/ports/clock.ts';
import type { PendingRefill } from '../domain/ports/episode-store.ts';
import type { Cursors } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Offer, RuleTrack } from '../rules/rule-track.ts';
import type { Sample } from '../rules/sample.ts';
import type { EpisodeLog } from './episode-log.ts';
import { insist } from './insist.ts';
import { knownPast } from './told-ledger.ts';
import type { TrackOpener } from './track-opener.ts';
import type { TrackPast } from './track-past.ts';
import type { OlderSamples, TrackSlot } from './track-slot.ts';
import type { WatchLimits } from './watch-limits.ts';
import type { WatchedIngest } from './watched-ingest.ts';

export interface TrackRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly episodes: EpisodeLog;
  readonly opener: Pick<TrackOpener, 'open'>;
  readonly past: Pick<TrackPast, 'before'>;
  readonly ingest: Pick<WatchedIngest, 'progress' | 'offered'>;
  readonly limits: WatchLimits;
  /** Before it tracks are not opened: what was in hand at the end of the last run has to come first. */
  readonly recovered: Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** How many tracks are opened at a time. */
const GROUP = 64;
const UNREADABLE = 'What a rule has to judge cannot be read from the stores; its readings wait.';

/**
 * Offers samples to tracks. Whatever has to read a store, opening a track and judging one anew, stands in one line; the
 * samples of the track wait meanwhile, and `settled` tells when those of now have been judged.
 */
export class TrackRunner {
  readonly #options: TrackRunnerOptions;
  /** The end of the line. */
  #last: Promise<void>;
  #inLine = 0;
  #opening = 0;
  #refilling = 0;
  /** Tracks that will be opened together and can still be joined. */
  #forming: TrackSlot[] | undefined;
  readonly #toRefill = new Map<TrackSlot, OlderSamples>();
  readonly #dirty = new Set<TrackSlot>();

  constructor(options: TrackRunnerOptions) {
    this.#options = options;
    this.#last = options.recovered;
  }

  give(slot: TrackSlot, sample: Sample): void {
    if (slot.track !== undefined && !slot.isBusy) {
      this.#take(slot, slot.track.offer([sample]));
      return;
    }
    slot.waiting.push(sample);
    if (!slot.isBusy) this.#open(slot);
  }

  /** Resolves once everything that was given is judged; undefined where it is. */
  settled(): Promise<void> | undefined {
    return this.#inLine === 0 ? undefined : this.#last;
  }

  /** Takes up what an earlier run left to be judged anew. */
  owe(slot: TrackSlot, from: EpochMs): void {
    this.#note(slot, from, { live: 0, backlog: 0 });
  }

  /** Takes changes that came about without a sample. */
  took(slot: TrackSlot, offer: Offer): void {
    this.#take(slot, offer);
  }

  /** Begins to judge anew what has waited long enough, and whose older samples the store has. */
  refillDue(): void {
    const { clock, limits, ingest } = this.#options;
    const now = clock.monotonicMs();
    const { taken } = ingest.progress();
    const isDue = ({ lastMs, sinceMs, through }: OlderSamples): boolean =>
      (now - lastMs >= limits.refillQuietMs || now - sinceMs >= limits.refillPatienceMs) &&
      taken.live >= through.live &&
      taken.backlog >= through.backlog;
    const due = [...this.#toRefill].filter(([, refill]) => isDue(refill));
    if (due.length === 0) return;
    for (const [slot] of due) this.#toRefill.delete(slot);
    this.#refilling += due.length;
    void ingest
      .offered()
      .then(() => {
        for (const [slot, refill] of due) {
          this.#queue(async () => {
            await this.#refill(slot, refill);
            this.#refilling -= 1;
          });
        }
      })
      // A store that gave a batch up ends the process; whoever handed it over is told.
      .catch(() => undefined);
  }

  /** How many tracks wait to be opened. */
  get opening(): number {
    return this.#opening;
  }

  /** How many tracks wait to be judged anew. */
  get refilling(): number {
    return this.#toRefill.size + this.#refilling;
  }

  /** Tracks that have changed since they were last asked for, and are not being worked on. */
  takeDirty(): readonly TrackSlot[] {
    const ready = [...this.#dirty].filter(({ isBusy }) => !isBusy);
    for (const slot of ready) this.#dirty.delete(slot);
    return ready;
  }

  /** Notes that no checkpoint holds what tracks have folded. */
  touch(slots: Iterable<TrackSlot>): void {
    for (const slot of slots) this.#dirty.add(slot);
  }

  #open(slot: TrackSlot): void {
    slot.isBusy = true;
    this.#opening += 1;
    if (this.#forming !== undefined && this.#forming.length < GROUP) {
      this.#forming.push(slot);
      return;
    }
    const group = [slot];
    this.#forming = group;
    this.#queue(async () => {
      if (this.#forming === group) this.#forming = undefined;
      await Promise.all(group.map(each => this.#openNow(each)));
      this.#opening -= group.length;
    });
  }

  async #openNow(slot: TrackSlot): Promise<RuleTrack> {
    const { track, begin } = await this.#insist(() => this.#options.opener.open(slot));
    slot.track = track;
    this.#take(slot, begin(slot.waiting));
    slot.waiting = [];
    slot.isBusy = false;
    return track;
  }

  /** Judges anew what `due` tells of. What came from beyond meanwhile may not be stored yet: its own turn comes. */
  async #refill(slot: TrackSlot, due: OlderSamples): Promise<void> {
    if (slot.isBusy) {
      // It stands in line to be opened, behind this.
      if (slot.refill === due) this.#toRefill.set(slot, due);
      return;
    }
    slot.isBusy = true;
    const track = slot.track ?? (await this.#openNow(slot));
    slot.isBusy = true;
    if (slot.refill === due) slot.refill = undefined;
    // What was stored when the track was opened is among its samples.
    if (track.foldedTo !== null && due.from <= track.foldedTo) {
      await this.#options.episodes.flush();
      const { records, samples } = await this.#insist(() => this.#options.past.before(slot, due.from));
      this.#take(slot, track.refill(samples, knownPast(records), due.from));
    }
    slot.isRefilled = true;
    this.#dirty.add(slot);
    const { waiting } = slot;
    slot.waiting = [];
    slot.isBusy = false;
    if (waiting.length > 0) this.#take(slot, track.offer(waiting));
    await this.#options.episodes.flush();
  }

  #take(slot: TrackSlot, { changes, beyond }: Offer): void {
    this.#dirty.add(slot);
    if (changes.length > 0) this.#options.episodes.add({ changes: [...changes] });
    const [first] = beyond;
    if (first !== undefined) this.#note(slot, first.t, this.#options.ingest.progress().inHand);
  }

  #note(slot: TrackSlot, t: EpochMs, through: Cursors): void {
    const { refill: known, rule, subject } = slot;
    const now = this.#options.clock.monotonicMs();
    const from = epochMs(Math.min(t, known?.from ?? t));
    const older = { from, sinceMs: known?.sinceMs ?? now, lastMs: now, through: { ...through } };
    slot.refill = older;
    this.#toRefill.set(slot, older);
    const pending: PendingRefill = { rule, subject, from };
    if (known === undefined || from < known.from) this.#options.episodes.add({ refills: [pending] });
  }

  #queue(work: () => Promise<void>): void {
    this.#inLine += 1;
    this.#last = this.#last.then(work).finally(() => {
      this.#inLine -= 1;
    });
    // Whoever waits for it hears of the failure too.
    this.#last.catch((error: unknown) => this.#options.onFailure(error));
  }

  #insist<Result>(run: () => Promise<Result>): Promise<Result> {
    const { clock, log } = this.#options;
    return insist(run, { clock, log, message: UNREADABLE });
  }
}
