import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { RouteSpec } from './routes.ts';

export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Parses path, query and body by the schemas of the route.
 *
 * @throws AppError `invalid_request` with every problem of all three
 */
export function validateRequest(spec: RouteSpec, raw: RawRequest): RawRequest {
  const problems: string[] = [];
  const parsed: RawRequest = {
    params: spec.params === undefined ? {} : parsePart('path', spec.params, raw.params, problems),
    query: parsePart('query', spec.query, raw.query, problems),
    body: spec.body === undefined ? undefined : parsePart('body', spec.body, raw.body, problems),
  };
  if (problems.length > 0) throw new AppError('invalid_request', 'The request is invalid.', { problems });
  return parsed;
}

function parsePart(part: string, schema: z.ZodObject, raw: unknown, problems: string[]): unknown {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(`${pathOf(part, issue.path)}: ${issue.message}`);
  return undefined;
}

function pathOf(part: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`),
    part,
  );
}
