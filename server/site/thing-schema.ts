import { z } from 'zod';
import { isAssetType } from '../../domain/model/asset-type.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import { datastream } from './datastream-schema.ts';
import {
  ALWAYS,
  basinId,
  instant,
  isObject,
  latitude,
  longitude,
  name,
  partId,
  refuseRepeated,
  thingId,
  withPlace,
} from './field-schemas.ts';

/** Datastreams of one station. */
export const DATASTREAMS_MAX = 500;

const stationFields = {
  id: thingId,
  name,
  nameEn: name.exactOptional(),
  asset: partId.exactOptional(),
  basin: basinId.exactOptional(),
  latitude: latitude.exactOptional(),
  longitude: longitude.exactOptional(),
  simulated: z.boolean().exactOptional(),
  neighbours: z.array(thingId).max(100).superRefine(refuseRepeated, ALWAYS).exactOptional(),
};

const cameraPlace = z.strictObject({
  from: instant,
  to: instant.exactOptional(),
  latitude,
  longitude,
  viewDirectionDeg: z.number().min(0).max(360).exactOptional(),
  asset: partId.exactOptional(),
});

const videoChannel = z.strictObject({
  id: partId,
  name,
  nameEn: name.exactOptional(),
  places: z.array(cameraPlace).min(1).max(1_000).superRefine(refuseOverlap),
});

const gatewayFields = {
  id: thingId,
  name,
  nameEn: name.exactOptional(),
  asset: partId.exactOptional(),
  stations: z.array(thingId).max(10_000),
  channels: z.array(videoChannel).min(1).max(1_000).superRefine(refuseSameChannel, ALWAYS).exactOptional(),
};

const subscriberFields = { id: thingId, name, basins: z.array(basinId).min(1).max(1_000) };

/** A station as it stands in a site folder, without its datastreams: those may stand in another file. */
export const stationEntry = withPlace(z.strictObject(stationFields));
export const gatewayEntry = z.strictObject(gatewayFields);
export const subscriberEntry = z.strictObject(subscriberFields);

/** Any thing with its kind, as it comes over the control socket. */
export const thingSchema: z.ZodType<ThingSpec> = z.discriminatedUnion('kind', [
  withPlace(
    z.strictObject({
      kind: z.literal('station'),
      ...stationFields,
      // Of its asset: no site folder says it twice.
      assetType: z.string().refine(isAssetType, { error: 'is no type of asset' }).exactOptional(),
      datastreams: z.array(datastream).min(1).max(DATASTREAMS_MAX).superRefine(refuseSameDatastream, ALWAYS),
    }),
  ),
  z.strictObject({ kind: z.literal('gateway'), ...gatewayFields }),
  z.strictObject({ kind: z.literal('subscriber'), ...subscriberFields }),
]);

interface Context {
  addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void;
}

function refuseSameDatastream(specs: unknown, context: Context): void {
  refuseSame(specs, { context, nameOf: datastreamNameOf, remedy: 'give each its own instance' });
}

function refuseSameChannel(channels: unknown, context: Context): void {
  refuseSame(channels, {
    context,
    nameOf: channel => (typeof channel['id'] === 'string' ? channel['id'] : undefined),
    remedy: 'give each its own id',
  });
}

function refuseSame(
  members: unknown,
  by: {
    readonly context: Context;
    readonly nameOf: (member: Readonly<Record<string, unknown>>) => string | undefined;
    readonly remedy: string;
  },
): void {
  if (!Array.isArray(members)) return;
  const seen = new Map<string, number>();
  for (const [index, member] of members.entries()) {
    const own = isObject(member) ? by.nameOf(member) : undefined;
    if (own === undefined) continue;
    const first = seen.get(own);
    if (first === undefined) seen.set(own, index);
    else {
      const message = `"${own}" stands at [${first}] already; ${by.remedy}`;
      by.context.addIssue({ code: 'custom', path: [index], message });
    }
  }
}

/** `property` or `property.instance` of what may be a datastream; undefined where it has no property. */
export function datastreamNameOf(spec: Readonly<Record<string, unknown>>): string | undefined {
  const { property, instance } = spec;
  if (typeof property !== 'string') return undefined;
  return formatDatastreamName(typeof instance === 'string' ? { property, instance } : { property });
}

/** A camera is at one place at a time. */
function refuseOverlap(places: readonly z.output<typeof cameraPlace>[], context: Context): void {
  for (const [index, { from, to }] of places.entries()) {
    const next = places[index + 1];
    if (to !== undefined && to <= from) {
      context.addIssue({ code: 'custom', path: [index, 'to'], message: 'must be after `from`' });
    }
    if (next === undefined) continue;
    const path = [index + 1, 'from'];
    if (next.from <= from) {
      context.addIssue({
        code: 'custom',
        path,
        message: 'must be after that of the place before: places in order',
      });
    } else if (to !== undefined && next.from < to) {
      context.addIssue({
        code: 'custom',
        path,
        message: 'lies before the end of the place before: places overlap',
      });
    }
  }
}
