import { AppError } from '../../domain/errors.ts';
import { stationOf } from '../../domain/model/topic.ts';
import type { HeldMessage, StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { bytesOf, readLog } from './commit-log.ts';
import type { CommitMark } from './commit-log.ts';
import type { Connection } from './database.ts';
import type { LedgerBook } from './ledger-book.ts';
import { monthOfTable, monthStart, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';
import { SeriesHeads } from './series-heads.ts';
import type { StationIndex } from './station-index.ts';
import { observationFrom } from './stored-identities.ts';
import { observationColumns, SCHEMA, SCHEMA_VERSION } from './telemetry-schema.ts';

/** What is kept in memory of the file, as of one commit. */
export interface StoredState {
  mark: CommitMark;
  /** Rows of the commit log. */
  logRows: number;
  readonly months: Set<Month>;
  readonly datastreams: StoredDatastream[];
  readonly ledger: LedgerBook;
  readonly heads: SeriesHeads;
  /** The station of each held message, by position. */
  readonly held: Map<number, string>;
}

/** Creates the tables of a new file, then reads the state. Throws `store_corrupt` for a file of another version. */
export async function loadState(connection: Connection, stations: StationIndex): Promise<StoredState> {
  const tables = (await connection.rows('SELECT table_name FROM duckdb_tables()')).map(([name]) =>
    String(name),
  );
  if (!tables.includes('schema_version')) await createSchema(connection);
  const [version] = (await connection.numbers('SELECT version FROM schema_version')).columns;
  if (version?.[0] !== SCHEMA_VERSION) {
    throw new AppError('store_corrupt', `The telemetry file has schema version ${version?.[0]}.`);
  }
  const months = new Set(tables.map(monthOfTable).filter(month => month !== undefined));
  const datastreams = await readDatastreams(connection);
  const log = await readLog(connection, stations);
  const held = await readHeld(connection);
  return {
    mark: log.mark,
    logRows: log.rows,
    months,
    datastreams,
    ledger: log.totals,
    heads: await readHeads(connection, months, new Set(datastreams.map(({ id }) => id))),
    held: new Map(held.map(({ position, topic }) => [position, stationOf(topic)])),
  };
}

async function createSchema(connection: Connection): Promise<void> {
  await connection.run('BEGIN');
  for (const sql of SCHEMA) await connection.run(sql);
  await connection.run('COMMIT');
}

async function readDatastreams(connection: Connection): Promise<StoredDatastream[]> {
  const rows = await connection.rows('SELECT id, station, property, instance FROM datastream ORDER BY id');
  return rows.map(([id, station, property, instance]) => ({
    id: Number(id),
    station: String(station),
    property: String(property),
    ...(typeof instance === 'string' ? { instance } : {}),
  }));
}

/**
 * The newest winner of every datastream. Most of them reported in the last days, and a narrow window is read much
 * faster than a month; so windows are gone through backwards until none is missing.
 */
async function readHeads(
  connection: Connection,
  months: ReadonlySet<Month>,
  datastreams: ReadonlySet<number>,
): Promise<SeriesHeads> {
  const heads = SeriesHeads.empty();
  const missing = new Set(datastreams);
  for (const month of [...months].sort((a, b) => b - a)) {
    const table = observationTable(month);
    const newest = (await connection.numbers(`SELECT max(t)::DOUBLE FROM ${table}`)).columns[0]?.[0];
    if (newest === undefined || Number.isNaN(newest)) continue;
    for (const from of [newest - DAY_MS, monthStart(month)]) {
      if (missing.size === 0) return heads;
      const only = missing.size <= 1_000 ? `AND datastream IN (${[...missing].join()})` : '';
      const { count, columns } = await connection.numbers(
        `SELECT ${observationColumns('o')} FROM ${table} o JOIN (
           SELECT datastream, max(t) AS t FROM ${table} WHERE t >= ${from} ${only} GROUP BY datastream
         ) h ON o.datastream = h.datastream AND o.t = h.t WHERE o.t >= ${from}`,
      );
      for (let at = 0; at < count; at += 1) {
        const head = observationFrom(columns, at);
        heads.set(head);
        missing.delete(head.datastream);
      }
    }
  }
  return heads;
}

export async function readHeld(connection: Connection): Promise<readonly HeldMessage[]> {
  const rows = await connection.rows(
    `SELECT position::DOUBLE, received::DOUBLE, principal, topic, payload, split_before::DOUBLE
     FROM held ORDER BY position`,
  );
  return rows.map(([position, received, principal, topic, payload, splitBefore]) => ({
    position: Number(position),
    received: epochMs(Number(received)),
    principal: String(principal),
    topic: String(topic),
    payload: bytesOf(payload),
    ...(splitBefore === null ? {} : { splitBefore: epochMs(Number(splitBefore)) }),
  }));
}

export async function readStationStates(
  connection: Connection,
): Promise<readonly { readonly station: string; readonly state: string }[]> {
  const rows = await connection.rows(
    'SELECT station, arg_max(state, seq) FROM station_state GROUP BY station ORDER BY station',
  );
  return rows.map(([station, state]) => ({ station: String(station), state: String(state) }));
}
