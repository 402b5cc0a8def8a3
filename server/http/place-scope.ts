import { AppError } from '../../domain/errors.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { Application, Principal } from '../application.ts';
import { sortedStations } from './sorted-stations.ts';
import { basinsOf } from './station-basin.ts';
import { scopeOf } from './station-scope.ts';

/** Where a question looks. */
export interface Place {
  readonly basin?: string | undefined;
  readonly station?: string | undefined;
}

type Site = Pick<Application, 'registry' | 'district'>;

/**
 * The ids of the stations of a place that a principal may see; undefined where no station is left out, also none that
 * has left the registry.
 *
 * @throws AppError `forbidden` for a place out of scope, whether it exists or not; `not_found` for an unknown basin
 */
export function stationsInScope(
  principal: Principal,
  site: Site,
  { basin, station }: Place = {},
): readonly string[] | undefined {
  const seen = seenBy(principal, site);
  if (station !== undefined && seen?.has(station) === false) {
    throw new AppError('forbidden', `The token does not cover station "${station}".`);
  }
  const inBasin = basin === undefined ? undefined : stationsOf(site, [basin]);
  if (basin !== undefined && inBasin !== undefined) {
    const isSeen = seen === undefined || basinScopeOf(principal)?.includes(basin) === true;
    if (!isSeen && !inBasin.some(id => seen.has(id))) {
      throw new AppError('forbidden', `The token does not cover basin "${basin}".`);
    }
    // An empty list would read as "no warnings there".
    if (inBasin.length === 0 && !site.district.current().basins.has(basin)) {
      throw new AppError('not_found', `There is no basin "${basin}".`);
    }
  }
  const found = inBasin ?? (station === undefined ? undefined : [station]);
  if (found === undefined) return seen === undefined ? undefined : [...seen];
  return found.filter(id => (seen?.has(id) ?? true) && (station === undefined || id === station));
}

/** The registered stations that a principal may see, by id. */
export function visibleStations(principal: Principal, site: Site): readonly StationSpec[] {
  const seen = seenBy(principal, site);
  return sortedStations(site.registry()).filter(({ id }) => seen?.has(id) ?? true);
}

/** The basins a subscriber is held to; an empty list sets no limit (`ApiToken.scope`). */
export function basinScopeOf({ role, scope }: Principal): readonly string[] | undefined {
  return role === 'subscriber' && scope.length > 0 ? scope : undefined;
}

function seenBy(principal: Principal, site: Site): ReadonlySet<string> | undefined {
  const basins = basinScopeOf(principal);
  const stations = basins === undefined ? scopeOf(principal) : stationsOf(site, basins);
  return stations === undefined ? undefined : new Set(stations);
}

function stationsOf(site: Site, basins: readonly string[]): readonly string[] {
  const basinOf = basinsOf(site);
  return sortedStations(site.registry()).flatMap(station => {
    const basin = basinOf(station);
    return basin !== null && basins.includes(basin) ? station.id : [];
  });
}
