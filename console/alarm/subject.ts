import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';

/** A datastream that is judged or read, apart from its station. */
export interface SubjectParts {
  readonly station: string;
  /** `property` or `property.instance`. */
  readonly datastream: string;
  readonly property: string;
  readonly instance: string | null;
  readonly unit: string;
}

/** Takes `station/property[.instance]` apart. */
export function subjectParts(key: string): SubjectParts {
  const slash = key.indexOf('/');
  const datastream = key.slice(slash + 1);
  const dot = datastream.indexOf('.');
  const property = dot < 0 ? datastream : datastream.slice(0, dot);
  return {
    station: key.slice(0, Math.max(0, slash)),
    datastream,
    property,
    instance: dot < 0 ? null : datastream.slice(dot + 1),
    unit: OBSERVED_PROPERTIES.get(property)?.unit ?? '1',
  };
}
