import type { Ledger } from '../../domain/model/ledger.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import type { Datastream, Ingest, Readiness, Station, StreamDelta, StreamState } from '../wire.ts';

/** The district as the stream last told it. What has not changed stays the same object. */
export interface LiveDistrict {
  /** The server's clock when it was told, epoch ms. */
  readonly now: number;
  readonly stations: ReadonlyMap<string, Station>;
  /** The warnings in force, by id. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** Null where the role may not read it. */
  readonly ledger: Ledger | null;
  readonly ingest: Ingest;
  readonly readiness: Readiness | null;
}

export function districtOf(state: StreamState): LiveDistrict {
  return {
    ...state,
    stations: new Map(state.stations.map(station => [station.id, station])),
    alarms: new Map(state.alarms.map(alarm => [alarm.id, alarm])),
  };
}

/** Stations and points that are not known yet are left out: a whole new state follows a change of the registry. */
export function withDelta(district: LiveDistrict, delta: StreamDelta): LiveDistrict {
  const stations = new Map(district.stations);
  for (const { id, state, connection } of delta.stations) {
    const station = stations.get(id);
    if (station !== undefined) stations.set(id, { ...station, state, connection });
  }
  for (const point of delta.points) {
    const station = stations.get(point.station);
    if (station !== undefined) stations.set(point.station, withPoint(station, point));
  }
  return {
    now: delta.now,
    stations,
    alarms: withAlarms(district.alarms, delta),
    ledger: delta.ledger === undefined ? district.ledger : delta.ledger,
    ingest: delta.ingest,
    readiness: delta.readiness === undefined ? district.readiness : delta.readiness,
  };
}

function withPoint(station: Station, point: StreamDelta['points'][number]): Station {
  const { t, v, flag, state } = point;
  const latest = t === null || flag === null ? null : { t, v, flag };
  const datastreams = station.datastreams.map((datastream): Datastream =>
    datastream.name === point.name ? { ...datastream, state, latest } : datastream,
  );
  return { ...station, datastreams };
}

/** The same map where nothing has changed, so that whoever lists them need not do it again each second. */
function withAlarms(
  before: LiveDistrict['alarms'],
  { alarms: changed, alarmsGone }: StreamDelta,
): LiveDistrict['alarms'] {
  if (changed.length === 0 && alarmsGone.length === 0) return before;
  const alarms = new Map(before);
  for (const id of alarmsGone) alarms.delete(id);
  for (const alarm of changed) alarms.set(alarm.id, alarm);
  return alarms;
}
