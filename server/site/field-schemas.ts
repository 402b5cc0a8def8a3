import { z } from 'zod';
import { isThingId } from '../../domain/model/identifier.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { hasUnseen } from './unseen-characters.ts';

/** Checks between keys run also while single keys are wrong, so that all problems come at once. */
export const ALWAYS = { when: () => true };

/** A string; YAML makes numbers of bare digits. */
export const text = z.string({
  error: ({ input }) => (typeof input === 'number' ? 'must be a text; put a number into quotes' : undefined),
});

/** Words on one line, as people read them on a page, on a terminal and in a message. */
const words = text
  .overwrite(value => value.replaceAll(/\s+/g, ' ').trim())
  .min(1, { error: 'is empty' })
  .refine(value => !hasUnseen(value), {
    error: 'has characters that cannot be seen: control characters, or marks of the direction of writing',
  });

export const name = words.max(128);
export const datum = words.max(64);

export const thingId = text.refine(isThingId, {
  error: 'is no id: letters, digits, - and _, at most 64, and not `alerts`',
});

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const partId = text.regex(ID, { error: 'is no id: letters, digits, - and _, at most 64' });

/** Basins are a level of the alert topics. */
export const basinId = text.regex(ID, { error: 'is no basin: letters, digits, - and _, at most 64' });

const DEGREES = { latitude: 90, longitude: 180 } as const;

export const latitude = z.number().refine(value => Math.abs(value) <= DEGREES.latitude, {
  error: ({ input }) =>
    `${String(input)} is not from -90 to 90` +
    (Math.abs(Number(input)) <= DEGREES.longitude ? '; are latitude and longitude swapped?' : ''),
});

export const longitude = z.number().min(-DEGREES.longitude).max(DEGREES.longitude);

const INSTANT = { error: 'must be epoch milliseconds or a time such as 2026-06-01T00:00:00+08:00' };

/** Epoch milliseconds, or a date and time with its offset. */
export const instant = z
  .union([z.int(), z.iso.datetime({ offset: true, ...INSTANT })], INSTANT)
  .transform(value => epochMs(typeof value === 'number' ? value : Date.parse(value)));

/** A place is whole or not there. */
export function withPlace<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.superRefine((value, context) => {
    if (!isObject(value)) return;
    const given = value as { latitude?: unknown; longitude?: unknown };
    if ((given.latitude === undefined) === (given.longitude === undefined)) return;
    const path = [given.latitude === undefined ? 'latitude' : 'longitude'];
    context.addIssue({ code: 'custom', path, message: 'is missing: half a place is none' });
  }, ALWAYS);
}

/** Members that stand twice, at the later place. */
export function refuseRepeated(
  members: unknown,
  context: { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void },
): void {
  if (!Array.isArray(members)) return;
  const seen = new Map<unknown, number>();
  for (const [index, member] of members.entries()) {
    const first = seen.get(member);
    if (first === undefined) {
      seen.set(member, index);
      continue;
    }
    context.addIssue({
      code: 'custom',
      path: [index],
      message: `"${String(member)}" stands at [${first}] already`,
    });
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
