import type { Observation } from '../../domain/model/observation.ts';
import type {
  CorrectionRow,
  QuarantineQuery,
  QuarantineRow,
  RangeQuery,
} from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { bytesOf } from './commit-log.ts';
import type { Connection } from './database.ts';
import { correctionTable, monthStart, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';
import type { Overlay, StagedIdentity } from './overlay.ts';
import { observationFrom } from './stored-identities.ts';
import { observationColumns } from './telemetry-schema.ts';

/** What a query may look at: the months that had tables when it began, and what was staged then. */
export interface View {
  readonly months: ReadonlySet<Month>;
  readonly overlay: Overlay;
}

/** Stored and staged winners of one datastream, from ≤ t < to, oldest first, at most `limit`. */
export async function readRange(
  connection: Connection,
  view: View,
  query: RangeQuery,
): Promise<readonly Observation[]> {
  const staged = view.overlay
    .identities(id => (id === query.datastream ? query : undefined))
    .sort((a, b) => a.t - b.t);
  const stored: Observation[] = [];
  for (const month of monthsWithin(view.months, query.from, query.to)) {
    const left = query.limit - stored.length;
    if (left <= 0) break;
    const { count, columns } = await connection.numbers(
      `SELECT ${observationColumns('o')} FROM ${observationTable(month)} o
       WHERE ${within('o', query)} ORDER BY o.t LIMIT ${left}`,
    );
    for (let at = 0; at < count; at += 1) stored.push(observationFrom(columns, at));
  }
  return mergeByTime(stored, staged).slice(0, Math.max(0, query.limit));
}

/** Two lists ordered by time. */
function mergeByTime(
  stored: readonly Observation[],
  staged: readonly StagedIdentity[],
): readonly Observation[] {
  if (staged.length === 0) return stored;
  const merged: Observation[] = [];
  const push = (winner: Observation | undefined): void => {
    if (winner !== undefined) merged.push(winner);
  };
  let next = 0;
  for (const row of stored) {
    for (; (staged[next]?.t ?? Number.POSITIVE_INFINITY) < row.t; next += 1) {
      push(staged[next]?.standing(undefined));
    }
    if (staged[next]?.t === row.t) push(staged[next++]?.standing(row));
    else merged.push(row);
  }
  for (; next < staged.length; next += 1) push(staged[next]?.standing(undefined));
  return merged;
}

/** Committed losers with the committed winner, oldest first. */
export async function readCorrections(
  connection: Connection,
  months: ReadonlySet<Month>,
  query: RangeQuery,
): Promise<readonly CorrectionRow[]> {
  const rows: CorrectionRow[] = [];
  for (const month of monthsWithin(months, query.from, query.to)) {
    const left = query.limit - rows.length;
    if (left <= 0) break;
    const { count, columns } = await connection.numbers(
      `SELECT ${observationColumns('c')}, o.v, o.device_flag, o.source
       FROM ${correctionTable(month)} c
       JOIN ${observationTable(month)} o ON o.datastream = c.datastream AND o.t = c.t
       WHERE ${within('c', query)} AND ${within('o', query)}
       ORDER BY c.t, c.source DESC, c.sent_after_ms DESC, c.position LIMIT ${left}`,
    );
    for (let at = 0; at < count; at += 1) {
      const [v = Number.NaN, deviceFlag = 0, source = 0] = columns.slice(-3).map(column => column[at]);
      const winner = { v: Number.isNaN(v) ? null : v, deviceFlag, source };
      rows.push({ ...observationFrom(columns, at), winner });
    }
  }
  return rows;
}

/** Rows of observations by datastream. */
export async function countByDatastream(
  connection: Connection,
  months: ReadonlySet<Month>,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for (const month of months) {
    const { columns } = await connection.numbers(
      `SELECT datastream, count(*)::DOUBLE FROM ${observationTable(month)} GROUP BY datastream`,
    );
    const [ids = [], rows = []] = columns;
    for (const [at, id] of ids.entries()) counts.set(id, (counts.get(id) ?? 0) + (rows[at] ?? 0));
  }
  return counts;
}

export async function readQuarantine(
  connection: Connection,
  query: QuarantineQuery,
): Promise<readonly QuarantineRow[]> {
  const { station, reason, includeReleased = false, after, limit } = query;
  const conditions = [
    ...(station === undefined ? [] : [`station = ${sqlText(station)}`]),
    ...(reason === undefined ? [] : [`reason = ${sqlText(reason)}`]),
    ...(includeReleased ? [] : ['NOT released']),
    ...(after === undefined
      ? []
      : [`(position > ${after.position} OR (position = ${after.position} AND item > ${after.item}))`]),
  ];
  const rows = await connection.rows(
    `SELECT position::DOUBLE, item, reason, detail, station, principal, topic, received::DOUBLE, payload,
       sha256, released
     FROM quarantine ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
     ORDER BY position, item LIMIT ${Math.max(0, limit)}`,
  );
  return rows.map(row => ({
    position: Number(row[0]),
    item: Number(row[1]),
    reason: String(row[2]) as QuarantineRow['reason'],
    detail: String(row[3]),
    station: String(row[4]),
    principal: String(row[5]),
    topic: String(row[6]),
    received: epochMs(Number(row[7])),
    payload: bytesOf(row[8]),
    sha256: String(row[9]),
    released: row[10] === true,
  }));
}

/** The months that overlap from ≤ t < to, oldest first. */
export function monthsWithin(months: ReadonlySet<Month>, from: number, to: number): readonly Month[] {
  return [...months]
    .filter(month => monthStart(month) < to && monthStart(month + 1) > from)
    .sort((a, b) => a - b);
}

function within(alias: string, { datastream, from, to }: RangeQuery): string {
  return `${alias}.datastream = ${datastream} AND ${alias}.t >= ${from} AND ${alias}.t < ${to}`;
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
