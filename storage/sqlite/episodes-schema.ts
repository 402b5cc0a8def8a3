import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { Database } from './database.ts';
import { syncFolder } from './journal-schema.ts';
import { migrateSchema } from './migrate-schema.ts';

/** File name inside the data directory. */
export const EPISODES_FILE = 'episodes.db';

/** Each migration takes the schema from its index to the next version. Never change one that was released: add one. */
const MIGRATIONS: readonly string[] = [
  `
  -- Append only; all that is known of episodes follows from it.
  CREATE TABLE episode_change (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    -- Where the episode was merged.
    into_id TEXT,
    known_at REAL NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX episode_change_id ON episode_change (id);
  CREATE INDEX episode_change_into ON episode_change (into_id) WHERE into_id IS NOT NULL;
  -- What the log has left of each.
  CREATE TABLE episode (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    station TEXT NOT NULL,
    status TEXT NOT NULL,
    begin REAL NOT NULL,
    -- It overlaps what begins before.
    until REAL NOT NULL,
    -- A track that judges on from up to here has to know it.
    needed_until REAL NOT NULL,
    -- The earliest of its changes, and the latest of all that have a part in the record.
    known_from REAL NOT NULL,
    known_to REAL NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX episode_begin ON episode (begin, id);
  CREATE INDEX episode_station ON episode (station, begin, id);
  CREATE INDEX episode_status ON episode (status, begin, id);
  CREATE INDEX episode_needed ON episode (needed_until);
  CREATE INDEX episode_track ON episode (rule, subject, needed_until);
  CREATE INDEX episode_known ON episode (known_to, known_from);
  CREATE TABLE decision (
    place INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    -- The datastream of a silence, the zone of a signal.
    subject TEXT NOT NULL,
    t REAL NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, subject, t)
  ) STRICT;
  CREATE INDEX decision_t ON decision (t);
  CREATE TABLE refill (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    from_t REAL NOT NULL,
    PRIMARY KEY (rule, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE track_checkpoint (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    folded_to REAL NOT NULL,
    state TEXT NOT NULL,
    segments TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
  ) STRICT;
  -- One row.
  CREATE TABLE watch_mark (
    through_live INTEGER NOT NULL,
    through_backlog INTEGER NOT NULL,
    heard_through REAL
  ) STRICT;
  INSERT INTO watch_mark VALUES (0, 0, NULL);`,
];

/** The write-ahead log is cut back to this after a burst, bytes. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

/** Opens the file of the episodes, or creates it, and brings its schema up to date. Throws what SQLite throws. */
export function openEpisodesDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { busyTimeoutMs: 5_000 });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec(`PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
    migrateSchema(db, MIGRATIONS, 'episodes');
    syncFolder(dirname(path));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
