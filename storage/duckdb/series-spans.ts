import { DOUBLE, INTEGER } from '@duckdb/node-api';

import type { ReadingColumns, SeriesSpan } from '../../domain/ports/telemetry-store.ts';
import { DAY_MS } from '../../domain/time/instant.ts';
import type { Connection } from './database.ts';
import { monthsWithin } from './history-queries.ts';
import type { View } from './history-queries.ts';
import { observationTable } from './month-partition.ts';
import { columnsOf, columnsWith, joinColumns } from './reading-columns.ts';
import type { StagedIdentity } from './overlay.ts';
import { observationFrom } from './stored-identities.ts';
import { observationColumns } from './telemetry-schema.ts';

/** Stored and staged winners of these stretches, in no order. */
export async function readSpans(
  connection: Connection,
  view: View,
  spans: readonly SeriesSpan[],
): Promise<ReadingColumns> {
  if (spans.length === 0) return columnsOf([]);
  const spanOf = new Map(spans.map(span => [span.datastream, span]));
  const staged = new Map<string, StagedIdentity>();
  for (const identity of view.overlay.identities(id => spanOf.get(id))) {
    staged.set(`${identity.datastream}@${identity.t}`, identity);
  }
  const parts: ReadingColumns[] = [];
  for (const alike of groupByBegin(spans)) {
    await stageSpans(connection, alike);
    const from = alike.reduce((least, span) => Math.min(least, span.from), Number.POSITIVE_INFINITY);
    const to = alike.reduce((most, span) => Math.max(most, span.to), Number.NEGATIVE_INFINITY);
    for (const month of monthsWithin(view.months, from, to)) {
      const { count, columns } = await connection.numbers(
        `SELECT ${observationColumns('o')}
         FROM ${observationTable(month)} o JOIN wanted w ON o.datastream = w.datastream
         WHERE o.t >= w.since AND o.t < w.before AND o.t >= ${from} AND o.t < ${to}`,
      );
      if (staged.size === 0) parts.push(columnsWith(count, columns));
      else {
        const rows = Array.from({ length: count }, (_, at) => observationFrom(columns, at));
        parts.push(
          columnsOf(
            rows.map(row => {
              const key = `${row.datastream}@${row.t}`;
              const standing = staged.get(key)?.standing(row);
              staged.delete(key);
              return standing ?? row;
            }),
          ),
        );
      }
    }
  }
  parts.push(columnsOf([...staged.values()].flatMap(identity => identity.standing(undefined) ?? [])));
  return joinColumns(parts);
}

/** A few that begin long before the others would have everything between be read for all of them. */
function groupByBegin(spans: readonly SeriesSpan[]): readonly (readonly SeriesSpan[])[] {
  const latest = spans.reduce((most, { from }) => Math.max(most, from), Number.NEGATIVE_INFINITY);
  const isRecent = ({ from }: SeriesSpan): boolean => from >= latest - 2 * DAY_MS;
  return [spans.filter(isRecent), spans.filter(span => !isRecent(span))].filter(group => group.length > 0);
}

async function stageSpans(connection: Connection, spans: readonly SeriesSpan[]): Promise<void> {
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE wanted (datastream INTEGER, since BIGINT, before BIGINT)',
  );
  await connection.append(
    'wanted',
    [
      { type: INTEGER, numbers: spans.map(({ datastream }) => datastream) },
      { type: DOUBLE, numbers: spans.map(({ from }) => from) },
      { type: DOUBLE, numbers: spans.map(({ to }) => to) },
    ],
    spans.length,
    'temp',
  );
}
