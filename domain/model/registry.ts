import type { EpochMs } from '../time/instant.ts';
import type { AssetType } from './asset-type.ts';
import type { ThingId } from './identifier.ts';
import type { Thresholds } from './threshold.ts';

/** A datastream as registered: what, where from, how often, and the limits of its sensor. */
export interface DatastreamSpec {
  readonly property: string;
  readonly instance?: string;
  /** Reference of a level, e.g. `1985国家高程` or `gauge zero`; required where the property is a level. */
  readonly datum?: string;
  /** How often a value is due, milliseconds. */
  readonly intervalMs: number;
  /** A condition is held over gaps up to this, milliseconds; three intervals where it is absent. */
  readonly maxGapMs?: number;
  /** Overrides the property's sensor span, in the property's unit. */
  readonly sensorSpan?: readonly [min: number, max: number];
  readonly thresholds?: Thresholds;
}

export interface StationSpec {
  readonly kind: 'station';
  readonly id: ThingId;
  readonly name: string;
  readonly nameEn?: string;
  /** What it measures at; the asset knows the people and the area. */
  readonly asset?: string;
  /** The type of the asset: what its levels can be compared with follows from it. */
  readonly assetType?: AssetType;
  /** The basin of the asset, where there is one. */
  readonly basin?: string;
  /** WGS-84, degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly simulated?: boolean;
  /** Stations that see the same water or the same rain. */
  readonly neighbours?: readonly ThingId[];
  readonly datastreams: readonly DatastreamSpec[];
}

/** Where a camera stands from a time on, until the next place or `to`. */
export interface CameraPlace {
  readonly from: EpochMs;
  readonly to?: EpochMs;
  /** WGS-84, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Where it looks, degrees clockwise from north. */
  readonly viewDirectionDeg?: number;
  /** What it looks at. */
  readonly asset?: string;
}

/** One picture source behind a video gateway. Places are in order and do not overlap: a camera can be moved. */
export interface VideoChannel {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly places: readonly CameraPlace[];
}

/** A gateway publishes for the stations on its list and for itself; a video gateway has channels. */
export interface GatewaySpec {
  readonly kind: 'gateway';
  readonly id: ThingId;
  readonly name: string;
  readonly nameEn?: string;
  readonly asset?: string;
  readonly stations: readonly ThingId[];
  readonly channels?: readonly VideoChannel[];
}

/** An account of a flood-season alert subscriber: reads the alerts of its basins. */
export interface SubscriberSpec {
  readonly kind: 'subscriber';
  readonly id: ThingId;
  readonly name: string;
  readonly basins: readonly string[];
}

/** Anything that may connect to the broker. */
export type ThingSpec = StationSpec | GatewaySpec | SubscriberSpec;

/** The registry as the broker, the ingest worker and the API see it: one consistent set of things. */
export interface Registry {
  /** Grows with every change. */
  readonly version: number;
  readonly things: ReadonlyMap<string, ThingSpec>;
}
