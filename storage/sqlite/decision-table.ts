import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type { EpisodeStore } from '../../domain/ports/episode-store.ts';
import type { Database } from './database.ts';

/** Appends decisions; one that was appended before stands as it is. */
export function appendDecisions(db: Database, decisions: readonly WatchDecision[]): void {
  for (const decision of decisions) {
    db.run('INSERT OR IGNORE INTO decision (kind, subject, t, body) VALUES (?, ?, ?, ?)', [
      decision.kind,
      subjectOf(decision),
      decision.t,
      JSON.stringify(decision),
    ]);
  }
}

export function selectDecisions(
  db: Database,
  { from, to, inputs }: Parameters<EpisodeStore['decisions']>[0],
): readonly WatchDecision[] {
  const isNamed =
    inputs === undefined ? '' : "AND (kind <> 'silence' OR subject IN (SELECT value FROM json_each(?)))";
  return db
    .all<{ body: string }>(`SELECT body FROM decision WHERE t >= ? AND t < ? ${isNamed} ORDER BY t, place`, [
      from,
      to,
      ...(inputs === undefined ? [] : [JSON.stringify(inputs)]),
    ])
    .map(({ body }) => JSON.parse(body) as WatchDecision);
}

function subjectOf(decision: WatchDecision): string {
  switch (decision.kind) {
    case 'silence':
      return decision.input;
    case 'signal':
      return decision.zone;
    case 'outage':
      return '';
  }
}
