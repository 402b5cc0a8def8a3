import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { AppError } from '../../domain/errors.ts';
import { DEVICE_FLAGS, QUALITY } from '../../domain/model/observation.ts';
import type { Registry } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { LatestValue } from '../application.ts';
import { alarmAxis } from './alarm-axis.ts';
import { itemsAnswer, jsonAnswer, visitInSlices } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { latestByStation } from './latest-by-station.ts';
import { sortedStations } from './sorted-stations.ts';
import { inScope, requireScope } from './station-scope.ts';
import { stationView } from './station-view.ts';

export async function listStations({ application, principal, query }: Call<'stations'>): Promise<Answer> {
  const after = query.cursor === undefined ? '' : decodeCursor('stations', query.cursor)[0];
  const found = sortedStations(application.registry()).filter(
    station => station.id > after && inScope(principal, station.id),
  );
  const page = found.slice(0, query.limit);
  const last = found.length > page.length ? page.at(-1) : undefined;
  const [latest, health] = await Promise.all([
    latestByStation(application, station => inScope(principal, station)),
    application.stationHealth(),
  ]);
  const now = application.now();
  const axis = alarmAxis(application.alarms);
  return itemsAnswer(
    page,
    station =>
      stationView(
        station,
        { latest: latest.get(station.id) ?? [], health: health.get(station.id), alarmAxis: axis },
        now,
      ),
    last === undefined ? null : encodeCursor('stations', [last.id]),
  );
}

export async function showStation({ application, principal, params }: Call<'station'>): Promise<Answer> {
  requireScope(principal, params.id);
  const station = application.registry().things.get(params.id);
  if (station?.kind !== 'station') throw new AppError('not_found', `There is no station "${params.id}".`);
  const [latest, health] = await Promise.all([
    latestByStation(application, id => id === params.id),
    application.stationHealth(),
  ]);
  return jsonAnswer(
    stationView(
      station,
      {
        latest: latest.get(params.id) ?? [],
        health: health.get(params.id),
        alarmAxis: alarmAxis(application.alarms),
      },
      application.now(),
    ),
  );
}

export async function listLatest({ application, principal, query }: Call<'latest'>): Promise<Answer> {
  const [afterStation, afterName] =
    query.cursor === undefined ? ['', ''] : decodeCursor('latest', query.cursor);
  if (query.station !== undefined) requireScope(principal, query.station);
  const groups = await latestByStation(
    application,
    station =>
      station >= afterStation &&
      (query.station === undefined || station === query.station) &&
      inScope(principal, station),
  );
  const page: LatestValue[] = [];
  await visitInSlices(await sortedKeys(groups, application.registry()), station => {
    if (page.length > query.limit) return;
    for (const value of sortedByName(groups.get(station) ?? [])) {
      if (station === afterStation && formatDatastreamName(value) <= afterName) continue;
      page.push(value);
    }
  });
  const shown = page.slice(0, query.limit);
  const last = page.length > shown.length ? shown.at(-1) : undefined;
  const now = application.now();
  return itemsAnswer(
    shown,
    value => latestView(value, now),
    last === undefined ? null : encodeCursor('latest', [last.station, formatDatastreamName(last)]),
  );
}

const QUALITY_NAMES = new Map<number, string>(Object.entries(QUALITY).map(([name, flag]) => [flag, name]));

function latestView({ station, property, instance, observation }: LatestValue, now: EpochMs): unknown {
  return {
    station,
    property,
    instance: instance ?? null,
    t: observation.t,
    v: observation.v,
    flag: observation.quality,
    quality: QUALITY_NAMES.get(observation.quality),
    deviceFlag: DEVICE_FLAGS[observation.deviceFlag],
    ageMs: Math.round(now - observation.t),
    received: observation.received,
  };
}

/** The stations of the groups by id. The order of the registry serves unless a station has left it. */
async function sortedKeys(
  groups: ReadonlyMap<string, unknown>,
  registry: Registry,
): Promise<readonly string[]> {
  const registered: string[] = [];
  let present = 0;
  await visitInSlices(sortedStations(registry), station => {
    registered.push(station.id);
    if (groups.has(station.id)) present += 1;
  });
  return present === groups.size ? registered : [...groups.keys()].sort();
}

function sortedByName(values: readonly LatestValue[]): readonly LatestValue[] {
  return [...values].sort((a, b) => (formatDatastreamName(a) < formatDatastreamName(b) ? -1 : 1));
}
