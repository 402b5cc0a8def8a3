import type { AssetAttribute, AssetType } from './asset-type.ts';
import type { ThingSpec } from './registry.ts';

/** A GeoJSON geometry (RFC 7946): positions are longitude, latitude, WGS-84, degrees. */
export type Geometry =
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'MultiLineString'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly Position[])[])[] };
export type Position = readonly [longitude: number, latitude: number];

interface Named {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
}

/** The district itself; there is one, and its id is `district`. */
export interface DistrictName extends Named {
  readonly kind: 'district';
  readonly id: 'district';
}

export const ORGANISATION_ROLES = ['regulator', 'operator', 'authority'] as const;

/** Who supervises (regulator), who runs (operator), or who governs an area (authority). */
export interface Organisation extends Named {
  readonly kind: 'organisation';
  readonly role: (typeof ORGANISATION_ROLES)[number];
}

/** Somebody who is called. The number is personal data: it leaves the registry only towards those who call. */
export interface Person extends Named {
  readonly kind: 'person';
  readonly organisation: string;
  /** What the person does there, for people. */
  readonly duty?: string;
  readonly phone?: string;
}

/** 街道 */
export interface Street extends Named {
  readonly kind: 'street';
}

/** 社区 */
export interface Community extends Named {
  readonly kind: 'community';
  readonly street: string;
}

/** 流域 */
export interface Basin extends Named {
  readonly kind: 'basin';
  readonly geometry?: Geometry;
}

/** A stretch of river between two nodes of the flow graph. */
export interface Reach extends Named {
  readonly kind: 'reach';
  readonly basin: string;
  readonly lengthM?: number;
  readonly geometry?: Geometry;
}

/** What the district owns or watches: a node of the flow graph. */
export interface Asset extends Named {
  readonly kind: 'asset';
  readonly type: AssetType;
  readonly basin: string;
  /** The river it stands at or drains to. */
  readonly reach?: string;
  readonly community: string;
  /** Organisations. */
  readonly operator: string;
  readonly regulator: string;
  /** Persons, the first to call first; never empty. */
  readonly responsible: readonly string[];
  /** WGS-84, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** What the levels among the attributes are measured from. */
  readonly datum?: string;
  /** Sizes of the asset, in the units of `ASSET_ATTRIBUTES`. */
  readonly attributes?: Readonly<Partial<Record<AssetAttribute, number>>>;
  /** Type `section` only: rivers and lakes have different limits for phosphorus and nitrogen (GB 3838-2002). */
  readonly waterBody?: 'river' | 'lake';
  /** Type `section` only: the class the water is to reach, 1 to 5. */
  readonly targetClass?: number;
  /** Type `pipe` and `replenishment_pipe` only. */
  readonly geometry?: Geometry;
}

/** Water goes from one asset or reach to another; the id is `from>to`. */
export interface FlowEdge {
  readonly kind: 'flow';
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** How long the water takes in a flood, milliseconds. */
  readonly travelTimeMs?: number;
}

/** Everything of the registry that does not connect to the broker. */
export type DistrictPart =
  DistrictName | Organisation | Person | Street | Community | Basin | Reach | Asset | FlowEdge;

/** Anything the registry keeps: versioned, and valid from an event time. */
export type RegistryPart = ThingSpec | DistrictPart;
export type PartKind = RegistryPart['kind'];

/** Things connect to the broker and share one namespace. */
export function isThing(part: RegistryPart): part is ThingSpec {
  return part.kind === 'station' || part.kind === 'gateway' || part.kind === 'subscriber';
}

/** One part, by what makes it unique. Things share one namespace; every other kind has its own. */
export interface PartKey {
  readonly kind: PartKind;
  readonly id: string;
}

/** The district of one registry version, by kind. */
export interface District {
  /** Absent where no site was applied. */
  readonly name?: DistrictName;
  readonly organisations: ReadonlyMap<string, Organisation>;
  readonly persons: ReadonlyMap<string, Person>;
  readonly streets: ReadonlyMap<string, Street>;
  readonly communities: ReadonlyMap<string, Community>;
  readonly basins: ReadonlyMap<string, Basin>;
  readonly reaches: ReadonlyMap<string, Reach>;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly flow: readonly FlowEdge[];
}

/** The district of a set of parts; things among them are left out. */
export function districtOf(parts: Iterable<RegistryPart>): District {
  let name: DistrictName | undefined;
  const district = {
    organisations: new Map<string, Organisation>(),
    persons: new Map<string, Person>(),
    streets: new Map<string, Street>(),
    communities: new Map<string, Community>(),
    basins: new Map<string, Basin>(),
    reaches: new Map<string, Reach>(),
    assets: new Map<string, Asset>(),
    flow: [] as FlowEdge[],
  };
  for (const part of parts) {
    switch (part.kind) {
      case 'district':
        name = part;
        break;
      case 'organisation':
        district.organisations.set(part.id, part);
        break;
      case 'person':
        district.persons.set(part.id, part);
        break;
      case 'street':
        district.streets.set(part.id, part);
        break;
      case 'community':
        district.communities.set(part.id, part);
        break;
      case 'basin':
        district.basins.set(part.id, part);
        break;
      case 'reach':
        district.reaches.set(part.id, part);
        break;
      case 'asset':
        district.assets.set(part.id, part);
        break;
      case 'flow':
        district.flow.push(part);
        break;
      case 'station':
      case 'gateway':
      case 'subscriber':
        break;
    }
  }
  return name === undefined ? district : { ...district, name };
}
