import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import { schemaProblems } from '../schema-problems.ts';
import { readYamlFile } from '../yaml-file.ts';
import { gatewayEntry, stationEntry, subscriberEntry, thingOf } from './thing-schema.ts';

/** What a site folder describes. */
export interface Site {
  readonly name: string;
  /** A demo site plays with made-up data: the simulator is on, and the first password may be shown. */
  readonly isDemo: boolean;
  readonly things: readonly ThingSpec[];
}

const SITE_FILE = 'site.yaml';
const STATIONS_FILE = 'stations.yaml';

const siteSchema = z.strictObject({
  name: z.string().trim().min(1).max(128),
  nameEn: z.string().trim().min(1).max(128).optional(),
  demo: z.boolean().default(false),
});

const stationsSchema = z.strictObject({
  stations: z.array(stationEntry).default([]),
  gateways: z.array(gatewayEntry).default([]),
  subscribers: z.array(subscriberEntry).default([]),
});

/**
 * Reads a site folder: `site.yaml` and `stations.yaml`.
 *
 * @throws AppError `site_invalid` with every problem, each with its file and path
 */
export async function loadSite(folder: string): Promise<Site> {
  const problems: string[] = [];
  const site = parseFile(folder, { name: SITE_FILE, schema: siteSchema }, problems);
  const list = parseFile(folder, { name: STATIONS_FILE, schema: stationsSchema }, problems);
  problems.push(...relationProblems(list.raw).map(problem => `${STATIONS_FILE}: ${problem}`));
  if (problems.length > 0 || site.parsed === undefined || list.parsed === undefined) {
    throw new AppError('site_invalid', `The site folder ${folder} was refused.`, { problems });
  }
  const { stations, gateways, subscribers } = list.parsed;
  return {
    name: site.parsed.name,
    isDemo: site.parsed.demo,
    things: [
      ...stations.map(entry => thingOf({ kind: 'station', ...entry })),
      ...gateways.map(entry => thingOf({ kind: 'gateway', ...entry })),
      ...subscribers.map(entry => thingOf({ kind: 'subscriber', ...entry })),
    ],
  };
}

function parseFile<Schema extends z.ZodType>(
  folder: string,
  file: { readonly name: string; readonly schema: Schema },
  problems: string[],
): { readonly raw: unknown; readonly parsed: z.output<Schema> | undefined } {
  const read = readYamlFile(join(folder, file.name));
  if (read.kind === 'problems') {
    problems.push(...read.problems.map(problem => `${file.name}: ${problem}`));
    return { raw: undefined, parsed: undefined };
  }
  const result = file.schema.safeParse(read.value);
  if (result.success) return { raw: read.value, parsed: result.data };
  for (const { keys, path, message } of schemaProblems(result.error, file.schema)) {
    problems.push(`${file.name}: ${path}${idBeside(read.value, keys)} ${message}`);
  }
  return { raw: read.value, parsed: undefined };
}

/** The id of the thing a path leads into, so that a person finds it without counting. */
function idBeside(raw: unknown, keys: readonly PropertyKey[]): string {
  const [list, index] = keys;
  const entry = (raw as Record<PropertyKey, Record<PropertyKey, { id?: unknown }> | undefined>)[list ?? '']?.[
    index ?? ''
  ];
  return typeof entry?.id === 'string' ? ` (${entry.id})` : '';
}

interface RawThing {
  readonly path: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** What single entries cannot know: ids given twice, gateways of stations and subscribers of basins that are not there. */
function relationProblems(raw: unknown): readonly string[] {
  const [stations, gateways, subscribers] = ['stations', 'gateways', 'subscribers'].map(key =>
    rawThings(raw, key),
  ) as [RawThing[], RawThing[], RawThing[]];
  const stationIds = new Set(stations.map(({ entry }) => entry['id']));
  const basins = new Set(stations.map(({ entry }) => entry['basin']));
  return [
    ...duplicateIds([...stations, ...gateways, ...subscribers]),
    ...unknownMembers(gateways, { key: 'stations', known: stationIds, what: 'no station of this site' }),
    ...sharedStations(gateways),
    ...unknownMembers(subscribers, { key: 'basins', known: basins, what: 'the basin of no station' }),
  ];
}

function duplicateIds(things: readonly RawThing[]): readonly string[] {
  const seen = new Map<unknown, string>();
  return things.flatMap(({ path, entry }) => {
    const id = entry['id'];
    if (typeof id !== 'string') return [];
    const first = seen.get(id);
    if (first === undefined) seen.set(id, path);
    return first === undefined ? [] : [`${path}.id "${id}" stands at ${first} already`];
  });
}

function unknownMembers(
  owners: readonly RawThing[],
  list: { readonly key: string; readonly known: ReadonlySet<unknown>; readonly what: string },
): readonly string[] {
  return owners.flatMap(({ path, entry }) =>
    membersOf(entry, list.key).flatMap((member, index) =>
      list.known.has(member) ? [] : [`${path}.${list.key}[${index}] "${String(member)}" is ${list.what}`],
    ),
  );
}

/** A station behind two gateways would have two voices for one identity. */
function sharedStations(gateways: readonly RawThing[]): readonly string[] {
  const seen = new Map<unknown, string>();
  return gateways.flatMap(({ path, entry }) =>
    membersOf(entry, 'stations').flatMap((member, index) => {
      const place = `${path}.stations[${index}]`;
      const first = seen.get(member);
      if (first === undefined) seen.set(member, place);
      return first === undefined ? [] : [`${place} "${String(member)}" stands at ${first} already`];
    }),
  );
}

function membersOf(entry: RawThing['entry'], key: string): readonly unknown[] {
  const members = entry[key];
  return Array.isArray(members) ? members : [];
}

function rawThings(raw: unknown, key: string): RawThing[] {
  const list = (raw as Record<string, unknown> | undefined)?.[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) =>
    typeof entry === 'object' && entry !== null
      ? [{ path: `${key}[${index}]`, entry: entry as RawThing['entry'] }]
      : [],
  );
}
