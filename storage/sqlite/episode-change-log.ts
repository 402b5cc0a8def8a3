import { recordsAfter } from '../../domain/model/episode-record.ts';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import type { EpisodeRecord, EpisodeStore, LoggedChange } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Database } from './database.ts';
import { readEpisode, writeEpisode } from './episode-table.ts';
import type { KeptEpisode } from './episode-table.ts';

interface ChangeRow {
  readonly seq: number;
  readonly known_at: EpochMs;
  readonly body: string;
}

/** Appends changes to the log and brings the records of their episodes up to date; inside a transaction. */
export function appendChanges(db: Database, knownAt: EpochMs, changes: readonly EpisodeChange[]): void {
  const touched = new Map<string, KeptEpisode>();
  const known = (id: string): KeptEpisode | undefined => touched.get(id) ?? readEpisode(db, id);
  let seq = db.get<{ last: number | null }>('SELECT max(seq) AS last FROM episode_change')?.last ?? 0;
  for (const change of changes) {
    seq += 1;
    db.run('INSERT INTO episode_change (seq, id, into_id, known_at, body) VALUES (?, ?, ?, ?, ?)', [
      seq,
      change.id,
      change.kind === 'merged' ? change.into : null,
      knownAt,
      JSON.stringify(change),
    ]);
    for (const kept of keptAfter(known, { seq, knownAt, change })) touched.set(kept.record.id, kept);
  }
  for (const kept of touched.values()) writeEpisode(db, kept);
}

export function selectChanges(
  db: Database,
  query: Parameters<EpisodeStore['changes']>[0],
): readonly LoggedChange[] {
  const rows =
    'id' in query
      ? db.all<ChangeRow>('SELECT seq, known_at, body FROM episode_change WHERE id = ? ORDER BY seq', [
          query.id,
        ])
      : db.all<ChangeRow>(
          'SELECT seq, known_at, body FROM episode_change WHERE seq > ? ORDER BY seq LIMIT ?',
          [query.afterSeq, query.limit],
        );
  return rows.map(loggedOf);
}

/** These episodes as they were known at an instant; those not known then are absent. */
export function recordsKnownAt(
  db: Database,
  ids: readonly string[],
  knownAt: EpochMs,
): readonly EpisodeRecord[] {
  const changes = new Map<number, LoggedChange>();
  // What people were told comes from the episode that was split, and from those that were merged.
  const involved = new Set(ids);
  for (const id of involved) {
    for (const logged of changesNaming(db, id, knownAt)) {
      changes.set(logged.seq, logged);
      involved.add(logged.change.id);
      if (logged.change.kind === 'split') involved.add(logged.change.from);
    }
  }
  const records = new Map<string, EpisodeRecord>();
  for (const logged of [...changes.values()].sort((a, b) => a.seq - b.seq)) {
    for (const record of recordsAfter(id => records.get(id), logged)) records.set(record.id, record);
  }
  return ids.flatMap(id => records.get(id) ?? []);
}

function changesNaming(db: Database, id: string, knownAt: EpochMs): readonly LoggedChange[] {
  return db
    .all<ChangeRow>(
      `SELECT seq, known_at, body FROM episode_change WHERE id = ?1 AND known_at <= ?2
       UNION ALL SELECT seq, known_at, body FROM episode_change WHERE into_id = ?1 AND known_at <= ?2`,
      [id, knownAt],
    )
    .map(loggedOf);
}

function keptAfter(
  known: (id: string) => KeptEpisode | undefined,
  logged: LoggedChange,
): readonly KeptEpisode[] {
  const { knownAt, change } = logged;
  const others = change.kind === 'split' ? [change.from] : change.kind === 'merged' ? [change.into] : [];
  const involved = [change.id, ...others].flatMap(id => known(id) ?? []);
  const knownTo = epochMs(Math.max(knownAt, ...involved.map(each => each.knownTo)));
  return recordsAfter(id => known(id)?.record, logged).map(record => ({
    record,
    knownFrom: epochMs(Math.min(knownAt, known(record.id)?.knownFrom ?? knownAt)),
    knownTo,
  }));
}

function loggedOf({ seq, known_at: knownAt, body }: ChangeRow): LoggedChange {
  return { seq, knownAt, change: JSON.parse(body) as EpisodeChange };
}
