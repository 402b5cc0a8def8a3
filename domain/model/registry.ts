import type { ThingId } from './identifier.ts';

/** A datastream as registered: what, where from, how often, and the limits of its sensor. */
export interface DatastreamSpec {
  readonly property: string;
  readonly instance?: string;
  /** Reference of a level, e.g. `1985国家高程` or `gauge zero`; required where the property is a level. */
  readonly datum?: string;
  /** How often a value is due, milliseconds. */
  readonly intervalMs: number;
  /** Overrides the property's sensor span, in the property's unit. */
  readonly sensorSpan?: readonly [min: number, max: number];
}

export interface StationSpec {
  readonly kind: 'station';
  readonly id: ThingId;
  readonly name: string;
  readonly nameEn?: string;
  readonly basin?: string;
  /** WGS-84, degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly simulated?: boolean;
  readonly datastreams: readonly DatastreamSpec[];
}

/** A gateway publishes for the stations on its list and for itself. */
export interface GatewaySpec {
  readonly kind: 'gateway';
  readonly id: ThingId;
  readonly name: string;
  readonly nameEn?: string;
  readonly stations: readonly ThingId[];
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
