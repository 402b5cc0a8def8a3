import type { EpisodeChange, TrackedEpisode } from '../domain/model/episode.ts';
import { epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import { EpisodeLedger } from './episode-ledger.ts';
import type { KnownPast, LedgerState } from './episode-ledger.ts';
import type { RuleBinding } from './fold-context.ts';
import { FoldRun } from './fold-run.ts';
import { foldSample } from './fold-sample.ts';
import { FRESH_STATE } from './fold-state.ts';
import type { FoldState } from './fold-state.ts';
import type { Basis } from './plan.ts';
import { SampleWindow } from './sample-window.ts';
import { compareSamples, inOrder } from './sample.ts';
import type { RainstormSignal, Sample } from './sample.ts';
import { withSignals } from './signals-in-force.ts';

export interface RuleTrackOptions {
  readonly binding: RuleBinding;
  /** How far behind the newest sample late ones are folded in from memory; older ones need `refill`. */
  readonly horizonMs: DurationMs;
  /** When a person acknowledged an alarm; decides which part of a split keeps its identity. */
  readonly acknowledgedAt: (id: string) => EpochMs | undefined;
}

/** Plain data: what a track needs to go on after a restart under the same basis. */
export interface TrackState {
  /** Samples up to here are folded into `base`; null where none are. */
  readonly foldedTo: EpochMs | null;
  readonly base: FoldState;
  readonly samples: readonly Sample[];
  readonly ledger: LedgerState;
}

export interface Offer {
  /** To be appended, in this order. */
  readonly changes: readonly EpisodeChange[];
  /** Samples older than the horizon: their time has to be read from the store and given to `refill`. */
  readonly beyond: readonly Sample[];
}

const NEW_TRACK: TrackState = {
  foldedTo: null,
  base: FRESH_STATE,
  samples: [],
  ledger: { entries: [], awaiting: [], issued: {} },
};

/**
 * The incremental form of `evaluateSeries`: samples in any order, repeated or not, one by one or in batches, lead to the
 * same episodes. Late ones are folded in from a checkpoint; identities survive.
 */
export class RuleTrack {
  readonly #horizonMs: DurationMs;
  readonly #ledger: EpisodeLedger;
  #binding: RuleBinding;
  #window: SampleWindow;
  #run: FoldRun;
  #foldedTo: EpochMs | null;

  constructor(options: RuleTrackOptions, state: TrackState = NEW_TRACK) {
    this.#binding = options.binding;
    this.#horizonMs = options.horizonMs;
    this.#ledger = new EpisodeLedger(state.ledger, options.acknowledgedAt);
    this.#foldedTo = state.foldedTo;
    this.#window = new SampleWindow(state.samples);
    this.#run = new FoldRun(options.binding, state.base);
    this.#run.foldFrom(0, this.#window.samples, NONE);
  }

  /** The episodes that can still change: those of the horizon, the open one last. */
  get episodes(): readonly TrackedEpisode[] {
    return this.#ledger.entries.map(({ id, episode }) => ({ id, episode }));
  }

  /** Samples up to here are folded in and forgotten; null where none are. */
  get foldedTo(): EpochMs | null {
    return this.#foldedTo;
  }

  /** Time of the newest sample that is remembered. */
  get newest(): EpochMs | undefined {
    return this.#window.samples.at(-1)?.t;
  }

  /** Takes samples; what does not concern the rule is passed over. */
  offer(samples: readonly Sample[]): Offer {
    const [first] = samples;
    const ordered = samples.length === 1 && first !== undefined ? [first] : inOrder(samples);
    const foldedTo = this.#foldedTo;
    const isBeyond = ({ t }: Sample): boolean => foldedTo !== null && t <= foldedTo;
    const beyond = ordered.filter(isBeyond);
    const { from, inserted } = this.#window.insert(
      beyond.length === 0 ? ordered : ordered.slice(beyond.length),
    );
    if (from === undefined) return { changes: [], beyond };
    const changes = this.#fold(from, inserted);
    this.#forget();
    return { changes, beyond };
  }

  /**
   * Judges everything from an instant on anew, after samples came from beyond the horizon.
   *
   * @param history every sample since the reach of the rule before that instant, and since the reach before the begin of
   * whatever episode was then open or pending: those before `from` only lead to how things stood
   * @param past what is known since the begin of `history`
   * @param from what comes from before it will be beyond the horizon again
   * @param offered samples that come with it and are new: a fresh one among them is live
   */
  refill(history: readonly Sample[], past: KnownPast, from: EpochMs, offered: readonly Sample[] = []): Offer {
    const samples = inOrder([...history, ...this.#window.samples]);
    const judged = samples.findIndex(({ t }) => t >= from);
    const before = judged < 0 ? samples : samples.slice(0, judged);
    const base = before.reduce(
      (state, sample) => foldSample(state, sample, this.#binding).state,
      FRESH_STATE,
    );
    this.#window = new SampleWindow(samples.slice(before.length));
    this.#foldedTo = epochMs(from - 1);
    const since = base.open?.begin ?? this.#foldedTo;
    this.#ledger.recall({
      ...past,
      episodes: past.episodes.filter(({ episode: { end } }) => end === undefined || end > since),
    });
    this.#run = new FoldRun(this.#binding, base);
    return this.#judgeWindow(offered);
  }

  /**
   * The first offer after a restart: judges the whole window against what was told before, and tells only what differs.
   * Until then nothing else may be offered.
   *
   * @param samples those that came since; a fresh one among them is live
   */
  catchUp(samples: readonly Sample[]): Offer {
    this.#run = new FoldRun(this.#binding, this.#run.base);
    return this.#judgeWindow(samples);
  }

  /**
   * A new basis; its segments up to now are those of the old one.
   *
   * @param signals those that only the last segment asks for: what was judged before is none of their concern
   */
  rebind(basis: Basis, signals: readonly RainstormSignal[] = []): readonly EpisodeChange[] {
    const base = { ...this.#run.base, signals: withSignals(this.#run.base.signals, signals) };
    this.#binding = { ...this.#binding, basis };
    this.#run = new FoldRun(this.#binding, base);
    return this.#fold(0, NONE);
  }

  state(): TrackState {
    return {
      foldedTo: this.#foldedTo,
      base: this.#run.base,
      samples: [...this.#window.samples],
      ledger: this.#ledger.state(),
    };
  }

  /** What a restart needs beside the samples after `foldedTo`; undefined while every sample is in memory. */
  checkpoint(): (Pick<TrackState, 'base'> & { readonly foldedTo: EpochMs }) | undefined {
    return this.#foldedTo === null ? undefined : { foldedTo: this.#foldedTo, base: this.#run.base };
  }

  /** Judges the whole window with what is offered. */
  #judgeWindow(offered: readonly Sample[]): Offer {
    const ordered = inOrder(offered);
    const foldedTo = this.#foldedTo;
    const beyond = ordered.filter(({ t }) => foldedTo !== null && t <= foldedTo);
    const within = ordered.slice(beyond.length);
    const { inserted } = this.#window.insert(within);
    // A decision is kept before it is offered, so that whoever has read the window may have found it there.
    const decided = within.filter(({ kind }) => kind === 'silence');
    const known = this.#window.samples.filter(sample =>
      decided.some(decision => compareSamples(decision, sample) === 0),
    );
    const changes = this.#fold(0, new Set([...inserted, ...known]));
    this.#forget();
    return { changes, beyond };
  }

  #fold(from: number, inserted: ReadonlySet<Sample>): readonly EpisodeChange[] {
    const { unchanged, live } = this.#run.foldFrom(from, this.#window.samples, inserted);
    return this.#ledger.update(this.#run.episodes, unchanged, live);
  }

  #forget(): void {
    const { samples } = this.#window;
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined || last.t - first.t <= this.#horizonMs) return;
    const edge = last.t - this.#horizonMs;
    // Samples of one instant go together: a further one of that instant would be beyond.
    const mayGo = (at: number): boolean =>
      (samples[at]?.t ?? edge) < edge && samples[at]?.t !== samples[at + 1]?.t;
    const { samples: count, ended } = this.#run.advance(mayGo);
    if (count === 0) return;
    this.#foldedTo = samples[count - 1]?.t ?? this.#foldedTo;
    this.#window.drop(count);
    this.#ledger.release(ended);
  }
}

const NONE: ReadonlySet<Sample> = new Set();
