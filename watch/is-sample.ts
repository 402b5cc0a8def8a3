import type { OwnOutage, SilenceDecision, WatchDecision } from '../domain/model/watch-decision.ts';

/** Whether rules see a decision in the order of their samples. */
export function isSample(decision: WatchDecision): decision is SilenceDecision | OwnOutage {
  return decision.kind !== 'signal';
}
