import { z } from 'zod';
import { ASSET_ATTRIBUTES, ASSET_TYPES, isAssetType } from '../../domain/model/asset-type.ts';
import type { AssetAttribute, AssetType } from '../../domain/model/asset-type.ts';
import { ORGANISATION_ROLES } from '../../domain/model/district.ts';
import { DAY_MS } from '../../domain/time/instant.ts';
import { didYouMean } from '../nearest-name.ts';
import {
  ALWAYS,
  basinId,
  datum,
  isObject,
  latitude,
  longitude,
  name,
  partId,
  refuseRepeated,
  text,
} from './field-schemas.ts';

const named = { id: partId, name, nameEn: name.exactOptional() };

export const organisationEntry = z.strictObject({ ...named, role: z.enum(ORGANISATION_ROLES) });

export const personEntry = z.strictObject({
  ...named,
  organisation: partId,
  duty: name.exactOptional(),
  // E.164.
  phone: text
    .regex(/^\+[1-9]\d{6,14}$/, {
      error: 'is no telephone number: + and 7 to 15 digits, such as +8675512345678',
    })
    .exactOptional(),
});

export const streetEntry = z.strictObject(named);
export const communityEntry = z.strictObject({ ...named, street: partId });
export const basinEntry = z.strictObject({ ...named, id: basinId });
export const reachEntry = z.strictObject({
  ...named,
  basin: basinId,
  lengthM: z.number().positive().exactOptional(),
});

export const flowEntry = z
  .strictObject({
    from: partId,
    to: partId,
    travelTimeMs: z
      .int()
      .min(0)
      .max(30 * DAY_MS)
      .exactOptional(),
  })
  .superRefine((edge: unknown, context) => {
    if (!isObject(edge) || typeof edge['to'] !== 'string' || edge['from'] !== edge['to']) return;
    context.addIssue({ code: 'custom', path: ['to'], message: `"${edge['to']}" is where the edge begins` });
  }, ALWAYS);

const size = z.number().exactOptional();

const SIZES = Object.fromEntries(Object.keys(ASSET_ATTRIBUTES).map(attribute => [attribute, size])) as Record<
  AssetAttribute,
  typeof size
>;

export const assetEntry = z
  .strictObject({
    ...named,
    type: text.refine(isAssetType, {
      error: ({ input }) =>
        `"${String(input)}" is no type of asset.${didYouMean(String(input), Object.keys(ASSET_TYPES))}`,
    }),
    basin: basinId,
    reach: partId.exactOptional(),
    community: partId,
    operator: partId,
    regulator: partId,
    responsible: z
      .array(partId, {
        error: ({ input }) =>
          input === undefined ? 'is missing: no asset without a responsible person' : undefined,
      })
      .min(1, { error: 'is empty: no asset without a responsible person' })
      .max(20)
      .superRefine(refuseRepeated, ALWAYS),
    latitude,
    longitude,
    datum: datum.exactOptional(),
    attributes: z.strictObject(SIZES).exactOptional(),
    waterBody: z.enum(['river', 'lake']).exactOptional(),
    targetClass: z.int().min(1).max(5).exactOptional(),
  })
  .superRefine((asset: unknown, context) => {
    if (!isObject(asset)) return;
    for (const { path, message } of [...attributeProblems(asset), ...sectionProblems(asset)]) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  }, ALWAYS);

type Fields = Readonly<Record<string, unknown>>;

interface Finding {
  readonly path: readonly string[];
  readonly message: string;
}

function attributeProblems({ type, attributes, datum: own }: Fields): readonly Finding[] {
  if (!isObject(attributes)) return [];
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    isAttribute(key) ? [{ attribute: key, value }] : [],
  );
  const problems = given.flatMap(({ attribute, value }): Finding[] => {
    const message =
      (typeof type === 'string' && isAssetType(type) ? foreignTo(type, attribute) : undefined) ??
      (typeof value === 'number' ? sizeProblem(attribute, value) : undefined);
    return message === undefined ? [] : [{ path: ['attributes', attribute], message }];
  });
  const level = given.find(({ attribute }) => ASSET_ATTRIBUTES[attribute].isLevel);
  if (level !== undefined && own === undefined) {
    const message = `is missing: "${level.attribute}" is a level, and without its datum it means nothing`;
    problems.push({ path: ['datum'], message });
  }
  return problems;
}

function foreignTo(type: AssetType, attribute: AssetAttribute): string | undefined {
  const allowed: readonly string[] = ASSET_TYPES[type].attributes;
  if (allowed.includes(attribute)) return undefined;
  return `is no attribute of a ${type} (${allowed.length === 0 ? 'it has none' : allowed.join(', ')})`;
}

function sizeProblem(attribute: AssetAttribute, value: number): string | undefined {
  if (ASSET_ATTRIBUTES[attribute].isLevel) return undefined;
  if (value < 0) return `(${value}) must not be below 0`;
  if (attribute === 'imperviousShare' && value > 1) return `(${value}) is a share from 0 to 1`;
  if (attribute === 'pumpCount' && !Number.isInteger(value)) return `(${value}) must be a whole number`;
  return undefined;
}

/** Which limits hold for a water-quality section depends on both. */
function sectionProblems(asset: Fields): readonly Finding[] {
  const { type } = asset;
  if (typeof type !== 'string' || !isAssetType(type)) return [];
  return ['waterBody', 'targetClass'].flatMap(key => {
    if ((asset[key] !== undefined) === (type === 'section')) return [];
    const message =
      type === 'section' ? 'is missing: a section has it' : `is for sections only, not for a ${type}`;
    return [{ path: [key], message }];
  });
}

function isAttribute(key: string): key is AssetAttribute {
  return Object.hasOwn(ASSET_ATTRIBUTES, key);
}
