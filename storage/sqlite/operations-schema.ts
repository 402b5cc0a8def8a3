import type { Database } from './database.ts';
import { migrateSchema } from './migrate-schema.ts';

/** Each migration takes the schema from its index to the next version. Never change one that was released: add one. */
export const MIGRATIONS: readonly string[] = [
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
  `
  CREATE TABLE user (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at REAL NOT NULL,
    disabled_at REAL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE user_scope (
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (user, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE session (
    token_sha256 TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    opened_at REAL NOT NULL,
    last_seen_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE audit ADD COLUMN organisation TEXT NOT NULL DEFAULT 'operator';`,
  `
  CREATE TABLE registry_version (
    version INTEGER PRIMARY KEY,
    applied_at REAL NOT NULL,
    principal TEXT NOT NULL,
    valid_from REAL NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('site', 'registered')),
    note TEXT,
    put INTEGER NOT NULL,
    retired INTEGER NOT NULL
  ) STRICT;
  -- Append only: a part is what its row with the highest version says; without a body it was retired.
  CREATE TABLE registry_part (
    space TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL REFERENCES registry_version (version),
    kind TEXT NOT NULL,
    valid_from REAL NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('site', 'registered')),
    body TEXT,
    PRIMARY KEY (space, id, version)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO registry_version
    SELECT 1, unixepoch() * 1000.0, 'system', 946684800000.0, 'registered', 'from the former schema', count(*), 0
    FROM thing HAVING count(*) > 0;
  -- Patching an empty object takes the nulls out: what is not there is absent.
  INSERT INTO registry_part
    SELECT 'thing', id, 1, kind, 946684800000.0, 'registered', CASE kind
      WHEN 'station' THEN json_set(json_patch('{}', json_object(
        'kind', kind, 'id', id, 'name', name, 'nameEn', name_en, 'basin', basin, 'latitude', latitude,
        'longitude', longitude,
        'simulated', CASE simulated WHEN 1 THEN json('true') WHEN 0 THEN json('false') END)),
        '$.datastreams', json((SELECT json_group_array(json_patch('{}', json_object(
          'property', property, 'instance', instance, 'datum', datum, 'intervalMs', interval_ms,
          'sensorSpan', CASE WHEN span_min IS NOT NULL THEN json_array(span_min, span_max) END)))
          FROM (SELECT * FROM datastream WHERE station = thing.id ORDER BY ordinal))))
      WHEN 'gateway' THEN json_set(json_patch('{}', json_object(
        'kind', kind, 'id', id, 'name', name, 'nameEn', name_en)),
        '$.stations', json((SELECT json_group_array(station)
          FROM (SELECT * FROM gateway_station WHERE gateway = thing.id ORDER BY ordinal))))
      ELSE json_set(json_object('kind', kind, 'id', id, 'name', name),
        '$.basins', json((SELECT json_group_array(basin)
          FROM (SELECT * FROM subscriber_basin WHERE subscriber = thing.id ORDER BY ordinal))))
    END FROM thing;
  DROP TABLE datastream;
  DROP TABLE gateway_station;
  DROP TABLE subscriber_basin;
  DROP TABLE thing;`,
  `
  -- Append only.
  CREATE TABLE rule_set (
    version INTEGER PRIMARY KEY,
    active_from REAL NOT NULL,
    activated_at REAL NOT NULL,
    principal TEXT NOT NULL,
    note TEXT,
    text TEXT NOT NULL
  ) STRICT;`,
];

/** Brings the schema up to date; see `migrateSchema`. */
export function migrateOperations(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  migrateSchema(db, migrations, 'operations');
}
