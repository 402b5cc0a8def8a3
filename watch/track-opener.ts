import type { EpisodeRecord, EpisodeStore, TrackCheckpoint } from '../domain/ports/episode-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { FRESH_STATE } from '../rules/fold-state.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Offer, RuleTrackOptions } from '../rules/rule-track.ts';
import { inOrder } from '../rules/sample.ts';
import type { Sample } from '../rules/sample.ts';
import { restoreTrack } from './kept-track.ts';
import type { KeptTrack } from './kept-track.ts';
import { ledgerOf, knownPast } from './told-ledger.ts';
import { trackId } from './track-id.ts';
import type { TrackPast } from './track-past.ts';
import { inputsOf } from './track-slot.ts';
import type { TrackSlot } from './track-slot.ts';
import type { WatchHistory } from './watch-history.ts';

export interface TrackOpenerOptions {
  readonly store: Pick<EpisodeStore, 'remembered'>;
  readonly history: Pick<WatchHistory, 'wasStored'>;
  readonly past: TrackPast;
  readonly horizonMs: DurationMs;
  readonly acknowledgedAt: RuleTrackOptions['acknowledgedAt'];
  /** Where a track that has readings and no checkpoint is judged from. */
  readonly judgedFrom: EpochMs;
}

/** A track that takes up where the one before it ended, and the first samples for it. */
export interface OpenedTrack {
  readonly track: RuleTrack;
  /** Takes what waited; to be called once, before anything else is offered. */
  readonly begin: (waiting: readonly Sample[]) => Offer;
}

/** Opens tracks after a start, each when its first sample comes: from its checkpoint and what was stored since. */
export class TrackOpener {
  readonly #options: TrackOpenerOptions;
  readonly #checkpoints: Map<string, TrackCheckpoint>;

  constructor(options: TrackOpenerOptions, checkpoints: readonly TrackCheckpoint[]) {
    this.#options = options;
    this.#checkpoints = new Map(checkpoints.map(checkpoint => [trackId(checkpoint), checkpoint]));
  }

  async open(slot: TrackSlot): Promise<OpenedTrack> {
    const id = trackId(slot);
    const checkpoint = this.#checkpoints.get(id);
    const kept = checkpoint === undefined ? undefined : restoreTrack(checkpoint, slot.basis);
    this.#checkpoints.delete(id);
    if (kept !== undefined) return this.#goOn(slot, kept);
    const isStored = [...inputsOf(slot)].some(input => this.#options.history.wasStored(input));
    return isStored ? this.#judgeAnew(slot) : this.#beginNew(slot);
  }

  async #goOn(slot: TrackSlot, { foldedTo, base }: KeptTrack): Promise<OpenedTrack> {
    const records = await this.#remembered(slot, epochMs(base.open?.begin ?? foldedTo));
    const samples = inOrder(await this.#options.past.samples(slot, epochMs(foldedTo + 1)));
    const track = this.#track(slot, {
      foldedTo,
      base,
      samples,
      ledger: ledgerOf(records, { foldedTo, base }),
    });
    return { track, begin: waiting => track.catchUp(waiting) };
  }

  /** Nothing of it was ever stored; what a crash kept from being stored may have been told. */
  async #beginNew(slot: TrackSlot): Promise<OpenedTrack> {
    const records = await this.#remembered(slot, epochMs(0));
    const begin = { foldedTo: null, base: FRESH_STATE };
    const track = this.#track(slot, { ...begin, samples: [], ledger: ledgerOf(records, begin) });
    return { track, begin: waiting => track.catchUp(waiting) };
  }

  async #judgeAnew(slot: TrackSlot): Promise<OpenedTrack> {
    const from = this.#options.judgedFrom;
    const { records, samples } = await this.#options.past.before(slot, from);
    const ledger = ledgerOf(records, { foldedTo: from, base: FRESH_STATE });
    const track = this.#track(slot, { foldedTo: null, base: FRESH_STATE, samples: [], ledger });
    const anew = track.refill(samples, knownPast(records), from);
    return {
      track,
      begin: waiting => {
        const { changes, beyond } = track.offer(waiting);
        return { changes: [...anew.changes, ...changes], beyond };
      },
    };
  }

  #remembered({ rule, subject }: TrackSlot, since: EpochMs): Promise<readonly EpisodeRecord[]> {
    return this.#options.store.remembered({ track: { rule, subject }, since });
  }

  #track({ rule, subject, basis }: TrackSlot, state: ConstructorParameters<typeof RuleTrack>[1]): RuleTrack {
    const { horizonMs, acknowledgedAt } = this.#options;
    return new RuleTrack({ binding: { rule, subject, basis }, horizonMs, acknowledgedAt }, state);
  }
}
