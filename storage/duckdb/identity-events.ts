import type { Observation, QualityFlag } from '../../domain/model/observation.ts';
import { compareCandidates } from '../../domain/model/winner.ts';

/** What was taken of one identity: a candidate, or a flag for the one that stands then. */
export type IdentityEvent = Observation | QualityFlag;

/** Who stands after the events, with the flag of then; undefined where nobody does. */
export function standingAfter(
  stored: Observation | undefined,
  events: readonly IdentityEvent[],
): Observation | undefined {
  let standing = stored;
  for (const event of events) {
    if (typeof event !== 'number') {
      if (standing === undefined || compareCandidates(event, standing) > 0) standing = event;
    } else if (standing !== undefined) {
      standing = { ...standing, quality: event };
    }
  }
  return standing;
}

/**
 * The same where what is stored may already be what some of the events led to: flags from before the stored candidate
 * came are not for it.
 */
export function standingAfterAgain(
  stored: Observation | undefined,
  events: readonly IdentityEvent[],
): Observation | undefined {
  if (stored === undefined) return standingAfter(undefined, events);
  const place = events.findLastIndex(
    event => typeof event !== 'number' && compareCandidates(event, stored) === 0,
  );
  return standingAfter(stored, events.slice(place + 1));
}
