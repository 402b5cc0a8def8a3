import type { z } from 'zod';
import { didYouMean } from './nearest-name.ts';

/** One problem of a parsed value: where it is, as keys and as text, and what it is. */
export interface SchemaProblem {
  readonly keys: readonly PropertyKey[];
  readonly path: string;
  readonly message: string;
}

/** Every problem of a failed parse, each once; an unknown key is a problem of its own and names its nearest neighbour. */
export function schemaProblems(error: z.ZodError, schema?: z.ZodType): readonly SchemaProblem[] {
  const seen = new Set<string>();
  return error.issues
    .flatMap(issue => problemsOf(issue, schema))
    .filter(problem => {
      const text = `${problem.path}: ${problem.message}`;
      return seen.has(text) ? false : seen.add(text);
    });
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): readonly SchemaProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ keys: issue.path, path: pathText(issue.path), message: readable(issue.message) }];
  }
  const known = schema === undefined ? [] : keysAt(schema, issue.path);
  return issue.keys.map(key => {
    const keys = [...issue.path, key];
    return { keys, path: pathText(keys), message: `is not known.${didYouMean(key, known)}` };
  });
}

/** The parser's own words, made to follow a path; messages of a schema stay as they are. */
function readable(message: string): string {
  return message.endsWith('received undefined') ? 'is missing' : message.replace(/^Invalid input: /, '');
}

/** `mqtt.tls.port`, `stations[3].name`; the root is an empty text. */
export function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** The keys an object schema has at a path, through defaults, optionals and arrays. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let inside: unknown = schema;
  for (const key of path) {
    const { shape, element } = unwrapped(inside);
    inside = typeof key === 'number' ? element : shape?.[String(key)];
  }
  return Object.keys(unwrapped(inside).shape ?? {});
}

interface Looked {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
}

function unwrapped(schema: unknown): Looked {
  let inside = schema as (Looked & { readonly unwrap?: () => unknown }) | undefined;
  while (inside !== undefined && inside.element === undefined && typeof inside.unwrap === 'function') {
    inside = inside.unwrap() as typeof inside;
  }
  return inside ?? {};
}
