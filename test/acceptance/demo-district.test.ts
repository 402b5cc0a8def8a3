import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { ASSET_TYPES } from '../../domain/model/asset-type.ts';
import type { AssetType } from '../../domain/model/asset-type.ts';
import { districtOf } from '../../domain/model/district.ts';
import type {
  Asset,
  District,
  Geometry,
  Position,
  Reach,
  RegistryPart,
} from '../../domain/model/district.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { loadSite } from '../../server/site/load-site.ts';

const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));
/** No water goes through these. */
const DRY: ReadonlySet<AssetType> = new Set(['rain_gauge', 'video_gateway']);
/** These lift the water, so what comes after them may lie higher. */
const LIFTING: ReadonlySet<AssetType> = new Set([
  'pump_station',
  'storage_tank',
  'underpass',
  'replenishment_pump',
]);
/** Documentation and tests name these. */
const LASTING_IDS =
  'LG-RV-001 LG-RV-002 LG-RV-003 LG-RN-001 LG-RN-002 LG-RN-003 LG-PD-001 LG-PD-002 LG-UP-001 LG-MH-001 LG-PS-001 LG-RS-001 LG-WQ-001 LG-VG-001 LG-SUB-001'.split(
    ' ',
  );
const BOX = { west: 114.04, east: 114.4, south: 22.55, north: 22.82 };

let parts: readonly RegistryPart[];
let district: District;
let stations: readonly StationSpec[];
let downstream: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  ({ parts } = await loadSite(DEMO));
  district = districtOf(parts);
  stations = parts.filter(part => part.kind === 'station');
  const next = new Map<string, string[]>();
  for (const { from, to } of district.flow) next.set(from, [...(next.get(from) ?? []), to]);
  downstream = next;
});

