import { DEVICE_FLAGS, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Connection } from './database.ts';
import { monthStart, observationTable } from './month-partition.ts';
import type { Month } from './month-partition.ts';

export const EXPORT_FORMATS = ['csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Winners with from ≤ t < to, into a file that must not exist. */
export interface ExportQuery {
  readonly path: string;
  readonly format: ExportFormat;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** All where absent. */
  readonly stations?: readonly string[];
}

interface ExportColumn {
  readonly name: string;
  readonly type: 'text' | 'number' | 'instant';
  readonly description: string;
  /** `o` is an observation, `d` its datastream; instants are epoch milliseconds here. */
  readonly sql: string;
}

const FLAG_LIST = DEVICE_FLAGS.map(flag => `'${flag}'`).join(', ');

/** The columns of an export, in order. */
export const EXPORT_COLUMNS: readonly ExportColumn[] = [
  { name: 'station', type: 'text', description: 'Id of the station.', sql: 'd.station' },
  {
    name: 'property',
    type: 'text',
    description: 'Observed property; its unit is in `properties`.',
    sql: 'd.property',
  },
  {
    name: 'instance',
    type: 'text',
    description: 'Which of several of the station; empty where there is one.',
    sql: 'd.instance',
  },
  {
    name: 'time',
    type: 'instant',
    description: 'phenomenonTime in UTC; of a period total the end of the period.',
    sql: 'o.t',
  },
  {
    name: 'value',
    type: 'number',
    description: 'Empty where the device reported a missing value.',
    sql: 'o.v',
  },
  { name: 'quality', type: 'number', description: 'QARTOD flag, see `qualityFlags`.', sql: 'o.quality' },
  {
    name: 'device_flag',
    type: 'text',
    description: 'What the device says of its value (HJ 212), see `deviceFlags`.',
    sql: `[${FLAG_LIST}][o.device_flag + 1]`,
  },
  {
    name: 'source',
    type: 'text',
    description: 'Who reported it: device or operator.',
    sql: `CASE o.source WHEN ${SOURCE_RANK.operator} THEN 'operator' ELSE 'device' END`,
  },
  {
    name: 'sent',
    type: 'instant',
    description: 'When the device sent the message, by its own clock, in UTC.',
    sql: 'o.t + o.sent_after_ms',
  },
  {
    name: 'received',
    type: 'instant',
    description: 'When the message arrived, in UTC.',
    sql: 'o.t + o.sent_after_ms + o.received_after_ms',
  },
  {
    name: 'position',
    type: 'number',
    description: 'Place of the message in the arrival log.',
    sql: 'o.position',
  },
];

/** Writes the file, ordered by station, property, instance and time; answers its rows. One consistent snapshot. */
export async function exportObservations(
  connection: Connection,
  months: Iterable<Month>,
  query: ExportQuery,
): Promise<number> {
  const { path, format, from, to, stations } = query;
  const within = `t >= ${from} AND t < ${to}`;
  const parts = [...months]
    .filter(month => monthStart(month) < to && monthStart(month + 1) > from)
    .map(month => `SELECT * FROM ${observationTable(month)} WHERE ${within}`);
  // A table that is always there gives an empty export its columns.
  const rows = parts.length > 0 ? parts.join(' UNION ALL ') : EMPTY;
  const chosen =
    stations === undefined ? '' : `WHERE d.station IN (${stations.map(quoted).join(', ') || 'NULL'})`;
  const columns = EXPORT_COLUMNS.map(column => `${valueOf(column, format)} AS ${column.name}`).join(', ');
  const options = format === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd';
  const [result] = await connection.rows(
    `COPY (SELECT ${columns} FROM (${rows}) o JOIN datastream d ON d.id = o.datastream ${chosen}
       ORDER BY d.station, d.property, d.instance NULLS FIRST, o.t) TO ${quoted(path)} (${options})`,
  );
  return Number(result?.[0] ?? 0);
}

const EMPTY = `SELECT 0 AS datastream, 0::BIGINT AS t, 0::DOUBLE AS v, 0::UTINYINT AS quality,
  0::UTINYINT AS device_flag, 0::UTINYINT AS source, 0::BIGINT AS sent_after_ms, 0::BIGINT AS received_after_ms,
  0::BIGINT AS position WHERE false`;

function valueOf({ type, sql }: ExportColumn, format: ExportFormat): string {
  if (type !== 'instant') return sql;
  const instant = `make_timestamp_ms(${sql})`;
  return format === 'csv' ? `strftime(${instant}, '%Y-%m-%dT%H:%M:%S.%gZ')` : instant;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
