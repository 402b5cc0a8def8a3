import { QUALITY } from '../../domain/model/observation.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { EXPORT_COLUMNS } from '../../storage/duckdb/observation-export.ts';

/** The letters of HJ 212, in words. */
const DEVICE_FLAG_WORDS = {
  N: 'normal',
  T: 'above the range: a lower bound',
  S: 'set by hand',
  B: 'communication error',
  D: 'fault',
  F: 'out of service',
  M: 'maintenance',
  C: 'calibration',
} as const;

/** Stations as GeoJSON (RFC 7946, WGS-84); one without a place has no geometry. */
export function stationsGeoJson(stations: readonly StationSpec[]): string {
  const features = stations.map(({ kind: _kind, latitude, longitude, datastreams, id, ...rest }) => ({
    type: 'Feature',
    id,
    geometry:
      latitude === undefined || longitude === undefined
        ? null
        : { type: 'Point', coordinates: [longitude, latitude] },
    properties: {
      id,
      ...rest,
      datastreams: datastreams.map(datastream => ({
        ...datastream,
        unit: OBSERVED_PROPERTIES.get(datastream.property)?.unit,
      })),
    },
  }));
  return `${JSON.stringify({ type: 'FeatureCollection', features }, undefined, 1)}\n`;
}

/** What the columns, flags and properties of an export mean. Instants are epoch milliseconds. */
export function dataDictionary(content: {
  readonly file: string;
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  readonly madeAt: number;
}): string {
  const dictionary = {
    ...content,
    columns: EXPORT_COLUMNS.map(({ name, type, description }) => ({ name, type, description })),
    qualityFlags: Object.fromEntries(Object.entries(QUALITY).map(([name, flag]) => [flag, name])),
    deviceFlags: DEVICE_FLAG_WORDS,
    properties: Object.fromEntries(
      [...OBSERVED_PROPERTIES].map(([name, { nameZh, nameEn, unit, interpolation }]) => [
        name,
        { nameZh, nameEn, unit, interpolation },
      ]),
    ),
  };
  return `${JSON.stringify(dictionary, undefined, 1)}\n`;
}
