import type { Episode } from '../domain/model/episode.ts';
import { severityRank } from '../domain/model/warning-severity.ts';
import type { FoldStep, RuleBinding } from './fold-context.ts';
import { foldSample } from './fold-sample.ts';
import type { FoldState } from './fold-state.ts';
import { episodeOf } from './open-episode.ts';
import { segmentAt } from './plan.ts';
import type { Sample } from './sample.ts';

/** A state of the fold that late samples can start again from. */
interface Checkpoint {
  /** How many samples of the window are folded in. */
  readonly at: number;
  readonly state: FoldState;
  /** How many episodes had ended. */
  readonly ended: number;
}

/** What fresh samples among the new ones have shown, by place of the episode in the list. */
export interface LiveEvidence {
  /** Highest severity rank they support; -1 where they only took part. */
  readonly supported: ReadonlyMap<number, number>;
  /** A fresh reading shows the point normal: the episodes before this place are over. */
  readonly overBefore: number | undefined;
}

/** States between two checkpoints are computed again: fewer would save nothing worth having. */
const SAMPLES_PER_CHECKPOINT = 16;

/** The fold over a window of samples, with checkpoints; what has not changed is not folded again. */
export class FoldRun {
  readonly #binding: RuleBinding;
  #checkpoints: Checkpoint[];
  #tip: Checkpoint;
  readonly #ended: Episode[] = [];
  #open: Episode | undefined;

  constructor(binding: RuleBinding, base: FoldState) {
    this.#binding = binding;
    this.#tip = { at: 0, state: base, ended: 0 };
    this.#checkpoints = [this.#tip];
    this.#open = base.open === null ? undefined : episodeOf(base.open, binding);
  }

  /** The ended episodes of the window, then the open one. */
  get episodes(): readonly Episode[] {
    return this.#open === undefined ? this.#ended : [...this.#ended, this.#open];
  }

  get base(): FoldState {
    return (this.#checkpoints[0] ?? this.#tip).state;
  }

  /**
   * Folds `samples` anew from the place `from`; those before it are as they were.
   *
   * @param inserted the samples that are new
   * @returns the place in the list of episodes before which nothing has changed, and what fresh samples show
   */
  foldFrom(
    from: number,
    samples: readonly Sample[],
    inserted: ReadonlySet<Sample>,
  ): { readonly unchanged: number; readonly live: LiveEvidence } {
    if (this.#tip.at > from) this.#rewind(from);
    const unchanged = this.#tip.ended;
    const supported = new Map<number, number>();
    let { state } = this.#tip;
    let overBefore: number | undefined;
    for (let at = this.#tip.at; at < samples.length; at += 1) {
      const sample = samples[at];
      if (sample === undefined) break;
      const place = this.#ended.length;
      const before = state;
      const step = foldSample(state, sample, this.#binding);
      state = step.state;
      if (step.ended !== undefined) this.#ended.push(step.ended);
      if (inserted.has(sample) && this.#isLive(sample)) {
        if (step.ended?.ending === 'returned') supported.set(place, Math.max(supported.get(place) ?? -1, -1));
        const rank = supportedRank(step, before);
        const openPlace = this.#ended.length;
        if (rank !== undefined) supported.set(openPlace, Math.max(supported.get(openPlace) ?? -1, rank));
        if (state.open === null && (step.judgement?.keptRank ?? 0) < 0) overBefore = this.#ended.length;
      }
      if ((at + 1) % SAMPLES_PER_CHECKPOINT === 0) {
        this.#checkpoints.push({ at: at + 1, state, ended: this.#ended.length });
      }
    }
    this.#tip = { at: samples.length, state, ended: this.#ended.length };
    this.#open = state.open === null ? undefined : episodeOf(state.open, this.#binding);
    return { unchanged, live: { supported, overBefore } };
  }

  /**
   * Makes a later checkpoint the base.
   *
   * @param mayGo whether the sample at a place is old enough to be forgotten; true for all before the first that is not
   * @returns how many samples and ended episodes have gone
   */
  advance(mayGo: (at: number) => boolean): { readonly samples: number; readonly ended: number } {
    const index = this.#checkpoints.findLastIndex(({ at }) => at > 0 && mayGo(at - 1));
    const base = this.#checkpoints[index];
    if (base === undefined) return { samples: 0, ended: 0 };
    const moved = (point: Checkpoint): Checkpoint => ({
      at: point.at - base.at,
      state: point.state,
      ended: point.ended - base.ended,
    });
    this.#checkpoints = this.#checkpoints.slice(index).map(moved);
    this.#tip = moved(this.#tip);
    this.#ended.splice(0, base.ended);
    return { samples: base.at, ended: base.ended };
  }

  #rewind(from: number): void {
    const index = this.#checkpoints.findLastIndex(({ at }) => at <= from);
    this.#checkpoints.length = index + 1;
    this.#tip = this.#checkpoints[index] ?? this.#tip;
    this.#ended.length = this.#tip.ended;
  }

  /** A silence decision is made now; a reading is judged by how long after its time it was received. */
  #isLive(sample: Sample): boolean {
    if (sample.kind !== 'reading') return sample.kind === 'silence';
    const plan = this.#binding.basis[segmentAt(this.#binding.basis, sample.t)]?.plan;
    return plan !== undefined && sample.received - sample.t <= plan.liveWindowMs;
  }
}

/** The rank that a sample supports in the open episode; undefined where it has no part in one. */
function supportedRank({ state, judgement }: FoldStep, before: FoldState): number | undefined {
  const { open } = state;
  const last = open?.steps.at(-1);
  if (open === null || last === undefined || open === before.open) return undefined;
  const raised = severityRank(last.severity);
  // Without a judgement only a silence touches an episode, and it supports all that it raised.
  return judgement === undefined ? raised : Math.min(judgement.metRank, raised);
}
