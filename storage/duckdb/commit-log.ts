import { BLOB, DOUBLE, VARCHAR, blobValue } from '@duckdb/node-api';

import type { Cursors } from '../../domain/ports/journal.ts';
import type { Connection } from './database.ts';
import { COUNTERS, LedgerBook } from './ledger-book.ts';
import type { StationIndex } from './station-index.ts';

/** Where the store stands after a commit. */
export interface CommitMark {
  readonly seq: number;
  readonly cursors: Cursors;
}

/** Adds the row of a commit to the open transaction. */
export async function logCommit(
  connection: Connection,
  { seq, cursors }: CommitMark,
  ledger: LedgerBook | undefined,
): Promise<void> {
  const packed = ledger === undefined || ledger.isEmpty ? null : blobValue(ledger.encode());
  await connection.append(
    'commit_log',
    [
      { type: DOUBLE, numbers: [seq] },
      { type: DOUBLE, numbers: [cursors.live] },
      { type: DOUBLE, numbers: [cursors.backlog] },
      { type: BLOB, values: [packed] },
    ],
    1,
  );
}

/** Replaces log and ledger by the totals, in the open transaction, and lets replaced station states go. */
export async function foldLog(connection: Connection, mark: CommitMark, totals: LedgerBook): Promise<void> {
  await connection.run('DELETE FROM commit_log');
  await connection.run('DELETE FROM ledger');
  const { stations, counts } = totals.columns();
  await connection.append(
    'ledger',
    [
      { type: VARCHAR, values: stations },
      ...Array.from({ length: COUNTERS }, (_, counter) => ({
        type: DOUBLE,
        numbers: stations.map((_, at) => counts[at * COUNTERS + counter] ?? 0),
      })),
    ],
    stations.length,
  );
  await logCommit(connection, mark, undefined);
  await connection.run(
    `DELETE FROM station_state WHERE EXISTS (
       SELECT 1 FROM station_state n WHERE n.station = station_state.station AND n.seq > station_state.seq)`,
  );
}

/** The mark of the last commit, the number of rows in the log, and the ledger's totals. */
export async function readLog(
  connection: Connection,
  stations: StationIndex,
): Promise<{ readonly mark: CommitMark; readonly rows: number; readonly totals: LedgerBook }> {
  const totals = new LedgerBook(stations);
  const kept = await connection.rows('FROM ledger');
  totals.addColumns({
    stations: kept.map(([station]) => String(station)),
    counts: Float64Array.from(kept.flatMap(([, ...counts]) => counts.map(Number))),
  });
  for (const [packed] of await connection.rows('SELECT ledger FROM commit_log WHERE ledger IS NOT NULL')) {
    totals.addEncoded(bytesOf(packed));
  }
  const { columns } = await connection.numbers(
    `SELECT count(*)::DOUBLE, max(seq)::DOUBLE, arg_max(live, seq)::DOUBLE, arg_max(backlog, seq)::DOUBLE
     FROM commit_log`,
  );
  const [rows = 0, seq = 0, live = 0, backlog = 0] = columns.map(column => column[0]);
  return { mark: { seq, cursors: { live, backlog } }, rows, totals };
}

/** The number of the last commit in the file. */
export async function lastSeq(connection: Connection): Promise<number> {
  const { columns } = await connection.numbers('SELECT max(seq)::DOUBLE FROM commit_log');
  return columns[0]?.[0] ?? 0;
}

/** The bytes of a BLOB as DuckDB answers it. */
export function bytesOf(value: unknown): Uint8Array {
  const { bytes } = value as { readonly bytes: Uint8Array };
  return bytes;
}
