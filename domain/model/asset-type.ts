/** A size of an asset. Levels mean nothing without the datum of the asset. */
interface AttributeSpec {
  readonly unit: string;
  readonly isLevel: boolean;
}

export const ASSET_ATTRIBUTES = {
  /** Surface that drains to the asset. */
  catchmentKm2: { unit: 'km2', isLevel: false },
  /** Share of that surface that is sealed, 0 to 1. */
  imperviousShare: { unit: '1', isLevel: false },
  /** Water it holds: of a reservoir at its normal pool, of a tank or sump when full. */
  capacityM3: { unit: 'm3', isLevel: false },
  /** Water surface: of a reservoir at its normal pool, of a ponding point, tank or sump. */
  surfaceM2: { unit: 'm2', isLevel: false },
  pumpCount: { unit: '1', isLevel: false },
  /** What one pump moves. */
  pumpM3PerS: { unit: 'm3/s', isLevel: false },
  /** What a plant, inlet or outlet passes at most. */
  designFlowM3PerS: { unit: 'm3/s', isLevel: false },
  diameterM: { unit: 'm', isLevel: false },
  lengthM: { unit: 'm', isLevel: false },
  /** Bottom of a manhole, sump, river bed or reservoir. */
  bottomM: { unit: 'm', isLevel: true },
  /** Ground, street or bank beside it. */
  groundM: { unit: 'm', isLevel: true },
  /** Bottom of the outfall's mouth. */
  invertM: { unit: 'm', isLevel: true },
} as const satisfies Record<string, AttributeSpec>;
export type AssetAttribute = keyof typeof ASSET_ATTRIBUTES;

export interface AssetTypeSpec {
  readonly nameZh: string;
  readonly nameEn: string;
  /** Attributes an asset of this type may carry. */
  readonly attributes: readonly AssetAttribute[];
}

function type(nameZh: string, nameEn: string, ...attributes: readonly AssetAttribute[]): AssetTypeSpec {
  return { nameZh, nameEn, attributes };
}

/** What a district owns and watches: plants, networks, rivers and reservoirs 厂网河库. */
export const ASSET_TYPES = {
  sewage_plant: type('污水处理厂', 'sewage plant', 'designFlowM3PerS', 'capacityM3'),
  treatment_unit: type('分散式处理设施', 'distributed treatment unit', 'designFlowM3PerS'),
  pump_station: type(
    '泵站',
    'pump station',
    'catchmentKm2',
    'imperviousShare',
    'capacityM3',
    'surfaceM2',
    'pumpCount',
    'pumpM3PerS',
    'bottomM',
    'groundM',
  ),
  replenishment_pump: type('补水泵站', 'replenishment pump', 'pumpCount', 'pumpM3PerS'),
  replenishment_pipe: type('补水管', 'replenishment pipe', 'diameterM', 'lengthM', 'designFlowM3PerS'),
  pipe: type('管道', 'pipe', 'diameterM', 'lengthM', 'designFlowM3PerS'),
  manhole: type(
    '检查井',
    'manhole',
    'catchmentKm2',
    'imperviousShare',
    'surfaceM2',
    'diameterM',
    'designFlowM3PerS',
    'bottomM',
    'groundM',
  ),
  storage_tank: type(
    '调蓄池',
    'storage tank',
    'catchmentKm2',
    'imperviousShare',
    'capacityM3',
    'surfaceM2',
    'designFlowM3PerS',
    'bottomM',
    'groundM',
  ),
  wetland: type('人工湿地', 'constructed wetland', 'designFlowM3PerS', 'surfaceM2'),
  sluice_gate: type('水闸', 'sluice gate', 'designFlowM3PerS', 'bottomM'),
  flood_barrier: type('防洪闸', 'flood barrier', 'designFlowM3PerS', 'bottomM'),
  river_gauge: type('河道水文站', 'river gauge', 'catchmentKm2', 'imperviousShare', 'bottomM', 'groundM'),
  reservoir: type(
    '水库',
    'reservoir',
    'catchmentKm2',
    'imperviousShare',
    'capacityM3',
    'surfaceM2',
    'designFlowM3PerS',
    'bottomM',
  ),
  rain_gauge: type('雨量站', 'rain gauge'),
  ponding_point: type(
    '道路积水点',
    'road ponding point',
    'catchmentKm2',
    'imperviousShare',
    'surfaceM2',
    'designFlowM3PerS',
  ),
  underpass: type(
    '下穿通道',
    'underpass',
    'catchmentKm2',
    'imperviousShare',
    'surfaceM2',
    'designFlowM3PerS',
    'pumpCount',
    'pumpM3PerS',
  ),
  outfall: type('排放口', 'outfall', 'invertM', 'diameterM'),
  section: type('水质断面', 'water-quality section', 'catchmentKm2'),
  video_gateway: type('视频网关', 'video gateway'),
} as const satisfies Record<string, AssetTypeSpec>;
export type AssetType = keyof typeof ASSET_TYPES;

export function isAssetType(type: string): type is AssetType {
  return Object.hasOwn(ASSET_TYPES, type);
}
