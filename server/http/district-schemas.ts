import { z } from 'zod';

import { ASSET_TYPES } from '../../domain/model/asset-type.ts';
import type { AssetType } from '../../domain/model/asset-type.ts';
import { ORGANISATION_ROLES } from '../../domain/model/district.ts';

const named = { id: z.string(), name: z.string(), nameEn: z.string().nullable() };

const geometry = z
  .looseObject({
    type: z.enum(['LineString', 'MultiLineString', 'Polygon', 'MultiPolygon']),
    coordinates: z.array(z.unknown()),
  })
  .nullable()
  .describe('GeoJSON, WGS-84.');

const asset = z
  .strictObject({
    ...named,
    type: z.enum(Object.keys(ASSET_TYPES) as [AssetType, ...AssetType[]]),
    basin: z.string(),
    reach: z.string().nullable(),
    community: z.string(),
    operator: z.string(),
    regulator: z.string(),
    responsible: z.array(z.string()).describe('Persons, the first to call first.'),
    latitude: z.number().describe('WGS-84, degrees.'),
    longitude: z.number().describe('WGS-84, degrees.'),
    datum: z.string().nullable(),
    attributes: z.record(z.string(), z.number()).describe('Sizes; the unit stands in the name.'),
    waterBody: z.enum(['river', 'lake']).nullable(),
    targetClass: z.int().nullable().describe('Target class of a water-quality section, 1 to 5.'),
    geometry,
  })
  .meta({ id: 'Asset' });
export type AssetView = z.output<typeof asset>;

export const districtResponse = z
  .strictObject({
    version: z.int().describe('The registry version this is; it grows with every change.'),
    name: z.string().nullable(),
    nameEn: z.string().nullable(),
    organisations: z.array(z.strictObject({ ...named, role: z.enum(ORGANISATION_ROLES) })),
    persons: z.array(z.strictObject({ ...named, organisation: z.string(), duty: z.string().nullable() })),
    streets: z.array(z.strictObject(named)),
    communities: z.array(z.strictObject({ ...named, street: z.string() })),
    basins: z.array(z.strictObject({ ...named, geometry })),
    reaches: z.array(
      z.strictObject({ ...named, basin: z.string(), lengthM: z.number().nullable(), geometry }),
    ),
    assets: z.array(asset),
    flow: z.array(
      z.strictObject({
        from: z.string().describe('An asset or a reach.'),
        to: z.string(),
        travelTimeMs: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'District' });
export type DistrictView = z.output<typeof districtResponse>;
