import type { z } from 'zod';

/** Relations are checked also while other keys are wrong, so that all problems come at once. */
function always(): boolean {
  return true;
}

/** Of each pair of keys the first number must not be above the second. */
export function atMost<Schema extends z.ZodType>(
  schema: Schema,
  pairs: readonly (readonly [small: string, large: string])[],
): Schema {
  return pairs.reduce(
    (checked, [small, large]) =>
      checked.refine(
        value => {
          const [low, high] = [valueAt(value, [small]), valueAt(value, [large])];
          return typeof low !== 'number' || typeof high !== 'number' || low <= high;
        },
        {
          path: [small],
          error: ({ input }: { readonly input?: unknown }) =>
            `is ${String(valueAt(input, [small]))}, above ${large}, which is ${String(valueAt(input, [large]))}`,
          when: always,
        },
      ),
    schema,
  );
}

/** No port may stand at two of the paths; 0 may, since each takes another free one. */
export function distinctPorts<Schema extends z.ZodType>(
  schema: Schema,
  paths: readonly (readonly string[])[],
): Schema {
  const pairs = paths.flatMap((path, index) => paths.slice(0, index).map(earlier => ({ path, earlier })));
  return pairs.reduce(
    (checked, { path, earlier }) =>
      checked.refine(
        value => {
          const taken = valueAt(value, path);
          return taken === undefined || taken === 0 || taken !== valueAt(value, earlier);
        },
        {
          path: [...path],
          error: ({ input }: { readonly input?: unknown }) =>
            `is ${String(valueAt(input, path))}, the same as ${earlier.join('.')}`,
          when: always,
        },
      ),
    schema,
  );
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' ? (inside as Record<string, unknown> | null)?.[key] : undefined,
    value,
  );
}
