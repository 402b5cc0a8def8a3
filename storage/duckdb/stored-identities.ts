import { INTEGER, DOUBLE } from '@duckdb/node-api';

import type { Observation, QualityFlag, SourceRank } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { Connection } from './database.ts';
import { correctionTable, MonthFinder, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';
import { observationColumns } from './telemetry-schema.ts';

export interface IdentityKey {
  readonly datastream: number;
  readonly t: number;
}

/** A row with its place in the table; places hold until the end of the transaction only. */
export interface StoredRow {
  readonly rowid: number;
  readonly observation: Observation;
}

export interface FoundIdentity {
  readonly winner: StoredRow;
  readonly losers: readonly StoredRow[];
}

/** What the file holds of these identities, by their index; those it does not hold are absent. */
export async function findIdentities(
  connection: Connection,
  keys: readonly IdentityKey[],
  months: ReadonlySet<Month>,
): Promise<ReadonlyMap<number, FoundIdentity>> {
  const found = new Map<number, { winner: StoredRow; losers: StoredRow[] }>();
  const spans = spansByMonth(keys, months);
  if (spans.size === 0) return found;
  await connection.run('CREATE OR REPLACE TEMP TABLE probe (item INTEGER, datastream INTEGER, t BIGINT)');
  await connection.append(
    'probe',
    [
      { type: INTEGER, numbers: keys.map((_, item) => item) },
      { type: INTEGER, numbers: keys.map(key => key.datastream) },
      { type: DOUBLE, numbers: keys.map(key => key.t) },
    ],
    keys.length,
    'temp',
  );
  for (const [month, span] of spans) {
    for (const { item, row } of await probe(connection, observationTable(month), span)) {
      found.set(item, { winner: row, losers: [] });
    }
    for (const { item, row } of await probe(connection, correctionTable(month), span)) {
      found.get(item)?.losers.push(row);
    }
  }
  return found;
}

interface Span {
  from: number;
  to: number;
}

/** The stretch of each stored month in which keys lie: a narrow one spares most of the table. */
function spansByMonth(keys: readonly IdentityKey[], months: ReadonlySet<Month>): Map<Month, Span> {
  const spans = new Map<Month, Span>();
  const finder = new MonthFinder();
  for (const { t } of keys) {
    const month = finder.of(t);
    if (!months.has(month)) continue;
    const span = spans.get(month);
    if (span === undefined) spans.set(month, { from: t, to: t });
    else {
      span.from = Math.min(span.from, t);
      span.to = Math.max(span.to, t);
    }
  }
  return spans;
}

async function probe(
  connection: Connection,
  table: string,
  span: Span,
): Promise<readonly { readonly item: number; readonly row: StoredRow }[]> {
  const { count, columns } = await connection.numbers(
    `SELECT p.item, o.rowid::DOUBLE, ${observationColumns('o')}
     FROM ${table} o JOIN probe p ON o.datastream = p.datastream AND o.t = p.t
     WHERE o.t BETWEEN ${span.from} AND ${span.to}`,
  );
  const [item, rowid, ...rest] = columns;
  return Array.from({ length: count }, (_, at) => ({
    item: item?.[at] ?? 0,
    row: { rowid: rowid?.[at] ?? 0, observation: observationFrom(rest, at) },
  }));
}

/** One row of a result that selected `observationColumns`. */
export function observationFrom(columns: readonly Float64Array[], at: number): Observation {
  const v = columns[2]?.[at] ?? Number.NaN;
  return {
    datastream: columns[0]?.[at] ?? 0,
    t: epochMs(columns[1]?.[at] ?? 0),
    v: Number.isNaN(v) ? null : v,
    quality: (columns[3]?.[at] ?? 0) as QualityFlag,
    deviceFlag: columns[4]?.[at] ?? 0,
    source: (columns[5]?.[at] ?? 0) as SourceRank,
    sent: epochMs(columns[6]?.[at] ?? 0),
    received: epochMs(columns[7]?.[at] ?? 0),
    position: columns[8]?.[at] ?? 0,
  };
}
