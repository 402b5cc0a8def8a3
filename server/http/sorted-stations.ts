import type { Registry, StationSpec } from '../../domain/model/registry.ts';

/** Sorting 20,000 ids takes longer than answering a page of them; the set of things of one version never changes. */
const sortedByRegistry = new WeakMap<Registry['things'], readonly StationSpec[]>();

/** The registered stations by id. */
export function sortedStations({ things }: Registry): readonly StationSpec[] {
  const known = sortedByRegistry.get(things);
  if (known !== undefined) return known;
  const stations = [...things.values()].filter(thing => thing.kind === 'station');
  // By code unit, as the cursor compares.
  stations.sort((a, b) => (a.id < b.id ? -1 : 1));
  sortedByRegistry.set(things, stations);
  return stations;
}
