import { DOUBLE, INTEGER, UTINYINT } from '@duckdb/node-api';

import { QUALITY } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { Aggregate, AggregateQuery, StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import { BUCKETS, bucketShiftMs } from '../../domain/time/bucket.ts';
import type { Connection } from './database.ts';
import { monthsWithin } from './history-queries.ts';
import type { View } from './history-queries.ts';
import { observationTable } from './month-partition.ts';
import type { StagedIdentity } from './overlay.ts';
import { columnsOf } from './reading-columns.ts';
import { findIdentities } from './stored-identities.ts';

/** Buckets as columns; `values` has one column for each aggregate asked for. */
export interface AggregateColumns {
  readonly count: number;
  readonly aggregates: readonly Aggregate[];
  readonly datastream: Float64Array;
  readonly t: Float64Array;
  readonly values: readonly Float64Array[];
}

export interface AggregateRequest {
  readonly query: AggregateQuery;
  readonly view: View;
  /** The datastream of a number, announced or stored. */
  readonly datastream: (id: number) => StoredDatastream | undefined;
  /** The newest stored phenomenonTime of a datastream. */
  readonly newest: (id: number) => number;
}

const SQL_OF: Readonly<Record<Aggregate, string>> = {
  count: 'count(*)::DOUBLE',
  min: 'min(v)',
  max: 'max(v)',
  mean: 'avg(v)',
  sum: 'sum(v)',
  last: 'arg_max(v, t)',
  // A value smaller than the one before it is a reset and counts whole; the first ever has nothing to differ from.
  difference: 'sum(CASE WHEN before IS NULL THEN 0 WHEN v < before THEN v ELSE v - before END)',
};

/** Datastreams whose buckets are cut alike. */
interface Cut {
  readonly ids: readonly number[];
  /** 1 where a value stands for the time before it and the buckets are (start, end]; else 0. */
  readonly edge: 0 | 1;
}

/** Values that count: FAIL, MISSING and null take no part in any aggregate. */
const COUNTED = `v IS NOT NULL AND quality NOT IN (${QUALITY.fail}, ${QUALITY.missing})`;

/** Aggregates by bucket, of stored and staged winners, oldest bucket first. */
export async function readAggregates(
  connection: Connection,
  request: AggregateRequest,
): Promise<AggregateColumns> {
  const { query } = request;
  const cuts = cutsOf(request);
  if (cuts.length === 0) return noBuckets(query.aggregates);
  const frame = frameOf(query);
  const hasStaged = await stageOverlay(connection, request, cuts, frame.to + 1);
  const rows: string[] = [];
  for (const cut of cuts) {
    rows.push(...rowsWithin(request, { cut, from: frame.from, to: frame.to, hasStaged }));
    if (query.aggregates.includes('difference')) {
      rows.push(
        ...(await previousRows(connection, request, { cut, before: frame.from + cut.edge, hasStaged })),
      );
    }
  }
  if (rows.length === 0) return noBuckets(query.aggregates);
  const before = query.aggregates.includes('difference')
    ? ', lag(v) OVER (PARTITION BY datastream ORDER BY t) AS before'
    : '';
  const selected = query.aggregates.map(aggregate => SQL_OF[aggregate]);
  const { count, columns } = await connection.numbers(
    `WITH counted AS (${rows.join(' UNION ALL ')}),
       grown AS (SELECT *${before} FROM counted)
     SELECT ${['datastream', 'bucket', ...selected].join(', ')}
     FROM grown WHERE bucket IS NOT NULL
     GROUP BY datastream, bucket ORDER BY bucket, datastream LIMIT ${Math.max(0, query.limit)}`,
  );
  const [datastream = new Float64Array(0), t = new Float64Array(0), ...values] = columns;
  return { count, aggregates: query.aggregates, datastream, t, values };
}

function noBuckets(aggregates: readonly Aggregate[]): AggregateColumns {
  const none = new Float64Array(0);
  return { count: 0, aggregates, datastream: none, t: none, values: aggregates.map(() => none) };
}

function cutsOf({ query, datastream }: AggregateRequest): readonly Cut[] {
  const ids: Record<Cut['edge'], number[]> = { 0: [], 1: [] };
  for (const id of new Set(query.datastreams)) {
    const known = datastream(id);
    if (known === undefined) continue;
    const kind = OBSERVED_PROPERTIES.get(known.property)?.interpolation ?? 'instantaneous';
    ids[kind === 'instantaneous' ? 0 : 1].push(id);
  }
  return ([0, 1] as const).filter(edge => ids[edge].length > 0).map(edge => ({ ids: ids[edge], edge }));
}

/** From the first bucket that begins in the query's time to the end of the last. */
function frameOf(query: AggregateQuery): { readonly from: number; readonly to: number } {
  const { widthMs } = BUCKETS[query.bucket];
  const shiftMs = bucketShiftMs(BUCKETS[query.bucket]);
  const edgeFrom = (t: number): number => Math.ceil((t + shiftMs) / widthMs) * widthMs - shiftMs;
  return { from: edgeFrom(query.from), to: edgeFrom(query.to) };
}

/** The bucket an instant lies in, as `bucketStart` in the domain computes it. */
function bucketSql({ query }: AggregateRequest, cut: Cut): string {
  const { widthMs } = BUCKETS[query.bucket];
  const shiftMs = bucketShiftMs(BUCKETS[query.bucket]);
  return `floor((t + ${shiftMs - cut.edge}) / ${widthMs}) * ${widthMs} - ${shiftMs}`;
}

interface Part {
  readonly cut: Cut;
  readonly hasStaged: boolean;
}

/** One SELECT a month, and one of what is staged. */
function rowsWithin(
  request: AggregateRequest,
  part: Part & { readonly from: number; readonly to: number },
): readonly string[] {
  const { cut, hasStaged } = part;
  const from = part.from + cut.edge;
  const to = part.to + cut.edge;
  const tables = monthsWithin(request.view.months, from, to).map(month => `${observationTable(month)} o`);
  return [...tables, ...(hasStaged ? ['staged o'] : [])].map(
    table =>
      `SELECT datastream, t, v, ${bucketSql(request, cut)} AS bucket FROM ${table}
       WHERE ${isOneOf(cut.ids)} AND t >= ${from} AND t < ${to} AND ${COUNTED}
       ${hasStaged && !table.startsWith('staged') ? NOT_STAGED : ''}`,
  );
}

const NOT_STAGED = 'AND NOT EXISTS (SELECT 1 FROM staged s WHERE s.datastream = o.datastream AND s.t = o.t)';

function isOneOf(ids: readonly number[]): string {
  return `datastream IN (${ids.join()})`;
}

/** The last counted value of each datastream before the first bucket, as rows without a bucket. */
async function previousRows(
  connection: Connection,
  request: AggregateRequest,
  { cut, before, hasStaged }: Part & { readonly before: number },
): Promise<readonly string[]> {
  const previous = new Map<number, { t: number; v: number }>();
  const take = async (table: string, ids: readonly number[]): Promise<void> => {
    const { count, columns } = await connection.numbers(
      `SELECT datastream, max(t)::DOUBLE, arg_max(v, t) FROM ${table}
       WHERE ${isOneOf(ids)} AND t < ${before} AND ${COUNTED}
       ${hasStaged && !table.startsWith('staged') ? NOT_STAGED : ''} GROUP BY datastream`,
    );
    const [id, t, v] = columns;
    for (let at = 0; at < count; at += 1) {
      const row = { t: t?.[at] ?? 0, v: v?.[at] ?? 0 };
      const known = previous.get(id?.[at] ?? 0);
      if (known === undefined || row.t > known.t) previous.set(id?.[at] ?? 0, row);
    }
  };
  const months = monthsWithin(request.view.months, Number.NEGATIVE_INFINITY, before);
  for (const month of [...months].reverse()) {
    const missing = cut.ids.filter(id => !previous.has(id));
    if (missing.length === 0) break;
    await take(`${observationTable(month)} o`, missing);
  }
  if (hasStaged) await take('staged o', cut.ids);
  // The text of a double is exact; as a bare literal DuckDB would read it as a decimal.
  const values = [...previous].map(([id, { t, v }]) => `(${id}, ${t}, '${v}'::DOUBLE)`);
  if (values.length === 0) return [];
  return [`SELECT datastream, t, v, NULL AS bucket FROM (VALUES ${values.join()}) p(datastream, t, v)`];
}

/**
 * Puts the staged winners of these datastreams into a temporary table, merged with what the file holds of the same
 * identities; they replace it. Answers whether there are any.
 */
async function stageOverlay(
  connection: Connection,
  { view, newest }: AggregateRequest,
  cuts: readonly Cut[],
  before: number,
): Promise<boolean> {
  const ids = new Set(cuts.flatMap(cut => cut.ids));
  const span = { from: Number.NEGATIVE_INFINITY, to: before };
  const staged = view.overlay.identities(id => (ids.has(id) ? span : undefined));
  if (staged.length === 0) return false;
  const late = staged.filter(({ datastream, t }) => t <= newest(datastream));
  const found = late.length === 0 ? new Map() : await findIdentities(connection, late, view.months);
  const stored = new Map<StagedIdentity, Observation>();
  for (const [index, identity] of found) {
    const sought = late[index];
    if (sought !== undefined) stored.set(sought, identity.winner.observation);
  }
  const rows = columnsOf(staged.flatMap(identity => identity.standing(stored.get(identity)) ?? []));
  if (rows.count === 0) return false;
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE staged (datastream INTEGER, t BIGINT, v DOUBLE, quality UTINYINT)',
  );
  await connection.append(
    'staged',
    [
      { type: INTEGER, numbers: rows.datastream },
      { type: DOUBLE, numbers: rows.t },
      { type: DOUBLE, numbers: rows.v, nullable: true },
      { type: UTINYINT, numbers: rows.quality },
    ],
    rows.count,
    'temp',
  );
  return true;
}
