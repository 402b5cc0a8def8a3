import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { DatastreamSpec, Registry, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { localMonthDay } from '../../domain/time/local-day.ts';
import type { Changes, LatestValue, StationHealth, TrackedHealth } from '../application.ts';
import { worstAlarmState } from '../http/alarm-axis.ts';
import type { AlarmState } from '../http/alarm-axis.ts';
import type { AlarmView } from '../http/alarm-schemas.ts';
import { visitInSlices } from '../http/answer.ts';
import { dataState, worstDataState } from '../http/data-axis.ts';
import type { DataState } from '../http/data-axis.ts';
import type { StationView, StreamPoint, StreamStation } from '../http/response-schemas.ts';
import { sortedStations } from '../http/sorted-stations.ts';
import { connectionView, stateView, stationView } from '../http/station-view.ts';
import { stationHealth } from '../station-health.ts';
import { BoardPicture } from './board-picture.ts';
import type { BoardDelta, BoardSource } from './board-picture.ts';

interface Point {
  readonly name: string;
  readonly spec: DatastreamSpec;
  latest: LatestValue | undefined;
  alarm: AlarmState;
  data: DataState;
}

interface StationPicture {
  readonly spec: StationSpec;
  readonly points: ReadonlyMap<string, Point>;
  tracked: TrackedHealth | undefined;
  health: StationHealth | undefined;
  alarm: AlarmState;
  data: DataState;
}

/** What a step of the picture has changed. */
export interface PictureDelta extends Pick<BoardDelta, 'alarms' | 'alarmsGone'> {
  readonly stations: readonly StreamStation[];
  readonly points: readonly StreamPoint[];
}

/**
 * Every station of one version of the registry as its watchers were last told. It is moved by what changed and by
 * time alone, and says in which points and stations it now differs.
 */
export class DistrictPicture {
  readonly #version: number;
  readonly #stations = new Map<string, StationPicture>();
  /** By `station/property[.instance]`. */
  readonly #points = new Map<string, Point>();
  readonly #board = new BoardPicture();
  #now = epochMs(0);

  constructor(registry: Registry) {
    this.#version = registry.version;
    for (const spec of sortedStations(registry)) {
      const station = blankStation(spec);
      this.#stations.set(spec.id, station);
      for (const point of station.points.values()) this.#points.set(`${spec.id}/${point.name}`, point);
    }
  }

  /** False when a new one is needed: the registry has changed, or another day began and with it another flood limit. */
  isOf(registry: Registry, now: EpochMs): boolean {
    return this.#version === registry.version && localMonthDay(this.#now) === localMonthDay(now);
  }

  /** The instant of the last step. */
  get now(): EpochMs {
    return this.#now;
  }

  /** Takes the changes in, and looks at every point anew: time alone makes a point blind. */
  async step(changes: Changes, source: BoardSource, now: EpochMs): Promise<PictureDelta> {
    this.#now = now;
    const moved = new Set<Point>();
    const { alarms, alarmsGone, subjects } = this.#board.step(source);
    await visitInSlices(subjects, subject => {
      const point = this.#points.get(subject);
      const alarm = this.#board.axis(subject);
      if (point === undefined || point.alarm === alarm) return;
      point.alarm = alarm;
      moved.add(point);
    });
    await visitInSlices(changes.latest, value => {
      const point = this.#stations.get(value.station)?.points.get(formatDatastreamName(value));
      if (point === undefined) return;
      if (!isSame(point.latest?.observation, value.observation)) moved.add(point);
      point.latest = value;
    });
    for (const [id, tracked] of changes.tracked) {
      const station = this.#stations.get(id);
      if (station !== undefined) station.tracked = tracked;
    }
    const stations: StreamStation[] = [];
    const points: StreamPoint[] = [];
    await visitInSlices(this.#stations.values(), station => {
      const changed = movePoints(station, moved, now);
      for (const point of changed) points.push(pointView(station.spec.id, point));
      const hasMoved = changed.length > 0 && moveStates(station);
      if (moveHealth(station, changes.connections.get(station.spec.id)) || hasMoved) {
        stations.push(viewOf(station));
      }
    });
    return { stations, points, alarms, alarmsGone };
  }

  /** The warnings in force at the stations, or at those asked for. */
  *alarms(only: readonly string[] | undefined): Generator<AlarmView, void, undefined> {
    const wanted = only === undefined ? undefined : new Set(only);
    for (const view of this.#board.views()) if (wanted?.has(view.station) ?? true) yield view;
  }

  /** The stations in full, by id; all of them, or those asked for. */
  *views(only: readonly string[] | undefined): Generator<StationView, void, undefined> {
    for (const id of only ?? this.#stations.keys()) {
      const station = this.#stations.get(id);
      if (station === undefined) continue;
      const latest = [...station.points.values()].flatMap(point => point.latest ?? []);
      yield stationView(
        station.spec,
        { latest, health: station.health, alarmAxis: this.#board.axis },
        this.#now,
      );
    }
  }
}

const UNJUDGED = worstAlarmState([]);

function blankStation(spec: StationSpec): StationPicture {
  const points = spec.datastreams.map((datastream): [string, Point] => {
    const name = formatDatastreamName(datastream);
    return [name, { name, spec: datastream, latest: undefined, alarm: UNJUDGED, data: 'blind' }];
  });
  return {
    spec,
    points: new Map(points),
    tracked: undefined,
    health: undefined,
    alarm: UNJUDGED,
    data: 'blind',
  };
}

/** A resend of the same value moves nothing that a watcher sees. */
function isSame(known: Observation | undefined, fresh: Observation): boolean {
  return known?.t === fresh.t && known.v === fresh.v && known.quality === fresh.quality;
}

/** The points whose value or state has changed. */
function movePoints({ points }: StationPicture, moved: ReadonlySet<Point>, now: EpochMs): readonly Point[] {
  const changed: Point[] = [];
  for (const point of points.values()) {
    const data = dataState(point.latest?.observation, point.spec.intervalMs, now);
    if (data === point.data && !moved.has(point)) continue;
    point.data = data;
    changed.push(point);
  }
  return changed;
}

/** Answers whether its state has changed. */
function moveStates(station: StationPicture): boolean {
  const { alarm: alarmBefore, data: dataBefore } = station;
  const points = [...station.points.values()];
  station.alarm = worstAlarmState(points.map(({ alarm }) => alarm));
  station.data = worstDataState(points.map(({ data }) => data));
  return station.alarm !== alarmBefore || station.data !== dataBefore;
}

/** Answers whether its connection has changed. */
function moveHealth(station: StationPicture, connection: { readonly since: EpochMs } | undefined): boolean {
  const { health: before, tracked } = station;
  // Whom neither the broker nor ingest ever saw has no health: its connection is unknown.
  station.health =
    connection === undefined && tracked === undefined ? undefined : stationHealth(connection, tracked);
  return (
    (station.health === undefined) !== (before === undefined) ||
    station.health?.connected !== before?.connected ||
    station.health?.connectedSince !== before?.connectedSince ||
    station.health?.lastReceived !== before?.lastReceived
  );
}

function viewOf({ spec, alarm, data, health }: StationPicture): StreamStation {
  return { id: spec.id, state: stateView(alarm, data), connection: connectionView(health) };
}

function pointView(station: string, { name, latest, alarm, data }: Point): StreamPoint {
  const observation = latest?.observation;
  return {
    station,
    name,
    t: observation?.t ?? null,
    v: observation?.v ?? null,
    flag: observation?.quality ?? null,
    state: stateView(alarm, data),
  };
}
