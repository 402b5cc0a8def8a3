import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { RegistryPart } from '../../domain/model/district.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { datastreamsByStation } from './check-datastreams.ts';
import type { Shapes } from './check-places.ts';
import type { ENTRY_SCHEMAS } from './entry-schemas.ts';
import type { SiteIndex } from './site-index.ts';
import { order } from './site-problems.ts';
import type { ListName, SourceEntry } from './source-entry.ts';

/** What the schema of an entry's list made of it. */
export type Parsed = ReadonlyMap<SourceEntry, unknown>;

type Entry<List extends ListName> = z.output<(typeof ENTRY_SCHEMAS)[List]>;

/** The parts of a site without problems, as the model has them: by kind, and by id within a kind. */
export function assembleParts(index: SiteIndex, parsed: Parsed, shapes: Shapes): readonly RegistryPart[] {
  const entries = <List extends ListName>(list: List): readonly Entry<List>[] =>
    index.entries(list).map(entry => parsed.get(entry) as Entry<List>);
  const withShape = <Part extends { readonly id: string }>(list: ListName, part: Part): Part => {
    const geometry = shapes.get(`${list}/${part.id}`);
    return geometry === undefined ? part : { ...part, geometry };
  };
  const assets = new Map(entries('assets').map(asset => [asset.id, asset]));
  const datastreams = datastreamsByStation(index);
  const station = (entry: Entry<'stations'>): StationSpec => {
    const asset = assets.get(entry.asset ?? '');
    const basin = entry.basin ?? asset?.basin;
    const place = entry.latitude === undefined ? asset : entry;
    return {
      kind: 'station',
      ...entry,
      ...(asset === undefined ? {} : { assetType: asset.type }),
      ...(basin === undefined ? {} : { basin }),
      ...(place?.latitude === undefined || place.longitude === undefined
        ? {}
        : { latitude: place.latitude, longitude: place.longitude }),
      datastreams: (datastreams.get(entry.id) ?? []).map(own => parsed.get(own) as Entry<'datastreams'>),
    };
  };
  const kinds: readonly (readonly RegistryPart[])[] = [
    entries('organisations').map(entry => ({ kind: 'organisation' as const, ...entry })),
    entries('persons').map(entry => ({ kind: 'person' as const, ...entry })),
    entries('streets').map(entry => ({ kind: 'street' as const, ...entry })),
    entries('communities').map(entry => ({ kind: 'community' as const, ...entry })),
    entries('basins').map(entry => withShape('basins', { kind: 'basin' as const, ...entry })),
    entries('reaches').map(entry => withShape('reaches', { kind: 'reach' as const, ...entry })),
    entries('assets').map(entry => withShape('assets', { kind: 'asset' as const, ...entry })),
    entries('flow').map(entry => ({ kind: 'flow' as const, id: `${entry.from}>${entry.to}`, ...entry })),
    entries('stations').map(station),
    entries('gateways').map(entry => ({ kind: 'gateway' as const, ...entry })),
    entries('subscribers').map(entry => ({ kind: 'subscriber' as const, ...entry })),
  ];
  return kinds.flatMap(parts => parts.toSorted((a, b) => order(a.id, b.id)));
}

/** SHA-256 over the parts, whatever the order in which their fields were written; hexadecimal. */
export function digestOf(parts: readonly RegistryPart[]): string {
  const text = JSON.stringify(parts, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => order(a, b)))
      : value,
  );
  return createHash('sha256').update(text).digest('hex');
}