describe('the demo district', () => {
  it('has the size of a district', () => {
    expect(district.basins.size).toBe(3);
    expect(district.streets.size).toBe(6);
    expect(district.communities.size).toBe(37);
    expect(stations.length).toBeGreaterThanOrEqual(115);
    expect(stations.length).toBeLessThanOrEqual(125);
    expect(parts.filter(({ kind }) => kind === 'gateway')).toHaveLength(2);
  });

  it('has an asset of every type, and a station at every type that measures', () => {
    const types = new Set([...district.assets.values()].map(({ type }) => type));
    expect([...types].sort()).toEqual(Object.keys(ASSET_TYPES).sort());
    const measured = new Set(stations.map(station => assetOf(station).type));
    // Cameras hang on gateways, and the pipes for reclaimed water are measured at their pumps.
    const unmeasured = [...types].filter(type => !measured.has(type));
    expect(unmeasured.sort()).toEqual(['replenishment_pipe', 'video_gateway']);
  });

  it('keeps the things that documentation names', () => {
    const ids = new Set<string>(parts.map(({ id }) => id));
    expect(LASTING_IDS.filter(id => !ids.has(id))).toEqual([]);
  });

  it('is simulated, and gentle enough for one process', () => {
    expect(stations.filter(({ simulated }) => simulated !== true)).toEqual([]);
    const datastreams = stations.flatMap(station => station.datastreams);
    expect(datastreams.length).toBeGreaterThanOrEqual(250);
    expect(datastreams.length).toBeLessThanOrEqual(300);
    const messagesPerS = stations
      .map(station => 1_000 / Math.min(...station.datastreams.map(({ intervalMs }) => intervalMs)))
      .reduce((sum, rate) => sum + rate, 0);
    expect(messagesPerS).toBeGreaterThan(1.5);
    expect(messagesPerS).toBeLessThan(4);
  });

  it('is written in Chinese and English', () => {
    const named = parts.filter(part => part.kind !== 'flow');
    expect(named.filter(({ name }) => !/\p{Script=Han}/u.test(name))).toEqual([]);
    // A subscriber has one name only.
    const inEnglish = named.filter(part => part.kind !== 'subscriber');
    expect(inEnglish.filter(({ nameEn }) => !/^[\p{Script=Latin} ',-]+$/u.test(nameEn ?? ''))).toEqual([]);
  });

  it('has an operator, a regulator and somebody to call for every asset and community', () => {
    const { organisations, persons, assets } = district;
    const roleOf = (id: string | undefined): string | undefined => organisations.get(id ?? '')?.role;
    const unanswered = [...assets.values()].filter(({ type, operator, regulator, responsible }) => {
      const first = persons.get(responsible[0] ?? '');
      // What the bureau answers for itself is the quality of the water.
      const caller = type === 'section' ? 'regulator' : 'operator';
      const roles = [roleOf(operator), roleOf(regulator), roleOf(first?.organisation)];
      return roles.join() !== `operator,regulator,${caller}`;
    });
    expect(unanswered).toEqual([]);
    const forCommunities = [...persons.values()].filter(({ duty }) => duty?.includes('社区') === true);
    expect(forCommunities).toHaveLength(district.communities.size);
  });
});

describe('the water of the demo district', () => {
  it('leaves every basin through one last reach, wherever it comes from', () => {
    const outlets = new Map<string, Set<string>>();
    for (const { id, type, basin } of district.assets.values()) {
      if (!DRY.has(type)) outlets.set(basin, new Set([...(outlets.get(basin) ?? []), ...endsOf(id)]));
    }
    expect(outlets).toEqual(
      new Map([
        ['longgang-river', new Set(['longgang-river-5'])],
        ['buji-river', new Set(['buji-river-4'])],
        ['guanlan-river', new Set(['guanlan-river-3'])],
      ]),
    );
    expect([...district.reaches.keys()].filter(id => endsOf(id).size !== 1)).toEqual([]);
  });

  it('runs downhill except where it is lifted', () => {
    const steps = [...district.assets.values()].flatMap(upper => {
      const from = levelOf(upper);
      if (from === undefined || LIFTING.has(upper.type)) return [];
      return nextLevels(upper.id).map(lower => ({
        way: `${upper.id} > ${lower.id}`,
        from,
        to: levelOf(lower),
      }));
    });
    expect(steps.length).toBeGreaterThan(60);
    expect(steps.filter(({ from, to }) => !(from >= (to ?? Infinity)))).toEqual([]);
  });

  it('gathers: a catchment has all of the catchments above it', () => {
    const gauges = ofType('river_gauge').map(({ id, attributes }) => ({
      id,
      own: attributes?.catchmentKm2 ?? 0,
      above: catchmentAbove(id),
    }));
    expect(gauges.filter(({ own, above }) => own <= above)).toEqual([]);
  });

  it('finds room: mains pass what is given to them, and storm pumps what their mains bring', () => {
    const pipes = ofType('pipe').map(({ id, attributes }) => ({
      id,
      passes: attributes?.designFlowM3PerS ?? 0,
      given: inflowOf(id, ({ type }) => type !== 'storage_tank' && type !== 'pump_station'),
    }));
    const pumps = ofType('pump_station').map(({ id, attributes }) => ({
      id,
      passes: (attributes?.pumpCount ?? 0) * (attributes?.pumpM3PerS ?? 0),
      given: inflowOf(id, ({ type }) => type === 'pipe'),
    }));
    // Sums of decimal fractions are off in the last digits.
    expect([...pipes, ...pumps].filter(({ passes, given }) => passes < given - 1e-9)).toEqual([]);
  });

  it('has thresholds inside the asset they are about', () => {
    const outside = stations.flatMap(station => {
      const { type, attributes, datum } = assetOf(station);
      const bottom = attributes?.bottomM ?? -Infinity;
      const top = type === 'reservoir' ? Infinity : (attributes?.groundM ?? Infinity);
      return station.datastreams
        .filter(spec => spec.datum !== undefined && spec.datum === datum)
        .flatMap(({ thresholds = {} }) =>
          Object.values(thresholds).filter(value => typeof value === 'number'),
        )
        .filter(level => level <= bottom || level > top)
        .map(level => `${station.id}: ${level}`);
    });
    expect(outside).toEqual([]);
  });

  it('leaves some limits unset, so that there is something to report', () => {
    const watched = new Set(['water_level', 'ponding_depth', 'manhole_level', 'sump_level']);
    const unset = stations.flatMap(station =>
      station.datastreams
        .filter(({ property, thresholds }) => watched.has(property) && thresholds === undefined)
        .map(spec => `${station.id}/${formatDatastreamName(spec)}`),
    );
    expect(unset.sort()).toEqual([
      'LG-FB-002/water_level.inside',
      'LG-MH-011/manhole_level',
      // Outfalls are compared with their invert.
      'LG-OF-001/water_level',
      'LG-OF-002/water_level',
      'LG-OF-003/water_level',
      'LG-PD-020/ponding_depth',
      'LG-RV-009/water_level',
    ]);
  });
});

describe('the map of the demo district', () => {
  it('is tiled by its basins without gap and overlap', () => {
    const rings = [...district.basins.values()].map(({ geometry }) => ringOf(geometry));
    const misplaced: { readonly place: Position; readonly basins: number }[] = [];
    // Places off the grid of the drawing, so that none lies on a border.
    for (let i = 0; i < 53; i += 1) {
      for (let k = 0; k < 53; k += 1) {
        const place = [
          BOX.west + ((i + 0.513) / 53) * (BOX.east - BOX.west),
          BOX.south + ((k + 0.497) / 53) * (BOX.north - BOX.south),
        ] as const;
        const basins = rings.filter(ring => isInside(place, ring)).length;
        if (basins !== 1) misplaced.push({ place, basins });
      }
    }
    expect(misplaced).toEqual([]);
    // A gap or an overlap too narrow for the grid shows in the areas: neighbours share their border point by point.
    const area = rings.reduce((sum, ring) => sum + areaOf(ring), 0);
    expect(area).toBeCloseTo((BOX.east - BOX.west) * (BOX.north - BOX.south), 9);
  });

  it('has every asset, reach and pipe inside its basin', () => {
    const drawn = [
      ...[...district.assets.values()].map(({ id, basin, latitude, longitude, geometry }) => {
        return { id, basin, places: [[longitude, latitude] as const, ...lineOf(geometry)] };
      }),
      ...[...district.reaches.values()].map(({ id, basin, geometry }) => {
        return { id, basin, places: lineOf(geometry) };
      }),
    ];
    expect(drawn.filter(({ places }) => places.length === 0)).toEqual([]);
    const outside = drawn.filter(({ basin, places }) => {
      const ring = ringOf(district.basins.get(basin)?.geometry);
      return !places.every(place => isInside(place, ring));
    });
    expect(outside).toEqual([]);
    expect(ofType('pipe').filter(({ geometry }) => geometry?.type !== 'LineString')).toEqual([]);
  });

  it('has river gauges at the end of their reach, and reaches that meet', () => {
    const atRivers = [...ofType('river_gauge'), ...ofType('section')].filter(
      ({ waterBody }) => waterBody !== 'lake',
    );
    const astray = atRivers.filter(({ reach = '', longitude, latitude }) => {
      return metresBetween(endOf(district.reaches.get(reach)), [longitude, latitude]) > 300;
    });
    expect(astray).toEqual([]);
    const apart = [...district.reaches.values()].flatMap(reach =>
      nextReaches(reach.id)
        .filter(next => !lineOf(next.geometry).some(place => metresBetween(endOf(reach), place) < 1_000))
        .map(next => `${reach.id} > ${next.id}`),
    );
    expect(apart).toEqual([]);
  });

  it('names neighbours that measure the same nearby', () => {
    const byId = new Map<string, StationSpec>(stations.map(station => [station.id, station]));
    const pairs = stations.flatMap(station =>
      (station.neighbours ?? []).map(id => ({ station, neighbour: byId.get(id) })),
    );
    expect(new Set(pairs.map(({ station }) => assetOf(station).type))).toEqual(
      new Set(['rain_gauge', 'river_gauge']),
    );
    const strange = pairs.filter(({ station, neighbour }) => {
      if (neighbour === undefined) return true;
      const [one, other] = [assetOf(station), assetOf(neighbour)];
      const metres = metresBetween([one.longitude, one.latitude], [other.longitude, other.latitude]);
      return one.type !== other.type || metres > 10_000;
    });
    expect(strange).toEqual([]);
  });

  it('has a camera that was moved', () => {
    const channels = parts.flatMap(part => (part.kind === 'gateway' ? (part.channels ?? []) : []));
    expect(channels).toHaveLength(4);
    expect(channels.filter(({ places }) => places.length === 2)).toHaveLength(1);
  });
});

function assetOf(station: StationSpec): Asset {
  const asset = district.assets.get(station.asset ?? '');
  if (asset === undefined) throw new Error(`${station.id} stands at no asset.`);
  return asset;
}

function ofType(type: AssetType): readonly Asset[] {
  return [...district.assets.values()].filter(asset => asset.type === type);
}

/** What the chosen assets directly above give at most, m³/s. */
function inflowOf(id: string, isChosen: (asset: Asset) => boolean): number {
  return district.flow
    .flatMap(({ from, to }) => (to === id ? (district.assets.get(from) ?? []) : []))
    .filter(isChosen)
    .reduce((sum, { attributes }) => sum + (attributes?.designFlowM3PerS ?? 0), 0);
}

/** Of the nearest assets upstream that have one, km². What ponds on a road is part of the sewer's catchment. */
function catchmentAbove(id: string): number {
  const above = district.flow.filter(({ to }) => to === id).map(({ from }) => from);
  return above.reduce((sum, from) => {
    const asset = district.assets.get(from);
    if (asset?.type === 'ponding_point' || asset?.type === 'underpass') return sum;
    return sum + (asset?.attributes?.catchmentKm2 ?? catchmentAbove(from));
  }, 0);
}

function levelOf({ attributes }: Asset): number | undefined {
  return attributes?.bottomM ?? attributes?.invertM;
}

/** The next assets on the way of the water that have a level. */
function nextLevels(id: string): readonly Asset[] {
  return (downstream.get(id) ?? []).flatMap(next => {
    const asset = district.assets.get(next);
    if (asset !== undefined && levelOf(asset) !== undefined) return [asset];
    return asset !== undefined && LIFTING.has(asset.type) ? [] : nextLevels(next);
  });
}

function nextReaches(id: string): readonly Reach[] {
  return (downstream.get(id) ?? []).flatMap(next => district.reaches.get(next) ?? nextReaches(next));
}

/** Where the water of a node ends, along every way. */
function endsOf(id: string): ReadonlySet<string> {
  const next = downstream.get(id);
  return next === undefined ? new Set([id]) : new Set(next.flatMap(other => [...endsOf(other)]));
}

function ringOf(geometry: Geometry | undefined): readonly Position[] {
  if (geometry?.type !== 'Polygon') throw new Error('A basin is no polygon.');
  return geometry.coordinates[0] ?? [];
}

function lineOf(geometry: Geometry | undefined): readonly Position[] {
  return geometry?.type === 'LineString' ? geometry.coordinates : [];
}

function endOf(reach: Reach | undefined): Position {
  return lineOf(reach?.geometry).at(-1) ?? [0, 0];
}

/** In square degrees. */
function areaOf(ring: readonly Position[]): number {
  let twice = 0;
  for (const [index, [x1, y1]] of ring.entries()) {
    const [x2, y2] = ring[(index + 1) % ring.length] ?? [x1, y1];
    twice += x1 * y2 - x2 * y1;
  }
  return Math.abs(twice) / 2;
}

/** Even-odd rule. */
function isInside([x, y]: Position, ring: readonly Position[]): boolean {
  let isOdd = false;
  for (const [index, [x1, y1]] of ring.entries()) {
    const [x2, y2] = ring[(index + 1) % ring.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isOdd = !isOdd;
  }
  return isOdd;
}

function metresBetween([x1, y1]: Position, [x2, y2]: Position): number {
  const eastM = (x2 - x1) * 111_320 * Math.cos((22.69 * Math.PI) / 180);
  return Math.hypot(eastM, (y2 - y1) * 110_900);
}
