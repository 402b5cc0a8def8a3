import type { AssetAttribute, AssetType } from '../../domain/model/asset-type.ts';
import { districtOf } from '../../domain/model/district.ts';
import type { Asset, District, FlowEdge } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';

interface AssetSketch {
  readonly type: AssetType;
  readonly basin?: string;
  readonly reach?: string;
  readonly attributes?: Readonly<Partial<Record<AssetAttribute, number>>>;
}

/** The reference point of the small district, WGS-84, degrees. */
export const SMALL_DISTRICT_PLACE = { latitude: 22.7, longitude: 114.2 };

export function sketchAsset(id: string, { type, basin = 'north', reach, attributes }: AssetSketch): Asset {
  return {
    kind: 'asset',
    id,
    name: id,
    type,
    basin,
    community: 'c',
    operator: 'o',
    regulator: 'o',
    responsible: ['p'],
    ...SMALL_DISTRICT_PLACE,
    ...(reach === undefined ? {} : { reach }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

export function sketchFlow(from: string, to: string, travelTimeMs?: number): FlowEdge {
  const edge = { kind: 'flow', id: `${from}>${to}`, from, to } as const;
  return travelTimeMs === undefined ? edge : { ...edge, travelTimeMs };
}

/** A station at the asset of the same name. */
function sketchStation(asset: string, datastreams: readonly DatastreamSpec[]): StationSpec {
  const id = `S-${asset}` as ThingId;
  return { kind: 'station', id, name: id, asset, simulated: true, ...SMALL_DISTRICT_PLACE, datastreams };
}

const MINUTE = { intervalMs: 60_000 } as const;
const level = (property: string, rest: Partial<DatastreamSpec> = {}): DatastreamSpec => ({
  property,
  datum: 'x',
  ...MINUTE,
  ...rest,
});
const plain = (property: string, instance?: string): DatastreamSpec =>
  instance === undefined ? { property, ...MINUTE } : { property, instance, ...MINUTE };

const ASSETS: readonly Asset[] = [
  sketchAsset('dam', {
    type: 'reservoir',
    attributes: {
      catchmentKm2: 6,
      imperviousShare: 0.03,
      capacityM3: 3e6,
      surfaceM2: 4e5,
      designFlowM3PerS: 10,
      bottomM: 50,
    },
  }),
  sketchAsset('upper', { type: 'river_gauge', attributes: { catchmentKm2: 12, bottomM: 30, groundM: 34 } }),
  sketchAsset('lower', { type: 'river_gauge', attributes: { catchmentKm2: 30, bottomM: 20, groundM: 25 } }),
  sketchAsset('shaft', {
    type: 'manhole',
    attributes: {
      catchmentKm2: 0.2,
      imperviousShare: 0.8,
      designFlowM3PerS: 1.2,
      diameterM: 1,
      bottomM: 26,
      groundM: 30,
    },
  }),
  sketchAsset('road', {
    type: 'ponding_point',
    attributes: { catchmentKm2: 0.012, imperviousShare: 0.9, surfaceM2: 900, designFlowM3PerS: 0.1 },
  }),
  sketchAsset('tank', {
    type: 'storage_tank',
    attributes: { capacityM3: 2_000, surfaceM2: 400, designFlowM3PerS: 0.15, bottomM: 22 },
  }),
  sketchAsset('mouth', { type: 'outfall', attributes: { invertM: 21, diameterM: 1 } }),
  sketchAsset('pumps', {
    type: 'pump_station',
    basin: 'south',
    attributes: {
      catchmentKm2: 0.3,
      imperviousShare: 0.7,
      surfaceM2: 120,
      pumpCount: 3,
      pumpM3PerS: 1,
      bottomM: 10,
      groundM: 18,
    },
  }),
  sketchAsset('plant', { type: 'sewage_plant', attributes: { designFlowM3PerS: 0.6 } }),
  sketchAsset('lift', { type: 'replenishment_pump', attributes: { pumpCount: 2, pumpM3PerS: 0.1 } }),
  sketchAsset('rise', { type: 'replenishment_pipe', attributes: { lengthM: 2_400 } }),
  sketchAsset('gate', { type: 'sluice_gate', attributes: { designFlowM3PerS: 400, bottomM: 19 } }),
  sketchAsset('section', { type: 'section' }),
  sketchAsset('tunnel', {
    type: 'underpass',
    basin: 'south',
    attributes: { catchmentKm2: 0.012, surfaceM2: 600, pumpCount: 2, pumpM3PerS: 0.06 },
  }),
  sketchAsset('gauge', { type: 'rain_gauge' }),
];

const FLOW: readonly FlowEdge[] = [
  sketchFlow('dam', 'reach-1'),
  sketchFlow('reach-1', 'upper', 1_800_000),
  sketchFlow('upper', 'reach-2'),
  sketchFlow('reach-2', 'lower', 3_600_000),
  sketchFlow('lower', 'section'),
  sketchFlow('section', 'gate'),
  sketchFlow('shaft', 'mouth'),
  sketchFlow('shaft', 'tank'),
  sketchFlow('shaft', 'road'),
  sketchFlow('tank', 'plant'),
  sketchFlow('mouth', 'reach-2'),
  sketchFlow('pumps', 'plant'),
  sketchFlow('plant', 'lift'),
  sketchFlow('plant', 'reach-2'),
  sketchFlow('lift', 'rise'),
  sketchFlow('rise', 'reach-1'),
];

export const SMALL_DISTRICT: District = districtOf([
  { kind: 'basin', id: 'north', name: 'north' },
  { kind: 'basin', id: 'south', name: 'south' },
  { kind: 'reach', id: 'reach-1', name: 'reach-1', basin: 'north', lengthM: 3_000 },
  { kind: 'reach', id: 'reach-2', name: 'reach-2', basin: 'north', lengthM: 5_000 },
  ...ASSETS,
  ...FLOW,
]);

/** Stations that read everything the small district shows. */
export const SMALL_DISTRICT_STATIONS: readonly StationSpec[] = [
  sketchStation('dam', [
    level('water_level', {
      thresholds: {
        dead: 55,
        normal: 70,
        floodLimit: [
          { from: '04-15', level: 68 },
          { from: '10-01', level: 70 },
        ],
      },
    }),
    plain('storage_volume'),
  ]),
  sketchStation('upper', [level('water_level'), plain('discharge'), plain('velocity')]),
  sketchStation('lower', [level('water_level'), plain('discharge')]),
  sketchStation('shaft', [level('manhole_level')]),
  sketchStation('road', [plain('ponding_depth'), plain('battery_voltage')]),
  sketchStation('tank', [plain('storage_volume'), level('water_level')]),
  sketchStation('mouth', [level('water_level'), plain('discharge')]),
  sketchStation('pumps', [
    level('sump_level', { thresholds: { pumpStop: 11, pumpStart: 13, high: 16 } }),
    ...['1', '2', '3'].flatMap(pump => [plain('pump_running', pump), plain('pump_power', pump)]),
  ]),
  sketchStation('plant', [plain('discharge')]),
  sketchStation('lift', [plain('pump_running', '1'), plain('pump_running', '2')]),
  sketchStation('gate', [plain('gate_opening')]),
  sketchStation(
    'section',
    ['water_temperature', 'ph', 'dissolved_oxygen', 'conductivity', 'turbidity', 'ammonia_nitrogen']
      .concat(['total_phosphorus', 'total_nitrogen', 'permanganate_index', 'chemical_oxygen_demand'])
      .map(property => plain(property)),
  ),
  sketchStation('tunnel', [
    plain('ponding_depth', 'east'),
    plain('ponding_depth', 'west'),
    level('sump_level', { sensorSpan: [-6, 5] }),
    plain('pump_running', '1'),
    plain('pump_running', '2'),
  ]),
  sketchStation('gauge', [
    { property: 'rainfall', intervalMs: 300_000 },
    plain('rainfall_counter'),
    plain('air_temperature'),
  ]),
];
