import type { Episode } from '../domain/model/episode.ts';
import type { FoldState } from './fold-state.ts';
import type { Judgement } from './judge.ts';
import type { Basis, RulePlan } from './plan.ts';

/** One rule for one subject, with what it rests on at every time. */
export interface RuleBinding {
  readonly rule: string;
  readonly subject: string;
  readonly basis: Basis;
}

export interface FoldContext {
  readonly binding: RuleBinding;
  /** In force at the sample. */
  readonly plan: RulePlan;
}

export interface FoldStep {
  readonly state: FoldState;
  /** The episode that this sample ended. */
  readonly ended?: Episode;
  /** What the ladder said; absent where nothing could be judged. */
  readonly judgement?: Judgement;
}
