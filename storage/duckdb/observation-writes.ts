import { DOUBLE, INTEGER, UTINYINT } from '@duckdb/node-api';

import { QUALITY } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { ReadingColumns } from '../../domain/ports/telemetry-store.ts';
import type { AppendColumn, Connection } from './database.ts';
import { mergeIdentity } from './identity-merge.ts';
import type { IdentityGroup, SortedReadings } from './identity-sort.ts';
import { COUNTER } from './ledger-book.ts';
import type { LedgerBook } from './ledger-book.ts';
import type { KnownDatastreams } from './known-datastreams.ts';
import { between, correctionTable, MonthFinder, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';
import { columnsOf, observationAt } from './reading-columns.ts';
import { findIdentities } from './stored-identities.ts';
import type { FoundIdentity } from './stored-identities.ts';
import { monthTables } from './telemetry-schema.ts';

export interface ObservationWork {
  readonly readings: ReadingColumns;
  readonly sorted: SortedReadings;
  /** Months that have tables. */
  readonly months: ReadonlySet<Month>;
  readonly datastreams: KnownDatastreams;
  /** Takes what the merge counts. */
  readonly ledger: LedgerBook;
}

export interface ObservationsWritten {
  readonly newMonths: readonly Month[];
  /** Winners of the identities that were not new beyond doubt. */
  readonly winners: readonly Observation[];
}

interface MonthWrites {
  readonly fresh: number[];
  readonly added: Observation[];
  readonly changed: { readonly rowid: number; readonly winner: Observation }[];
  readonly losers: Observation[];
  readonly goneLosers: number[];
}

/** Writes the readings of one commit into the open transaction and counts what they were. */
export async function writeObservations(
  connection: Connection,
  work: ObservationWork,
): Promise<ObservationsWritten> {
  const writes = new MonthlyWrites();
  const { t, datastream } = work.readings;
  for (const row of work.sorted.fresh) {
    writes.at(t[row] ?? 0).fresh.push(row);
    work.ledger.add(work.datastreams.stationOf(datastream[row] ?? 0), COUNTER.stored, 1);
  }
  const winners = await mergeGroups(connection, work, writes);
  const newMonths = [...writes.months.keys()].filter(month => !work.months.has(month));
  for (const month of newMonths) for (const sql of monthTables(month)) await connection.run(sql);
  for (const [month, write] of writes.months) {
    await updateWinners(connection, month, write.changed);
    await removeLosers(connection, month, write.goneLosers);
    await appendRows(connection, observationTable(month), freshRows(work.readings, write.fresh));
    await appendRows(connection, observationTable(month), columnsOf(write.added));
    await appendRows(connection, correctionTable(month), columnsOf(write.losers));
  }
  return { newMonths, winners };
}

class MonthlyWrites {
  readonly months = new Map<Month, MonthWrites>();
  #month: Month | undefined;
  #writes: MonthWrites | undefined;
  readonly #finder = new MonthFinder();

  at(t: number): MonthWrites {
    const month = this.#finder.of(t);
    if (month === this.#month && this.#writes !== undefined) return this.#writes;
    let writes = this.months.get(month);
    if (writes === undefined) {
      writes = { fresh: [], added: [], changed: [], losers: [], goneLosers: [] };
      this.months.set(month, writes);
    }
    this.#month = month;
    this.#writes = writes;
    return writes;
  }
}

async function mergeGroups(
  connection: Connection,
  work: ObservationWork,
  writes: MonthlyWrites,
): Promise<readonly Observation[]> {
  const { groups } = work.sorted;
  if (groups.length === 0) return [];
  const sought = groups.filter(group => group.mayBeStored);
  const found = sought.length === 0 ? new Map() : await findIdentities(connection, sought, work.months);
  const foundOf = new Map<IdentityGroup, FoundIdentity>();
  for (const [index, identity] of found) {
    const group = sought[index];
    if (group !== undefined) foundOf.set(group, identity);
  }
  return groups.map(group => mergeGroup(work, writes, { group, found: foundOf.get(group) }));
}

function mergeGroup(
  work: ObservationWork,
  writes: MonthlyWrites,
  { group, found }: { readonly group: IdentityGroup; readonly found: FoundIdentity | undefined },
): Observation {
  const candidates = group.rows.map(row => observationAt(work.readings, row));
  const known = found && {
    winner: found.winner.observation,
    losers: found.losers.map(loser => loser.observation),
  };
  const merged = mergeIdentity(known, candidates);
  const station = work.datastreams.stationOf(group.datastream);
  work.ledger.add(station, COUNTER.stored, merged.stored);
  work.ledger.add(station, COUNTER.duplicate, merged.duplicate);
  work.ledger.add(station, COUNTER.corrected, merged.corrected);
  const month = writes.at(group.t);
  if (found === undefined) month.added.push(merged.winner);
  else if (merged.winnerChanged) month.changed.push({ rowid: found.winner.rowid, winner: merged.winner });
  if (merged.losersChanged) {
    if (found !== undefined) month.goneLosers.push(...found.losers.map(loser => loser.rowid));
    month.losers.push(...merged.losers.map(loser => ({ ...loser, quality: QUALITY.unknown })));
  }
  return merged.winner;
}

/** In place: a row that was removed and appended would no longer lie beside its neighbours in time. */
async function updateWinners(
  connection: Connection,
  month: Month,
  changed: MonthWrites['changed'],
): Promise<void> {
  if (changed.length === 0) return;
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE changed (
       place BIGINT, datastream INTEGER, t BIGINT, v DOUBLE, quality UTINYINT, device_flag UTINYINT,
       source UTINYINT, sent_after_ms BIGINT, received_after_ms BIGINT, position BIGINT)`,
  );
  const places = changed.map(({ rowid }) => rowid);
  const rows = rowColumns(columnsOf(changed.map(({ winner }) => winner)));
  await connection.append('changed', [{ type: DOUBLE, numbers: places }, ...rows], changed.length, 'temp');
  const table = observationTable(month);
  await connection.run(
    `UPDATE ${table} SET v = c.v, quality = c.quality, device_flag = c.device_flag, source = c.source,
       sent_after_ms = c.sent_after_ms, received_after_ms = c.received_after_ms, position = c.position
     FROM changed c WHERE ${table}.rowid = c.place AND ${between(`${table}.rowid`, places)}`,
  );
}

async function removeLosers(connection: Connection, month: Month, places: readonly number[]): Promise<void> {
  if (places.length === 0) return;
  await connection.run('CREATE OR REPLACE TEMP TABLE gone (place BIGINT)');
  await connection.append('gone', [{ type: DOUBLE, numbers: places }], places.length, 'temp');
  await connection.run(
    `DELETE FROM ${correctionTable(month)} WHERE rowid IN (SELECT place FROM gone) AND ${between('rowid', places)}`,
  );
}

function appendRows(connection: Connection, table: string, rows: ReadingColumns): Promise<void> {
  return connection.append(table, rowColumns(rows), rows.count);
}

/** The columns of a month table. Whole numbers go in as doubles: JavaScript has no fast 64-bit integers. */
function rowColumns(rows: ReadingColumns): readonly AppendColumn[] {
  const { count, t, sent, received } = rows;
  const sentAfter = new Float64Array(count);
  const receivedAfter = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    sentAfter[at] = (sent[at] ?? 0) - (t[at] ?? 0);
    receivedAfter[at] = (received[at] ?? 0) - (sent[at] ?? 0);
  }
  return [
    { type: INTEGER, numbers: rows.datastream },
    { type: DOUBLE, numbers: t },
    { type: DOUBLE, numbers: rows.v, nullable: true },
    { type: UTINYINT, numbers: rows.quality },
    { type: UTINYINT, numbers: rows.deviceFlag },
    { type: UTINYINT, numbers: rows.source },
    { type: DOUBLE, numbers: sentAfter },
    { type: DOUBLE, numbers: receivedAfter },
    { type: DOUBLE, numbers: rows.position },
  ];
}

function freshRows(readings: ReadingColumns, rows: readonly number[]): ReadingColumns {
  if (rows.length === readings.count) return readings;
  return columnsOf(rows.map(row => observationAt(readings, row)));
}
