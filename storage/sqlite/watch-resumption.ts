import type {
  Checkpoint,
  EpisodeResumption,
  PendingRefill,
  TrackCheckpoint,
} from '../../domain/ports/episode-store.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Database } from './database.ts';

/** Keeps the earliest `from` of each track. */
export function writeRefills(db: Database, refills: readonly PendingRefill[]): void {
  for (const { rule, subject, from } of refills) {
    db.run(
      `INSERT INTO refill (rule, subject, from_t) VALUES (?, ?, ?)
       ON CONFLICT (rule, subject) DO UPDATE SET from_t = min(from_t, excluded.from_t)`,
      [rule, subject, from],
    );
  }
}

export function raiseThrough(db: Database, { live, backlog }: Cursors): void {
  db.run(
    'UPDATE watch_mark SET through_live = max(through_live, ?), through_backlog = max(through_backlog, ?)',
    [live, backlog],
  );
}

export function writeCheckpoint(db: Database, { tracks, refilled, heardThrough }: Checkpoint): void {
  for (const { rule, subject, foldedTo, state, segments } of tracks) {
    db.run(
      `INSERT INTO track_checkpoint (rule, subject, folded_to, state, segments) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (rule, subject) DO UPDATE
       SET folded_to = excluded.folded_to, state = excluded.state, segments = excluded.segments`,
      [rule, subject, foldedTo, state, JSON.stringify(segments)],
    );
  }
  for (const { rule, subject } of refilled) {
    db.run('DELETE FROM refill WHERE rule = ? AND subject = ?', [rule, subject]);
  }
  db.run('UPDATE watch_mark SET heard_through = ?', [heardThrough]);
}

export function readResumption(db: Database): EpisodeResumption {
  const mark = db.get<{ live: number; backlog: number; heardThrough: EpochMs | null }>(
    `SELECT through_live AS live, through_backlog AS backlog, heard_through AS heardThrough FROM watch_mark`,
  );
  const heardThrough = mark?.heardThrough ?? undefined;
  return {
    through: { live: mark?.live ?? 0, backlog: mark?.backlog ?? 0 },
    ...(heardThrough === undefined ? {} : { heardThrough }),
    refills: db
      .all<PendingRefill>('SELECT rule, subject, from_t AS "from" FROM refill ORDER BY rule, subject')
      .map(row => ({ ...row })),
    checkpoints: db
      .all<TrackCheckpoint & { readonly segments: string }>(
        `SELECT rule, subject, folded_to AS foldedTo, state, segments FROM track_checkpoint
         ORDER BY rule, subject`,
      )
      .map(row => ({ ...row, segments: JSON.parse(row.segments) as TrackCheckpoint['segments'] })),
  };
}
