import { districtOf, isThing } from '../../domain/model/district.ts';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { SiteView } from '../../rules/subject.ts';

/** The parts of a site as rules see them. */
export function siteViewOf(parts: readonly RegistryPart[], version: number): SiteView {
  return {
    registry: { version, things: new Map(parts.filter(isThing).map(thing => [thing.id, thing])) },
    district: { assets: districtOf(parts).assets },
  };
}
