import { correctionTable, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';

export const TELEMETRY_FILE = 'telemetry.duckdb';
export const SCHEMA_VERSION = 1;

/**
 * The tables that exist from the start. There is no key anywhere: DuckDB keeps the index of a key in memory and looks
 * at it for every row, while identity is decided by the merge, which needs no index.
 *
 * `commit_log` gets one row a commit: where the readers stand and, packed, what the commit adds to the ledger. Every
 * few hundred commits it is folded into `ledger` and starts anew with one row.
 */
export const SCHEMA: readonly string[] = [
  'CREATE TABLE schema_version (version INTEGER NOT NULL)',
  `CREATE TABLE datastream (
    id INTEGER NOT NULL, station VARCHAR NOT NULL, property VARCHAR NOT NULL, instance VARCHAR)`,
  'CREATE TABLE commit_log (seq BIGINT NOT NULL, live BIGINT NOT NULL, backlog BIGINT NOT NULL, ledger BLOB)',
  `CREATE TABLE ledger (
    station VARCHAR NOT NULL,
    messages_decoded BIGINT NOT NULL, messages_quarantined BIGINT NOT NULL, readings_decoded BIGINT NOT NULL,
    stored BIGINT NOT NULL, duplicate BIGINT NOT NULL, corrected BIGINT NOT NULL,
    quarantined BIGINT NOT NULL, rejected BIGINT NOT NULL)`,
  `CREATE TABLE quarantine (
    position BIGINT NOT NULL, item INTEGER NOT NULL, reason VARCHAR NOT NULL, detail VARCHAR NOT NULL,
    station VARCHAR NOT NULL, principal VARCHAR NOT NULL, topic VARCHAR NOT NULL, received BIGINT NOT NULL,
    payload BLOB NOT NULL, sha256 VARCHAR NOT NULL, released BOOLEAN NOT NULL)`,
  `CREATE TABLE held (
    position BIGINT NOT NULL, received BIGINT NOT NULL, principal VARCHAR NOT NULL, topic VARCHAR NOT NULL,
    payload BLOB NOT NULL, split_before BIGINT)`,
  'CREATE TABLE station_state (seq BIGINT NOT NULL, station VARCHAR NOT NULL, state VARCHAR NOT NULL)',
  `INSERT INTO schema_version VALUES (${SCHEMA_VERSION})`,
  'INSERT INTO commit_log VALUES (0, 0, 0, NULL)',
];

/**
 * One row of a month. `sent` and `received` are kept as distances, which compress to a few bits: sent = t +
 * sent_after_ms, received = sent + received_after_ms. Instants are epoch milliseconds; `make_timestamp_ms(t)` shows
 * them.
 */
const ROW = `(
  datastream INTEGER NOT NULL, t BIGINT NOT NULL, v DOUBLE, quality UTINYINT NOT NULL,
  device_flag UTINYINT NOT NULL, source UTINYINT NOT NULL,
  sent_after_ms BIGINT NOT NULL, received_after_ms BIGINT NOT NULL, position BIGINT NOT NULL)`;

/** The winners and, beside them, the losing contents of one month: retention drops both tables whole. */
export function monthTables(month: Month): readonly string[] {
  return [`CREATE TABLE ${observationTable(month)} ${ROW}`, `CREATE TABLE ${correctionTable(month)} ${ROW}`];
}

/** What a query selects to get whole observations, as numbers; `alias` is a month table's. */
export function observationColumns(alias: string): string {
  return [
    `${alias}.datastream`,
    `${alias}.t::DOUBLE`,
    `${alias}.v`,
    `${alias}.quality`,
    `${alias}.device_flag`,
    `${alias}.source`,
    `(${alias}.t + ${alias}.sent_after_ms)::DOUBLE`,
    `(${alias}.t + ${alias}.sent_after_ms + ${alias}.received_after_ms)::DOUBLE`,
    `${alias}.position::DOUBLE`,
  ].join(', ');
}
