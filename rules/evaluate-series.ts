import type { Episode } from '../domain/model/episode.ts';
import type { RuleBinding } from './fold-context.ts';
import { foldSample } from './fold-sample.ts';
import { FRESH_STATE } from './fold-state.ts';
import { episodeOf } from './open-episode.ts';
import { inOrder } from './sample.ts';
import type { Sample } from './sample.ts';

/** The definition of the episodes of a rule and a subject: all samples at once, in whatever order they are given. */
export function evaluateSeries(binding: RuleBinding, samples: readonly Sample[]): readonly Episode[] {
  const episodes: Episode[] = [];
  let state = FRESH_STATE;
  for (const sample of inOrder(samples)) {
    const step = foldSample(state, sample, binding);
    if (step.ended !== undefined) episodes.push(step.ended);
    state = step.state;
  }
  if (state.open !== null) episodes.push(episodeOf(state.open, binding));
  return episodes;
}
