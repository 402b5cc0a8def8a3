import { isObject } from './field-schemas.ts';
import type { SiteIndex } from './site-index.ts';
import { standText } from './site-problems.ts';
import type { SiteProblems } from './site-problems.ts';
import { placeIn } from './source-entry.ts';
import type { ListName, SourceEntry } from './source-entry.ts';

/** A field that names entries of other lists: one, or a list of them. */
interface Reference {
  readonly from: ListName;
  readonly key: string;
  readonly to: readonly ListName[];
  readonly what: string;
}

const REFERENCES: readonly Reference[] = [
  { from: 'persons', key: 'organisation', to: ['organisations'], what: 'organisation' },
  { from: 'communities', key: 'street', to: ['streets'], what: 'street' },
  { from: 'reaches', key: 'basin', to: ['basins'], what: 'basin' },
  { from: 'assets', key: 'basin', to: ['basins'], what: 'basin' },
  { from: 'assets', key: 'reach', to: ['reaches'], what: 'reach' },
  { from: 'assets', key: 'community', to: ['communities'], what: 'community' },
  { from: 'assets', key: 'operator', to: ['organisations'], what: 'organisation' },
  { from: 'assets', key: 'regulator', to: ['organisations'], what: 'organisation' },
  { from: 'assets', key: 'responsible', to: ['persons'], what: 'person' },
  { from: 'flow', key: 'from', to: ['assets', 'reaches'], what: 'asset or reach' },
  { from: 'flow', key: 'to', to: ['assets', 'reaches'], what: 'asset or reach' },
  { from: 'stations', key: 'asset', to: ['assets'], what: 'asset' },
  { from: 'stations', key: 'neighbours', to: ['stations'], what: 'station' },
  { from: 'gateways', key: 'asset', to: ['assets'], what: 'asset' },
  { from: 'gateways', key: 'stations', to: ['stations'], what: 'station' },
];

/** Names of what is not there, and what stands where it contradicts something else. */
export function checkReferences(index: SiteIndex, problems: SiteProblems): void {
  for (const reference of REFERENCES) {
    for (const entry of index.entries(reference.from)) {
      for (const { id, keys } of namesIn(entry, reference.key)) {
        tellUnknown({ entry, keys, id }, reference, { index, problems });
      }
    }
  }
  checkCameras(index, problems);
  checkBasins(index, problems);
  checkSharedStations(index, problems);
  for (const station of index.entries('stations')) checkStation(station, index, problems);
}

interface Name {
  readonly entry: SourceEntry;
  readonly keys: readonly PropertyKey[];
  readonly id: string;
}

interface Site {
  readonly index: SiteIndex;
  readonly problems: SiteProblems;
}

function tellUnknown(
  { entry, keys, id }: Name,
  { to, what }: Pick<Reference, 'to' | 'what'>,
  { index, problems }: Site,
): void {
  if (index.mayHave(to, id)) return;
  problems.add(placeIn(entry, keys), `"${id}" is no ${what} of this site.${index.hint(to, id)}`);
}

function checkCameras(index: SiteIndex, problems: SiteProblems): void {
  for (const entry of index.entries('gateways')) {
    for (const [channel, { places }] of objectsIn(entry.value['channels'])) {
      for (const [place, { asset }] of objectsIn(places)) {
        if (typeof asset !== 'string') continue;
        const keys = ['channels', channel, 'places', place, 'asset'];
        tellUnknown({ entry, keys, id: asset }, { to: ['assets'], what: 'asset' }, { index, problems });
      }
    }
  }
}

/** A site without a list of basins may use any for its stations; its subscribers then read those of its stations. */
function checkBasins(index: SiteIndex, problems: SiteProblems): void {
  const isDescribed = index.entries('basins').length > 0;
  if (isDescribed) {
    const reference = { to: ['basins'], what: 'basin' } as const;
    for (const entry of [...index.entries('stations'), ...index.entries('subscribers')]) {
      for (const { id, keys } of namesIn(entry, entry.list === 'stations' ? 'basin' : 'basins')) {
        tellUnknown({ entry, keys, id }, reference, { index, problems });
      }
    }
    return;
  }
  const used = new Set(index.entries('stations').map(({ value }) => value['basin']));
  for (const entry of index.entries('subscribers')) {
    for (const { id, keys } of namesIn(entry, 'basins')) {
      if (used.has(id) || index.mayHave(['basins'], id)) continue;
      problems.add(placeIn(entry, keys), `"${id}" is the basin of no station`);
    }
  }
}

/** A station behind two gateways would have two voices for one identity. */
function checkSharedStations(index: SiteIndex, problems: SiteProblems): void {
  const seen = new Map<string, string>();
  for (const entry of index.entries('gateways')) {
    for (const { id, keys } of namesIn(entry, 'stations')) {
      const place = placeIn(entry, keys);
      const first = seen.get(id);
      if (first === undefined) seen.set(id, `${standText(place)} (${place.id ?? ''})`);
      else problems.add(place, `"${id}" stands at ${first} already`);
    }
  }
}

function checkStation(station: SourceEntry, index: SiteIndex, problems: SiteProblems): void {
  const { id, asset, basin } = station.value;
  for (const { id: neighbour, keys } of namesIn(station, 'neighbours')) {
    if (neighbour === id) problems.add(placeIn(station, keys), `"${neighbour}" is the station itself`);
  }
  const ofAsset = index.find('assets', asset)?.value['basin'];
  if (typeof basin === 'string' && typeof ofAsset === 'string' && basin !== ofAsset) {
    problems.add(placeIn(station, ['basin']), `"${basin}" is not that of its asset, "${ofAsset}"`);
  }
}

/** The names in a field, be it one or a list; other values are problems of the field itself. */
function namesIn(
  { value }: SourceEntry,
  key: string,
): readonly { readonly id: string; readonly keys: readonly PropertyKey[] }[] {
  const field = value[key];
  if (typeof field === 'string') return [{ id: field, keys: [key] }];
  if (!Array.isArray(field)) return [];
  return field.flatMap((id: unknown, index) => (typeof id === 'string' ? [{ id, keys: [key, index] }] : []));
}

function objectsIn(list: unknown): readonly (readonly [number, Readonly<Record<string, unknown>>])[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((member: unknown, index) => (isObject(member) ? [[index, member] as const] : []));
}
