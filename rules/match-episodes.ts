import type { Episode } from '../domain/model/episode.ts';
import type { EpochMs } from '../domain/time/instant.ts';

/** What became of the episodes that were known, now that they have been judged anew. */
export interface Matching {
  /** By new episode: the index of the known one whose identity it keeps; undefined for a new identity. */
  readonly kept: readonly (number | undefined)[];
  /** By new episode without a kept identity: the known one it was part of; undefined where it is new. */
  readonly splitFrom: readonly (number | undefined)[];
  /** Known episodes that are one with an older one, and the new episode they are now in. */
  readonly merged: ReadonlyMap<number, number>;
  readonly withdrawn: readonly number[];
}

/**
 * Finds identities again by overlap in event time. Of several known episodes in one, the older identity stays (both
 * lists are in the order of begin). Of several parts of one known episode, that which was there when a
 * person acknowledged it keeps the identity, else the oldest.
 */
export function matchEpisodes(
  known: readonly Episode[],
  fresh: readonly Episode[],
  acknowledgedAt: (known: number) => EpochMs | undefined,
): Matching {
  const kept: (number | undefined)[] = fresh.map(() => undefined);
  const splitFrom: (number | undefined)[] = fresh.map(() => undefined);
  const merged = new Map<number, number>();
  const withdrawn: number[] = [];
  for (const [index, episode] of known.entries()) {
    const parts = fresh.flatMap((part, place) => (overlap(episode, part) ? [place] : []));
    if (parts.length === 0) {
      withdrawn.push(index);
      continue;
    }
    const place = keeper(parts, fresh, acknowledgedAt(index));
    if (kept[place] === undefined) kept[place] = index;
    else merged.set(index, place);
    for (const part of parts) splitFrom[part] ??= index;
  }
  return { kept, splitFrom, merged, withdrawn };
}

function keeper(parts: readonly number[], fresh: readonly Episode[], acknowledged: EpochMs | undefined) {
  const [oldest = 0] = parts;
  if (acknowledged === undefined) return oldest;
  return parts.findLast(part => (fresh[part]?.begin ?? acknowledged) <= acknowledged) ?? oldest;
}

/** An episode ends before the reading that shows it over: one that begins with that reading only touches it. */
function overlap(a: Episode, b: Episode): boolean {
  return a.begin === b.begin || (a.begin < endOf(b) && b.begin < endOf(a));
}

function endOf({ end }: Episode): number {
  return end ?? Number.POSITIVE_INFINITY;
}
