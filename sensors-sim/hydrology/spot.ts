import type { WaterBody } from '../../domain/assessment/quality-class.ts';
import type { AssetAttribute, AssetType } from '../../domain/model/asset-type.ts';
import type { District } from '../../domain/model/district.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { LocalPlane } from './place.ts';
import type { Geographic, Place } from './place.ts';

export type SpotType = AssetType | 'reach';

/** A node of the model before it has water: an asset, a reach, or what a station without a fitting asset stands at. */
export interface Spot {
  /** Assets and reaches share one namespace; a spot made up for a station has a slash in its id. */
  readonly id: string;
  readonly type: SpotType;
  readonly basin: string;
  readonly place: Place;
  readonly attributes: Readonly<Partial<Record<AssetAttribute, number>>>;
  /** The reach it stands at, where it is known. */
  readonly reach?: string;
  readonly lengthM?: number;
  /** Of a section. */
  readonly waterBody?: WaterBody;
  /** Datastreams of the stations there: spans and thresholds say where levels lie. */
  readonly datastreams: readonly DatastreamSpec[];
}

const FLOW = ['discharge', 'velocity'] as const;
const PUMPS = ['pump_running', 'pump_power'] as const;

/** Which properties the water of a spot shows; quality shows wherever water flows. */
const SHOWN: Readonly<Record<SpotType, readonly string[]>> = {
  reach: FLOW,
  sewage_plant: ['discharge'],
  treatment_unit: FLOW,
  pump_station: ['sump_level', 'water_level', 'discharge', ...PUMPS],
  replenishment_pump: ['discharge', ...PUMPS],
  replenishment_pipe: FLOW,
  pipe: FLOW,
  manhole: ['manhole_level', 'water_level', ...FLOW],
  storage_tank: ['storage_volume', 'water_level', 'sump_level', 'discharge', 'pump_running'],
  wetland: FLOW,
  sluice_gate: ['gate_opening', 'water_level', ...FLOW],
  flood_barrier: ['gate_opening', 'water_level', ...FLOW],
  river_gauge: ['water_level', ...FLOW],
  reservoir: ['water_level', 'storage_volume', 'discharge'],
  rain_gauge: [],
  ponding_point: ['ponding_depth'],
  underpass: ['ponding_depth', 'sump_level', 'water_level', 'discharge', ...PUMPS],
  outfall: ['water_level', ...FLOW],
  section: ['water_level', ...FLOW],
  video_gateway: [],
};

const QUALITY = new Set([
  'water_temperature',
  'ph',
  'dissolved_oxygen',
  'conductivity',
  'turbidity',
  'ammonia_nitrogen',
  'total_phosphorus',
  'total_nitrogen',
  'permanganate_index',
  'chemical_oxygen_demand',
  'redox_potential',
  'chlorophyll_a',
  'algal_density',
]);

export function isQuality(property: string): boolean {
  return QUALITY.has(property);
}

/** What a station that shows this property must stand at; `undefined` for weather and the station's own state. */
function typeFor(property: string, station: StationSpec): AssetType | undefined {
  const has = (...properties: readonly string[]): boolean =>
    station.datastreams.some(datastream => properties.includes(datastream.property));
  if (isQuality(property)) return 'section';
  switch (property) {
    case 'water_level':
      return has('storage_volume') ? 'reservoir' : 'river_gauge';
    case 'storage_volume':
      return 'reservoir';
    case 'discharge':
    case 'velocity':
      return 'river_gauge';
    case 'ponding_depth':
      return has('sump_level') ? 'underpass' : 'ponding_point';
    case 'sump_level':
    case 'pump_running':
    case 'pump_power':
      return has('ponding_depth') ? 'underpass' : 'pump_station';
    case 'manhole_level':
      return 'manhole';
    case 'gate_opening':
      return 'sluice_gate';
    default:
      return undefined;
  }
}

