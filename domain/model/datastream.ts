import { OBSERVED_PROPERTIES } from './observed-property.ts';

/** What a datastream measures at its station: a property and, where a station has several, an instance. */
export interface DatastreamName {
  readonly property: string;
  /** Absent when the station has only one of the property. */
  readonly instance?: string;
}

const INSTANCE = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads `property` or `property.instance` as it stands in a payload and in an HTTP path.
 * `undefined` when the property is unknown or the instance is malformed.
 */
export function parseDatastreamName(text: string): DatastreamName | undefined {
  const dot = text.indexOf('.');
  const property = dot < 0 ? text : text.slice(0, dot);
  if (!OBSERVED_PROPERTIES.has(property)) return undefined;
  if (dot < 0) return { property };
  const instance = text.slice(dot + 1);
  return INSTANCE.test(instance) ? { property, instance } : undefined;
}

export function formatDatastreamName(name: DatastreamName): string {
  return name.instance === undefined ? name.property : `${name.property}.${name.instance}`;
}
