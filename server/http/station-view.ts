import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { floodLimitOn } from '../../domain/model/threshold.ts';
import type { Thresholds } from '../../domain/model/threshold.ts';
import { localMonthDay } from '../../domain/time/local-day.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { LatestValue, StationHealth } from '../application.ts';
import { worstAlarmState } from './alarm-axis.ts';
import type { AlarmAxis, AlarmState } from './alarm-axis.ts';
import { dataState, worstDataState } from './data-axis.ts';
import type { DataState } from './data-axis.ts';
import type { DatastreamView, StationView } from './response-schemas.ts';

/** Both axes of a point or a station. */
export function stateView({ alarm, severity }: AlarmState, data: DataState): StationView['state'] {
  return { alarm, severity, data };
}

/** The connection of a station. */
export function connectionView(health: StationHealth | undefined): StationView['connection'] {
  return {
    state: health === undefined ? 'unknown' : health.connected ? 'connected' : 'disconnected',
    since: health?.connectedSince ?? null,
    lastReceived: health?.lastReceived ?? null,
  };
}

/** A station as the API shows it. Without a health record its connection state is `unknown`. */
export function stationView(
  station: StationSpec,
  seen: {
    readonly latest: readonly LatestValue[];
    readonly health: StationHealth | undefined;
    readonly alarmAxis: AlarmAxis;
  },
  now: EpochMs,
): StationView {
  const { health, alarmAxis } = seen;
  const byName = new Map(seen.latest.map(value => [formatDatastreamName(value), value]));
  const datastreams = station.datastreams.map(spec => {
    const name = formatDatastreamName(spec);
    return datastreamView(
      spec,
      { latest: byName.get(name), alarmState: alarmAxis(`${station.id}/${name}`) },
      now,
    );
  });
  return {
    id: station.id,
    name: station.name,
    nameEn: station.nameEn ?? null,
    asset: station.asset ?? null,
    basin: station.basin ?? null,
    latitude: station.latitude ?? null,
    longitude: station.longitude ?? null,
    simulated: station.simulated ?? false,
    state: stateView(
      worstAlarmState(datastreams.map(({ state }) => state)),
      worstDataState(datastreams.map(({ state }) => state.data)),
    ),
    connection: connectionView(health),
    clock:
      health?.clockOffsetMs === undefined
        ? null
        : { offsetMs: health.clockOffsetMs, uncertaintyMs: health.clockUncertaintyMs ?? null },
    sequence:
      health?.sequenceGaps === undefined && health?.sequenceResets === undefined
        ? null
        : { gaps: health.sequenceGaps ?? 0, resets: health.sequenceResets ?? 0 },
    datastreams,
  };
}

function datastreamView(
  spec: DatastreamSpec,
  { latest, alarmState }: { readonly latest: LatestValue | undefined; readonly alarmState: AlarmState },
  now: EpochMs,
): DatastreamView {
  const property = OBSERVED_PROPERTIES.get(spec.property);
  const [min, max] = spec.sensorSpan ?? property?.sensorSpan ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  const observation = latest?.observation;
  return {
    name: formatDatastreamName(spec),
    property: spec.property,
    instance: spec.instance ?? null,
    unit: property?.unit ?? '1',
    datum: spec.datum ?? null,
    interpolation: property?.interpolation ?? 'instantaneous',
    intervalMs: spec.intervalMs,
    sensorSpan: [min, max],
    thresholds: thresholdsView(spec.thresholds, now),
    state: stateView(alarmState, dataState(observation, spec.intervalMs, now)),
    latest:
      observation === undefined
        ? null
        : {
            t: observation.t,
            v: observation.v,
            flag: observation.quality,
            ageMs: Math.round(now - observation.t),
          },
  };
}

/** By name; of the flood-limit levels the one of today. */
function thresholdsView(thresholds: Thresholds | undefined, now: EpochMs): Record<string, number> | null {
  if (thresholds === undefined) return null;
  const view: Record<string, number> = {};
  for (const [name, value] of Object.entries(thresholds)) if (typeof value === 'number') view[name] = value;
  const floodLimit = floodLimitOn(thresholds.floodLimit ?? [], localMonthDay(now));
  if (floodLimit !== undefined) view['floodLimit'] = floodLimit;
  return Object.keys(view).length === 0 ? null : view;
}
