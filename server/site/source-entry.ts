import type { ProblemPlace } from './site-problems.ts';

/** The lists of a site folder. Datastreams stand inside their stations, or in a list of their own. */
export const LISTS = [
  'organisations',
  'persons',
  'streets',
  'communities',
  'basins',
  'reaches',
  'assets',
  'flow',
  'stations',
  'datastreams',
  'gateways',
  'subscribers',
] as const;
export type ListName = (typeof LISTS)[number];

export type Fields = Readonly<Record<string, unknown>>;

/** One entry of a list as it stands in its file, not checked yet. */
export interface SourceEntry {
  readonly list: ListName;
  readonly file: string;
  readonly value: Fields;
  /** The station of a datastream; undefined where it is not said. */
  readonly station?: string | undefined;
  /** The line of the value under these keys, from 1. */
  readonly lineOf: (keys: readonly PropertyKey[]) => number;
  /** The keys as they look in this kind of file. */
  readonly pathOf: (keys: readonly PropertyKey[]) => string;
  /** Top-level fields whose problem was told while they were read; of a row with cells too few or too many, all. */
  readonly told?: ReadonlySet<string> | 'all';
}

/** A shape and the part it belongs to, `basins` or `reaches` or `assets`. */
export interface SourceShape {
  readonly list: 'basins' | 'reaches' | 'assets';
  readonly id: string;
  readonly geometry: unknown;
  readonly place: ProblemPlace;
}

export function placeIn(entry: SourceEntry, keys: readonly PropertyKey[] = []): ProblemPlace {
  return { file: entry.file, line: entry.lineOf(keys), path: entry.pathOf(keys), id: labelOf(entry) };
}

/** What a person calls the entry. */
function labelOf({ list, value, station }: SourceEntry): string | undefined {
  if (list === 'datastreams') return station;
  return idOf(value, list);
}

/** The id of an entry; undefined where it has none. */
export function idOf(value: Fields, list: ListName): string | undefined {
  const { id, from, to } = value;
  if (list !== 'flow') return typeof id === 'string' ? id : undefined;
  return typeof from === 'string' && typeof to === 'string' ? `${from}>${to}` : undefined;
}
