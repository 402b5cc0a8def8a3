import { z } from 'zod';

import type { PartKind, RegistryPart } from '../../domain/model/district.ts';
import { ENTRY_SCHEMAS } from './entry-schemas.ts';
import { isObject, name } from './field-schemas.ts';
import { lineShape, polygonShape } from './geometry-schema.ts';
import { thingSchema } from './thing-schema.ts';

/** How a part of each kind must look without its `kind` and `geometry`; things are checked as they are. */
const FIELDS: Readonly<Partial<Record<PartKind, z.ZodType>>> = {
  district: z.strictObject({ id: z.literal('district'), name, nameEn: name.exactOptional() }),
  organisation: ENTRY_SCHEMAS.organisations,
  person: ENTRY_SCHEMAS.persons,
  street: ENTRY_SCHEMAS.streets,
  community: ENTRY_SCHEMAS.communities,
  basin: ENTRY_SCHEMAS.basins,
  reach: ENTRY_SCHEMAS.reaches,
  asset: ENTRY_SCHEMAS.assets,
  flow: ENTRY_SCHEMAS.flow,
};

const shape = z.union([polygonShape, lineShape]);

/**
 * A part as it comes from another process. What stands between parts was checked there; a part that is wrong in itself
 * would be kept for ever and break whoever reads the district.
 */
export const partSchema = z
  .custom<RegistryPart>(isObject, { error: 'is no part of a district' })
  .check(ctx => {
    for (const issue of issuesOf(ctx.value)) {
      ctx.issues.push({ code: 'custom', path: [...issue.path], message: issue.message, input: ctx.value });
    }
  });

function issuesOf(part: RegistryPart): readonly Pick<z.core.$ZodIssue, 'path' | 'message'>[] {
  // Told already.
  if (!isObject(part)) return [];
  const fields = Object.hasOwn(FIELDS, part.kind) ? FIELDS[part.kind] : undefined;
  if (fields === undefined) return thingSchema.safeParse(part).error?.issues ?? [];
  const { kind, id, geometry, ...rest }: Partial<Record<string, unknown>> = { ...part };
  const own = fields.safeParse(kind === 'flow' ? rest : { id, ...rest }).error?.issues ?? [];
  const drawn = geometry === undefined ? undefined : shape.safeParse(geometry).error?.issues;
  return [...own, ...(drawn ?? []).map(({ path, message }) => ({ path: ['geometry', ...path], message }))];
}
