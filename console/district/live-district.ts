import type { Ledger } from '../../domain/model/ledger.ts';
import type { Datastream, Ingest, Readiness, Station, StreamDelta, StreamState } from '../wire.ts';

/** The district as the stream last told it. What has not changed stays the same object. */
export interface LiveDistrict {
  /** The server's clock when it was told, epoch ms. */
  readonly now: number;
  readonly stations: ReadonlyMap<string, Station>;
  /** Null where the role may not read it. */
  readonly ledger: Ledger | null;
  readonly ingest: Ingest;
  readonly readiness: Readiness | null;
}

export function districtOf(state: StreamState): LiveDistrict {
  return { ...state, stations: new Map(state.stations.map(station => [station.id, station])) };
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
    ledger: delta.ledger === undefined ? district.ledger : delta.ledger,
    ingest: delta.ingest,
    readiness: delta.readiness === undefined ? district.readiness : delta.readiness,
  };
}

function withPoint(station: Station, point: StreamDelta['points'][number]): Station {
  const { t, v, flag, state } = point;
  const datastreams = station.datastreams.map((datastream): Datastream =>
    datastream.name === point.name ? { ...datastream, state, latest: { t, v, flag } } : datastream,
  );
  return { ...station, datastreams };
}
