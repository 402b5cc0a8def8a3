import type { EpisodeRecord, EpisodeStore, TrackCheckpoint } from '../domain/ports/episode-store.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { FRESH_STATE } from '../rules/fold-state.ts';
import { RuleTrack } from '../rules/rule-track.ts';
import type { Offer, RuleTrackOptions, TrackState } from '../rules/rule-track.ts';
import { inOrder } from '../rules/sample.ts';
import type { Sample } from '../rules/sample.ts';
import { withSignals } from '../rules/signals-in-force.ts';
import { restoreTrack } from './kept-track.ts';
import type { KeptTrack } from './kept-track.ts';
import { knownPast, ledgerOf } from './told-ledger.ts';
import { trackId } from './track-id.ts';
import type { TrackPast } from './track-past.ts';
import { inputsOf, reachOf, zonesOf } from './track-slot.ts';
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

  async open(slots: readonly TrackSlot[]): Promise<ReadonlyMap<TrackSlot, OpenedTrack>> {
    const kept = new Map<TrackSlot, KeptTrack>();
    const opened = new Map<TrackSlot, OpenedTrack>();
    for (const slot of slots) {
      const checkpoint = this.#checkpoints.get(trackId(slot));
      const restored = checkpoint === undefined ? undefined : restoreTrack(checkpoint, slot.basis);
      if (restored !== undefined) kept.set(slot, restored);
    }
    const stored: TrackSlot[] = [];
    const fresh: TrackSlot[] = [];
    for (const slot of slots) {
      if (kept.has(slot)) continue;
      const isStored = [...inputsOf(slot)].some(input => this.#options.history.wasStored(input));
      (isStored ? stored : fresh).push(slot);
    }
    for (const [slot, track] of await this.#goOn(kept)) opened.set(slot, track);
    for (const [slot, track] of await this.#judgeAnew(stored)) opened.set(slot, track);
    for (const [slot, track] of await this.#beginNew(fresh)) opened.set(slot, track);
    for (const slot of slots) this.#checkpoints.delete(trackId(slot));
    return opened;
  }

  async #goOn(kept: ReadonlyMap<TrackSlot, KeptTrack>): Promise<ReadonlyMap<TrackSlot, OpenedTrack>> {
    const spans = [...kept].map(([slot, { foldedTo }]) => [slot, epochMs(foldedTo + 1)] as const);
    const samples = await this.#options.past.samples(new Map(spans));
    const records = await Promise.all(
      [...kept].map(([slot, { base, foldedTo }]) => {
        // What comes next may make an episode that began before, and its identity may have been issued.
        const since = epochMs(Math.min(base.open?.begin ?? foldedTo, foldedTo - reachOf(slot)));
        return this.#remembered(slot, since);
      }),
    );
    const opened = [...kept].map(([slot, { foldedTo, base }], place) => {
      const ledger = ledgerOf(records[place] ?? [], { foldedTo, base });
      const ordered = inOrder(samples.get(slot) ?? []);
      const since = ordered.filter(({ t }) => t > foldedTo);
      // From before there are signals only: a rule that asks for them now may not have when it was kept.
      const signals = withSignals(base.signals, ordered.slice(0, ordered.length - since.length));
      const track = this.#track(slot, { foldedTo, base: { ...base, signals }, samples: since, ledger });
      return [slot, { track, begin: (waiting: readonly Sample[]) => track.catchUp(waiting) }] as const;
    });
    return new Map(opened);
  }

  /** Nothing of them was ever stored; what a crash kept from being stored may have been told. */
  async #beginNew(slots: readonly TrackSlot[]): Promise<ReadonlyMap<TrackSlot, OpenedTrack>> {
    const { past, judgedFrom } = this.#options;
    // Our own outages mean something to a silence that begins in them, signals to readings of any time.
    const decidedFrom = slots.map(slot => {
      return [slot, epochMs(zonesOf(slot).size > 0 ? 0 : judgedFrom - reachOf(slot))] as const;
    });
    const decisions = await past.decisions(new Map(decidedFrom));
    const records = await Promise.all(slots.map(slot => this.#remembered(slot, epochMs(0))));
    const opened = slots.map((slot, place) => {
      const begin = { foldedTo: null, base: FRESH_STATE };
      const ledger = ledgerOf(records[place] ?? [], begin);
      const track = this.#track(slot, { ...begin, samples: inOrder(decisions.get(slot) ?? []), ledger });
      return [slot, { track, begin: (waiting: readonly Sample[]) => track.catchUp(waiting) }] as const;
    });
    return new Map(opened);
  }

  async #judgeAnew(slots: readonly TrackSlot[]): Promise<ReadonlyMap<TrackSlot, OpenedTrack>> {
    const { past, judgedFrom } = this.#options;
    const starts = slots.map(slot => {
      // A rule that is newer than the start sees nothing from before it.
      const ruledFrom = slot.basis.find(({ plan }) => plan !== undefined)?.from ?? judgedFrom;
      return { slot, from: epochMs(Math.max(judgedFrom, ruledFrom)) };
    });
    const records = await Promise.all(starts.map(({ slot, from }) => past.records(slot, from)));
    const histories = await past.histories(
      starts.map(({ slot, from }, place) => ({ track: slot, from, records: records[place] ?? [] })),
    );
    const opened = starts.map(({ slot, from }, place) => {
      const known = records[place] ?? [];
      const ledger = ledgerOf(known, { foldedTo: from, base: FRESH_STATE });
      const track = this.#track(slot, { foldedTo: null, base: FRESH_STATE, samples: [], ledger });
      // In one with what waited: without it what was told of that would seem to be wrong.
      const begin = (waiting: readonly Sample[]): Offer =>
        track.refill(histories.get(slot) ?? [], knownPast(known), from, waiting);
      return [slot, { track, begin }] as const;
    });
    return new Map(opened);
  }

  #remembered({ rule, subject }: TrackSlot, since: EpochMs): Promise<readonly EpisodeRecord[]> {
    return this.#options.store.remembered({ track: { rule, subject }, since });
  }

  #track({ rule, subject, basis }: TrackSlot, state: TrackState): RuleTrack {
    const { horizonMs, acknowledgedAt } = this.#options;
    return new RuleTrack({ binding: { rule, subject, basis }, horizonMs, acknowledgedAt }, state);
  }
}
