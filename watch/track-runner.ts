import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Offer } from '../rules/rule-track.ts';
import type { Sample } from '../rules/sample.ts';
import type { EpisodeLog } from './episode-log.ts';
import { insist } from './insist.ts';
import type { TrackOpener } from './track-opener.ts';
import type { TrackSlot } from './track-slot.ts';

export interface TrackRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly episodes: Pick<EpisodeLog, 'add' | 'flush'>;
  readonly opener: Pick<TrackOpener, 'open'>;
  /** Before it tracks are not opened: what was in hand at the end of the last run has to come first. */
  readonly recovered: Promise<void>;
  /** Hears of samples from before what a track remembers. */
  readonly onBeyond: (slot: TrackSlot, beyond: readonly Sample[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/** How many tracks are opened at a time. */
const GROUP = 256;
const UNREADABLE = 'What a rule has to judge cannot be read from the stores; its readings wait.';

/** Offers samples to tracks, and opens a track when its first sample comes. */
export class TrackRunner {
  readonly #options: TrackRunnerOptions;
  /** Tracks are opened in groups, one after the other: the end of the last group, while there is one. */
  #lastGroup: Promise<void> | undefined;
  /** The group that can still be joined. */
  #forming: TrackSlot[] | undefined;
  readonly #opening = new Set<TrackSlot>();
  readonly #dirty = new Set<TrackSlot>();

  constructor(options: TrackRunnerOptions) {
    this.#options = options;
  }

  give(slot: TrackSlot, sample: Sample): void {
    slot.refill?.given.push(sample);
    if (slot.track !== undefined) {
      this.take(slot, slot.track.offer([sample]));
      return;
    }
    slot.waiting.push(sample);
    this.open(slot);
  }

  /** Gives a decision that is no reason to open a track: one opened later finds it in the store. */
  mention(slot: TrackSlot, sample: Sample): void {
    // What is being opened may have read the store before the decision was there.
    if (slot.track !== undefined || this.#opening.has(slot)) this.give(slot, sample);
  }

  /** Opens a track without a sample. */
  open(slot: TrackSlot): void {
    if (slot.track !== undefined || this.#opening.has(slot)) return;
    this.#opening.add(slot);
    if (this.#forming !== undefined && this.#forming.length < GROUP) {
      this.#forming.push(slot);
      return;
    }
    const group = [slot];
    this.#forming = group;
    const before = this.#lastGroup ?? this.#options.recovered;
    const opened = before
      .then(() => {
        if (this.#forming === group) this.#forming = undefined;
        return this.#openAll(group);
      })
      .finally(() => {
        if (this.#lastGroup === opened) this.#lastGroup = undefined;
      });
    // Whoever waits for it hears of the failure too.
    opened.catch((error: unknown) => this.#options.onFailure(error));
    this.#lastGroup = opened;
  }

  /** Resolves once everything that was given is judged; undefined where it is. */
  settled(): Promise<void> | undefined {
    return this.#lastGroup;
  }

  /** How many tracks wait to be opened. */
  get opening(): number {
    return this.#opening.size;
  }

  /** Takes over what a track has found. */
  take(slot: TrackSlot, { changes, beyond }: Offer): void {
    this.#dirty.add(slot);
    if (changes.length > 0) {
      slot.revision += 1;
      this.#options.episodes.add({ changes: [...changes] });
    }
    if (beyond.length > 0) this.#options.onBeyond(slot, beyond);
  }

  /** The tracks that have changed since they were last asked for. */
  takeDirty(): readonly TrackSlot[] {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    return dirty;
  }

  /** Notes that no checkpoint holds what tracks have folded. */
  touch(slots: Iterable<TrackSlot>): void {
    for (const slot of slots) this.#dirty.add(slot);
  }

  async #openAll(group: readonly TrackSlot[]): Promise<void> {
    const { clock, log, opener, episodes } = this.#options;
    // What was decided so far is to be found in the store.
    await episodes.flush();
    const opened = await insist(() => opener.open(group), { clock, log, message: UNREADABLE });
    for (const [slot, { track, begin }] of opened) {
      const { waiting } = slot;
      slot.track = track;
      slot.waiting = [];
      this.#opening.delete(slot);
      this.take(slot, begin(waiting));
    }
  }
}