/** Reference where nothing in the registry has a place: the middle of Longgang. */
const NOWHERE: Geographic = { latitude: 22.69, longitude: 114.21 };

/** The plane of a district: touches the globe in the middle of its assets, or of its stations. */
export function planeOf(district: District, stations: readonly StationSpec[]): LocalPlane {
  const assets = [...district.assets.values()];
  const places = assets.length > 0 ? assets : stations.flatMap(station => geographicOf(station) ?? []);
  if (places.length === 0) return new LocalPlane(NOWHERE);
  const mean = (key: keyof Geographic): number =>
    places.reduce((sum, place) => sum + place[key], 0) / places.length;
  return new LocalPlane({ latitude: mean('latitude'), longitude: mean('longitude') });
}

function geographicOf({ latitude, longitude }: StationSpec): Geographic | undefined {
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Where a station stands; in the middle of the plane where it does not say. */
export function stationPlace(station: StationSpec, plane: LocalPlane): Place {
  const place = geographicOf(station);
  return place === undefined ? { eastKm: 0, northKm: 0 } : plane.placeOf(place);
}

/** The spot that shows a property of a station, by station id and property. */
export type SpotIndex = ReadonlyMap<string, ReadonlyMap<string, Spot>>;

/** All spots of a district and of the stations that have no fitting asset. */
export function surveySpots(
  district: District,
  stations: readonly StationSpec[],
  plane: LocalPlane,
): { readonly spots: readonly Spot[]; readonly index: SpotIndex } {
  const spots = new Map<string, Spot>();
  const datastreamsAt = groupDatastreams(stations);
  for (const reach of district.reaches.values()) {
    const { id, basin, lengthM } = reach;
    const spot = { id, type: 'reach', basin, place: { eastKm: 0, northKm: 0 }, attributes: {} } as const;
    spots.set(id, { ...spot, datastreams: [], ...(lengthM === undefined ? {} : { lengthM }) });
  }
  for (const asset of district.assets.values()) {
    const { id, type, basin, reach, waterBody, attributes = {} } = asset;
    const spot = { id, type, basin, place: plane.placeOf(asset), attributes };
    const datastreams = datastreamsAt.get(id) ?? [];
    spots.set(id, {
      ...spot,
      datastreams,
      ...(reach === undefined ? {} : { reach }),
      ...(waterBody === undefined ? {} : { waterBody }),
    });
  }
  const index = new Map<string, ReadonlyMap<string, Spot>>();
  for (const station of stations) index.set(station.id, spotsOfStation(station, spots, plane));
  return { spots: [...spots.values()], index };
}

function groupDatastreams(stations: readonly StationSpec[]): ReadonlyMap<string, readonly DatastreamSpec[]> {
  const byAsset = new Map<string, DatastreamSpec[]>();
  for (const { asset, datastreams } of stations) {
    if (asset !== undefined) byAsset.set(asset, [...(byAsset.get(asset) ?? []), ...datastreams]);
  }
  return byAsset;
}

function spotsOfStation(
  station: StationSpec,
  spots: Map<string, Spot>,
  plane: LocalPlane,
): ReadonlyMap<string, Spot> {
  const asset = station.asset === undefined ? undefined : spots.get(station.asset);
  const found = new Map<string, Spot>();
  for (const { property } of station.datastreams) {
    if (found.has(property)) continue;
    if (asset !== undefined && shows(asset.type, property)) {
      found.set(property, asset);
      continue;
    }
    const type = typeFor(property, station);
    if (type === undefined) continue;
    const id = `${station.id}/${type}`;
    const spot = spots.get(id) ?? {
      id,
      type,
      basin: station.basin ?? '',
      place: stationPlace(station, plane),
      attributes: {},
      datastreams: station.datastreams,
    };
    spots.set(id, spot);
    found.set(property, spot);
  }
  return found;
}

function shows(type: SpotType, property: string): boolean {
  const shown = SHOWN[type];
  return shown.includes(property) || (shown.length > 0 && isQuality(property));
}
