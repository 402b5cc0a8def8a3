import { isDeepStrictEqual } from 'node:util';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { PartKey, RegistryPart } from '../../domain/model/district.ts';
import type { DatastreamSpec } from '../../domain/model/registry.ts';

/** One value that differs; what is not there on one side is undefined. */
export interface ValueChange {
  /** `datastreams.water_level.thresholds.warning` */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A part that stands on both sides and differs. */
export interface ChangedPart extends PartKey {
  readonly changes: readonly ValueChange[];
}

/** What makes one district of another; each list in the order of the parts it comes from. */
export interface SiteDiff {
  readonly added: readonly PartKey[];
  readonly changed: readonly ChangedPart[];
  readonly retired: readonly PartKey[];
}

/**
 * Compares two districts part by part. Datastreams are compared by name and channels by id, not by where they stand in
 * their list; other lists are one value each. A thing that becomes another kind of thing is retired and added.
 */
export function diffParts(current: Iterable<RegistryPart>, next: Iterable<RegistryPart>): SiteDiff {
  const before = new Map(Array.from(current, part => [keyText(part), part]));
  const after = new Map(Array.from(next, part => [keyText(part), part]));
  const added: PartKey[] = [];
  const changed: ChangedPart[] = [];
  for (const [key, part] of after) {
    const old = before.get(key);
    if (old === undefined) added.push(keyOf(part));
    else {
      const changes = valueChanges(comparable(old), comparable(part));
      if (changes.length > 0) changed.push({ ...keyOf(part), changes });
    }
  }
  const retired = [...before].flatMap(([key, part]) => (after.has(key) ? [] : [keyOf(part)]));
  return { added, changed, retired };
}

/** True where the two districts are the same. */
export function isEmpty({ added, changed, retired }: SiteDiff): boolean {
  return added.length + changed.length + retired.length === 0;
}

function keyText({ kind, id }: PartKey): string {
  return `${kind}/${id}`;
}

function keyOf({ kind, id }: PartKey): PartKey {
  return { kind, id };
}

type Fields = Readonly<Record<string, unknown>>;

/** The part with its named members under their names. */
function comparable(part: RegistryPart): Fields {
  if (part.kind === 'station') return { ...part, datastreams: byName(part.datastreams) };
  if (part.kind !== 'gateway' || part.channels === undefined) return { ...part };
  return { ...part, channels: Object.fromEntries(part.channels.map(channel => [channel.id, channel])) };
}

function byName(datastreams: readonly DatastreamSpec[]): Fields {
  return Object.fromEntries(datastreams.map(spec => [formatDatastreamName(spec), spec]));
}

function valueChanges(before: Fields, after: Fields, prefix = ''): readonly ValueChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap(key => {
    const path = `${prefix}${key}`;
    const [old, fresh] = [ownValue(before, key), ownValue(after, key)];
    if (isFields(old) && isFields(fresh)) return valueChanges(old, fresh, `${path}.`);
    return isDeepStrictEqual(old, fresh) ? [] : [{ path, before: old, after: fresh }];
  });
}

/** An id may be the name of something every object inherits, such as `constructor`. */
function ownValue(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
