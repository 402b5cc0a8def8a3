import { DAY_MS, durationMs } from '../../domain/time/instant.ts';
import type { RuleBinding } from '../../rules/fold-context.ts';
import { RuleTrack } from '../../rules/rule-track.ts';
import type { TrackState } from '../../rules/rule-track.ts';
import type { Sample } from '../../rules/sample.ts';

/**
 * A track after samples came in a drawn order, cut into batches, with a restart before some of them.
 *
 * @param draw the next drawn number, a whole one
 */
export function trackAfter(binding: RuleBinding, samples: readonly Sample[], draw: () => number): RuleTrack {
  const options = { binding, horizonMs: durationMs(1_000 * DAY_MS), acknowledgedAt: () => undefined };
  const arrived = samples
    .map(sample => ({ sample, key: draw() }))
    .sort((a, b) => a.key - b.key)
    .map(({ sample }) => sample);
  let track = new RuleTrack(options);
  for (let place = 0; place < arrived.length;) {
    const size = 1 + (draw() % 5);
    if (draw() % 4 === 0) {
      track = new RuleTrack(options, JSON.parse(JSON.stringify(track.state())) as TrackState);
    }
    track.offer(arrived.slice(place, place + size));
    place += size;
  }
  return track;
}
