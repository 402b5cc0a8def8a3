import { z } from 'zod';
import { formatDatastreamName, parseDatastreamName } from '../../domain/model/datastream.ts';
import { isThingId } from '../../domain/model/identifier.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import { didYouMean } from '../nearest-name.ts';
import { withoutUndefined } from '../without-undefined.ts';

/** The shortest and the longest time between two values that are due. */
const INTERVAL_MS = { min: 1_000, max: 31 * 86_400_000 } as const;

/** Checks between keys run also while single keys are wrong, so that all problems come at once. */
const ALWAYS = { when: () => true };

const thingId = z
  .string()
  .refine(isThingId, { error: 'is no id: letters, digits, - and _, at most 64, and not `alerts`' });

/** Basins are a level of the alert topics. */
const basin = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
  error: 'is no basin: letters, digits, - and _, at most 64',
});

const name = z.string().trim().min(1).max(128);

const datastream = z
  .strictObject({
    property: z.string().refine(property => OBSERVED_PROPERTIES.has(property), {
      error: ({ input }) =>
        `"${String(input)}" is no observed property.${didYouMean(String(input), OBSERVED_PROPERTIES.keys())}`,
    }),
    instance: z
      .string({ error: 'must be a text; put a number into quotes' })
      // The rule for instances is the same whatever the property.
      .refine(text => parseDatastreamName(`rainfall.${text}`) !== undefined, {
        error: 'is no instance: letters, digits, - and _, at most 32',
      })
      .optional(),
    datum: z.string().trim().min(1).max(64).optional(),
    intervalMs: z.int().min(INTERVAL_MS.min).max(INTERVAL_MS.max),
    sensorSpan: z
      .tuple([z.number(), z.number()])
      .refine(([min, max]) => min < max, {
        error: ({ input }) => `must go from low to high, but is ${JSON.stringify(input)}`,
      })
      .optional(),
  })
  .superRefine((spec, context) => {
    if (!isObject(spec) || spec.datum !== undefined) return;
    if (OBSERVED_PROPERTIES.get(spec.property)?.needsDatum !== true) return;
    const message = `is missing: "${spec.property}" is a level, and without its datum it means nothing`;
    context.addIssue({ code: 'custom', path: ['datum'], message });
  }, ALWAYS);

const stationFields = {
  id: thingId,
  name,
  nameEn: name.optional(),
  basin: basin.optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  simulated: z.boolean().optional(),
  datastreams: z.array(datastream).min(1).max(500).superRefine(refuseDuplicates, ALWAYS),
};
const gatewayFields = { id: thingId, name, nameEn: name.optional(), stations: z.array(thingId).max(10_000) };
const subscriberFields = { id: thingId, name, basins: z.array(basin).min(1).max(1_000) };

/** A station as it stands in a site folder. */
export const stationEntry = withPlace(z.strictObject(stationFields));
export const gatewayEntry = z.strictObject(gatewayFields);
export const subscriberEntry = z.strictObject(subscriberFields);

/** Any thing with its kind, as it comes over the control socket. */
export const thingSchema = z.discriminatedUnion('kind', [
  withPlace(z.strictObject({ kind: z.literal('station'), ...stationFields })),
  z.strictObject({ kind: z.literal('gateway'), ...gatewayFields }),
  z.strictObject({ kind: z.literal('subscriber'), ...subscriberFields }),
]);

/** The parsed thing as the model has it: what is not there is absent, not undefined. */
export function thingOf(parsed: z.output<typeof thingSchema>): ThingSpec {
  switch (parsed.kind) {
    case 'station': {
      const { datastreams, ...rest } = parsed;
      const station = {
        ...withoutUndefined(rest),
        datastreams: datastreams.map(spec => withoutUndefined(spec)),
      };
      return station;
    }
    case 'gateway':
      return withoutUndefined(parsed);
    case 'subscriber':
      return withoutUndefined(parsed);
  }
}

function withPlace<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.superRefine((value, context) => {
    if (!isObject(value)) return;
    const { latitude, longitude } = value as { latitude?: unknown; longitude?: unknown };
    if ((latitude === undefined) === (longitude === undefined)) return;
    const path = [latitude === undefined ? 'latitude' : 'longitude'];
    context.addIssue({ code: 'custom', path, message: 'is missing: half a place is none' });
  }, ALWAYS);
}

function refuseDuplicates(
  specs: readonly (z.output<typeof datastream> | null | undefined)[],
  context: { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void },
): void {
  if (!Array.isArray(specs)) return;
  const seen = new Map<string, number>();
  for (const [index, spec] of specs.entries()) {
    if (typeof spec?.property !== 'string') continue;
    const text = formatDatastreamName(spec);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, index);
    else {
      const message = `"${text}" stands at [${first}] already; give each its own instance`;
      context.addIssue({ code: 'custom', path: [index], message });
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
