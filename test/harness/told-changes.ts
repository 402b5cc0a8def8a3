import type { Episode, EpisodeChange } from '../../domain/model/episode.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { durationMs } from '../../domain/time/instant.ts';

/** What must never be in a log of changes: a step told twice, an identity issued twice; one line each. */
export function mistold(changes: readonly EpisodeChange[]): readonly string[] {
  const wrong: string[] = [];
  const told = new Map<string, Set<WarningSeverity>>();
  for (const { id, kind, liveSteps } of changes) {
    const known = told.get(id);
    if (known !== undefined && (kind === 'raised' || kind === 'split')) {
      wrong.push(`${id}: an identity issued twice`);
    }
    const steps = known ?? new Set();
    if (liveSteps.some(severity => steps.has(severity))) wrong.push(`${id}: a step told twice`);
    for (const severity of liveSteps) steps.add(severity);
    told.set(id, steps);
  }
  return wrong;
}

/** Episodes of one track to be compared, without the time held: it grows with every reading and is told with the next change. */
export function episodeContents(episodes: readonly Episode[]): readonly Episode[] {
  return [...episodes]
    .sort((a, b) => a.begin - b.begin || endOf(a) - endOf(b))
    .map(episode => ({
      ...episode,
      steps: episode.steps.map(step => ({ ...step, heldMs: durationMs(0) })),
    }));
}

function endOf({ end }: Episode): number {
  return end ?? Number.POSITIVE_INFINITY;
}
