import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, ThingSpec } from '../../domain/model/registry.ts';
import type { Database, SqlValue } from './database.ts';

interface ThingRow {
  readonly id: ThingId;
  readonly kind: ThingSpec['kind'];
  readonly name: string;
  readonly name_en: string | null;
  readonly basin: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly simulated: number | null;
}

interface DatastreamRow {
  readonly station: string;
  readonly property: string;
  readonly instance: string | null;
  readonly datum: string | null;
  readonly interval_ms: number;
  readonly span_min: number | null;
  readonly span_max: number | null;
}

interface ListRow {
  readonly owner: string;
  readonly member: string;
}

/** All things with their lists, by id. */
export function readThings(db: Database): readonly ThingSpec[] {
  const datastreams = new Map<string, DatastreamSpec[]>();
  for (const row of db.all<DatastreamRow>('SELECT * FROM datastream ORDER BY station, ordinal')) {
    listOf(datastreams, row.station).push(datastreamOf(row));
  }
  const stations = membersBy(
    db.all<ListRow>(
      'SELECT gateway AS owner, station AS member FROM gateway_station ORDER BY gateway, ordinal',
    ),
  );
  const basins = membersBy(
    db.all<ListRow>(
      'SELECT subscriber AS owner, basin AS member FROM subscriber_basin ORDER BY subscriber, ordinal',
    ),
  );
  return db.all<ThingRow>('SELECT * FROM thing ORDER BY id').map((row): ThingSpec => {
    const { id, name } = row;
    const nameEn = row.name_en === null ? {} : { nameEn: row.name_en };
    switch (row.kind) {
      case 'station':
        return {
          kind: 'station',
          id,
          name,
          ...nameEn,
          ...(row.basin === null ? {} : { basin: row.basin }),
          ...(row.latitude === null ? {} : { latitude: row.latitude }),
          ...(row.longitude === null ? {} : { longitude: row.longitude }),
          ...(row.simulated === null ? {} : { simulated: row.simulated === 1 }),
          datastreams: datastreams.get(id) ?? [],
        };
      case 'gateway':
        return {
          kind: 'gateway',
          id,
          name,
          ...nameEn,
          stations: (stations.get(id) ?? []) as ThingId[],
        };
      case 'subscriber':
        return { kind: 'subscriber', id, name, basins: basins.get(id) ?? [] };
    }
  });
}

/** Writes one thing in place of what was there; belongs in a transaction. */
export function replaceThing(db: Database, thing: ThingSpec): void {
  db.run('DELETE FROM thing WHERE id = ?', [thing.id]);
  const station = thing.kind === 'station' ? thing : undefined;
  const nameEn = thing.kind === 'subscriber' ? undefined : thing.nameEn;
  const simulated = station?.simulated === undefined ? null : Number(station.simulated);
  const columns: SqlValue[] = [thing.id, thing.kind, thing.name, nameEn ?? null, station?.basin ?? null];
  db.run(
    'INSERT INTO thing (id, kind, name, name_en, basin, latitude, longitude, simulated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [...columns, station?.latitude ?? null, station?.longitude ?? null, simulated],
  );
  switch (thing.kind) {
    case 'station':
      for (const [ordinal, spec] of thing.datastreams.entries())
        insertDatastream(db, [thing.id, ordinal], spec);
      break;
    case 'gateway':
      for (const [ordinal, member] of thing.stations.entries()) {
        db.run('INSERT INTO gateway_station VALUES (?, ?, ?)', [thing.id, ordinal, member]);
      }
      break;
    case 'subscriber':
      for (const [ordinal, basin] of thing.basins.entries()) {
        db.run('INSERT INTO subscriber_basin VALUES (?, ?, ?)', [thing.id, ordinal, basin]);
      }
      break;
  }
}

function insertDatastream(db: Database, key: readonly [string, number], spec: DatastreamSpec): void {
  const { property, instance, datum, intervalMs, sensorSpan } = spec;
  db.run(
    `INSERT INTO datastream (station, ordinal, property, instance, datum, interval_ms, span_min, span_max)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [...key, property, instance ?? null, datum ?? null, intervalMs, ...(sensorSpan ?? [null, null])],
  );
}

function datastreamOf(row: DatastreamRow): DatastreamSpec {
  return {
    property: row.property,
    ...(row.instance === null ? {} : { instance: row.instance }),
    ...(row.datum === null ? {} : { datum: row.datum }),
    intervalMs: row.interval_ms,
    ...(row.span_min === null || row.span_max === null ? {} : { sensorSpan: [row.span_min, row.span_max] }),
  };
}

function membersBy(rows: readonly ListRow[]): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const { owner, member } of rows) listOf(members, owner).push(member);
  return members;
}

function listOf<Member>(lists: Map<string, Member[]>, owner: string): Member[] {
  const list = lists.get(owner) ?? [];
  lists.set(owner, list);
  return list;
}
