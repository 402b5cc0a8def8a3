import { AppError } from '../../domain/errors.ts';
import type { Database } from './database.ts';

/** Each migration takes the schema from its index to the next version. Never change one that was released: add one. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE thing (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('station', 'gateway', 'subscriber')),
    name TEXT NOT NULL,
    name_en TEXT,
    basin TEXT,
    latitude REAL,
    longitude REAL,
    simulated INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE datastream (
    station TEXT NOT NULL REFERENCES thing (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    property TEXT NOT NULL,
    instance TEXT,
    datum TEXT,
    interval_ms REAL NOT NULL,
    span_min REAL,
    span_max REAL,
    PRIMARY KEY (station, ordinal)
  ) STRICT, WITHOUT ROWID;
  -- The stations of a gateway may be registered later than the gateway.
  CREATE TABLE gateway_station (
    gateway TEXT NOT NULL REFERENCES thing (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    station TEXT NOT NULL,
    PRIMARY KEY (gateway, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE subscriber_basin (
    subscriber TEXT NOT NULL REFERENCES thing (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    basin TEXT NOT NULL,
    PRIMARY KEY (subscriber, ordinal)
  ) STRICT, WITHOUT ROWID;
  -- A credential outlives its thing: a revoked id stays revoked.
  CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    secret_sha256 TEXT NOT NULL,
    enrolled_at REAL NOT NULL,
    rotated_at REAL,
    revoked_at REAL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    token_sha256 TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL,
    created_at REAL NOT NULL,
    revoked_at REAL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE token_scope (
    token TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (token, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE refusal (
    principal TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (principal, reason)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT
  ) STRICT;`,
];

/** Brings the schema up to date, each step in a transaction. Throws `unsupported` for a file of a later version. */
export function migrateOperations(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > migrations.length) {
    throw new AppError(
      'unsupported',
      `The operations file has schema version ${version}, this version knows ${migrations.length}.`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(migration);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
