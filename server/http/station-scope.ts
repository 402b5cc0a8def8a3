import { AppError } from '../../domain/errors.ts';
import type { Principal } from '../application.ts';

/**
 * Whether a principal may see a station. Only integrators are held to a list of stations; an empty list sets no limit
 * (`ApiToken.scope`).
 */
export function inScope(principal: Principal, station: string): boolean {
  return !isScoped(principal) || principal.scope.includes(station);
}

/** The stations a principal is held to, in order; `undefined` where it may see the whole district. */
export function scopeOf(principal: Principal): readonly string[] | undefined {
  return isScoped(principal) ? [...new Set(principal.scope)].sort() : undefined;
}

function isScoped(principal: Principal): boolean {
  return principal.role === 'integrator' && principal.scope.length > 0;
}

/** @throws AppError `forbidden`, whether the station exists or not */
export function requireScope(principal: Principal, station: string): void {
  if (!inScope(principal, station)) {
    throw new AppError('forbidden', `The token does not cover station "${station}".`);
  }
}

/**
 * Refuses a question about the whole district by a principal that may only see some stations.
 *
 * @throws AppError `forbidden`
 */
export function requireScopedStation(principal: Principal, station: string | undefined): void {
  if (station !== undefined) requireScope(principal, station);
  else if (isScoped(principal)) {
    throw new AppError('forbidden', 'The token covers single stations only: ask with `station`.');
  }
}
