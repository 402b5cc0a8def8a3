import type { EpisodeStore, TrackCheckpoint } from '../domain/ports/episode-store.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { EpisodeLog } from './episode-log.ts';
import { keepTrack } from './kept-track.ts';
import type { TrackRunner } from './track-runner.ts';
import type { TrackSlot } from './track-slot.ts';

export interface CheckpointsOptions {
  readonly store: Pick<EpisodeStore, 'checkpoint'>;
  readonly episodes: Pick<EpisodeLog, 'flush'>;
  readonly tracks: Pick<TrackRunner, 'takeDirty' | 'touch'>;
  readonly nextTurn: () => Promise<void>;
}

/** Tracks kept in one transaction. */
const SLICE = 250;

/** Keeps the states of the tracks, so that a restart need not read all that was ever measured. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #heardThrough: EpochMs;

  /** @param heardThrough as it was kept last */
  constructor(options: CheckpointsOptions, heardThrough: EpochMs) {
    this.#options = options;
    this.#heardThrough = heardThrough;
  }

  /** Notes up to when was heard. */
  async mark(heardThrough: EpochMs): Promise<void> {
    if (heardThrough <= this.#heardThrough) return;
    this.#heardThrough = heardThrough;
    await this.#options.store.checkpoint({ tracks: [], refilled: [], heardThrough });
  }

  /** Keeps every track that changed. */
  async keepTracks(): Promise<void> {
    const { tracks, nextTurn } = this.#options;
    const dirty = tracks.takeDirty();
    for (let at = 0; at < dirty.length; at += SLICE) {
      try {
        await this.#keep(dirty.slice(at, at + SLICE));
      } catch (error) {
        tracks.touch(dirty.slice(at));
        throw error;
      }
      await nextTurn();
    }
  }

  async #keep(slots: readonly TrackSlot[]): Promise<void> {
    const { store, episodes } = this.#options;
    const tracks: TrackCheckpoint[] = [];
    for (const slot of slots) {
      const kept = slot.track?.checkpoint();
      if (kept !== undefined) tracks.push(keepTrack(slot, slot.basis, kept));
    }
    const refilled = slots.filter(({ isRefilled }) => isRefilled);
    // What is folded into the states must have been told for good before.
    await episodes.flush();
    const done = refilled.filter(({ refill }) => refill === undefined);
    await store.checkpoint({
      tracks,
      refilled: done.map(({ rule, subject }) => ({ rule, subject })),
      heardThrough: this.#heardThrough,
    });
    for (const slot of done) slot.isRefilled = false;
  }
}
