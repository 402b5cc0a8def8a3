import type { Observation } from '../../domain/model/observation.ts';
import { compareCandidates, sameContent } from '../../domain/model/winner.ts';

/** What the file holds of one identity. */
export interface StoredIdentity {
  readonly winner: Observation;
  readonly losers: readonly Observation[];
}

export interface MergedIdentity extends StoredIdentity {
  readonly stored: number;
  readonly duplicate: number;
  readonly corrected: number;
  /** What has to be written; a duplicate that says nothing better changes nothing. */
  readonly winnerChanged: boolean;
  readonly losersChanged: boolean;
}

/**
 * Merges candidates of one identity into what is known of it. Every distinct content ever seen keeps its best
 * candidate, the best of all is the winner; hence neither result nor counts depend on order or batching.
 */
export function mergeIdentity(
  known: StoredIdentity | undefined,
  candidates: readonly Observation[],
): MergedIdentity {
  const contents = known === undefined ? [] : [known.winner, ...known.losers];
  const before = contents.length;
  let duplicate = 0;
  let losersChanged = false;
  for (const candidate of candidates) {
    const same = contents.findIndex(content => sameContent(content, candidate));
    const content = contents[same];
    if (content === undefined) {
      contents.push(candidate);
      continue;
    }
    duplicate += 1;
    if (compareCandidates(candidate, content) <= 0) continue;
    contents[same] = candidate;
    losersChanged ||= same > 0 && same < before;
  }
  const winner = best(contents);
  const added = contents.length - before;
  const stored = known === undefined ? 1 : 0;
  return {
    winner,
    losers: contents.filter(content => content !== winner),
    stored,
    duplicate,
    corrected: added - stored,
    winnerChanged: winner !== known?.winner,
    losersChanged: losersChanged || added > stored,
  };
}

/** The best of at least one candidate. */
function best(candidates: readonly Observation[]): Observation {
  return candidates.reduce((a, b) => (compareCandidates(b, a) > 0 ? b : a));
}
