import { z } from 'zod';
import { problemSchema, PROBLEM_CONTENT_TYPE } from './problem.ts';
import { ROUTE_IDS, routeSpec } from './routes.ts';
import type { RouteSpec } from './routes.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

type JsonObject = Record<string, unknown>;

/** The OpenAPI 3.1 description of all routes. The same for every server of this version. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  const schemas = new SchemaCollector();
  schemas.convert(z.strictObject({ problem: problemSchema }), 'output');
  for (const id of ROUTE_IDS) {
    const spec = routeSpec(id);
    const item = (paths[spec.path] ??= {});
    item[spec.method.toLowerCase()] = operation(id, spec, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'waterwarden',
      version,
      description: 'Times are epoch milliseconds. Lists answer `{"items":[…],"next"}`; from ≤ t < to.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'Other methods than GET also need `Sec-Fetch-Site: same-origin` or our own `Origin`.',
        },
      },
      schemas: schemas.named,
    },
  };
}

function operation(id: string, spec: RouteSpec, schemas: SchemaCollector): JsonObject {
  return {
    operationId: id,
    summary: spec.summary,
    security: spec.access === 'public' ? [] : [{ bearer: [] }, { session: [] }],
    ...(spec.access === 'public' ? {} : { 'x-roles': [...spec.access] }),
    parameters: [...parameters('path', spec.params, schemas), ...parameters('query', spec.query, schemas)],
    ...(spec.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemas.convert(spec.body, 'input')) } }),
    responses: {
      [spec.status]: {
        description: spec.summary,
        ...(spec.status === 204 ? {} : { content: content(spec, schemas) }),
      },
      ...(id === 'readyz' && spec.response !== undefined
        ? { 503: { description: 'Not ready.', content: json(schemas.convert(spec.response, 'output')) } }
        : {}),
      default: {
        description: 'The request was refused or failed.',
        content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function content(spec: RouteSpec, schemas: SchemaCollector): JsonObject {
  return spec.response === undefined
    ? { [spec.contentType ?? 'text/plain']: { schema: { type: 'string' }, ...events(spec, schemas) } }
    : json(schemas.convert(spec.response, 'output'));
}

/** OpenAPI 3.1 has no words for the events of a stream: the schema of each one's data stands in an extension. */
function events(spec: RouteSpec, schemas: SchemaCollector): JsonObject {
  if (spec.events === undefined) return {};
  const data = Object.entries(spec.events).map(([name, schema]) => [name, schemas.convert(schema, 'output')]);
  return { 'x-events': Object.fromEntries(data) };
}

function parameters(
  place: 'path' | 'query',
  schema: z.ZodObject | undefined,
  schemas: SchemaCollector,
): JsonObject[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.convert(schema, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}

/** Collects the schemas that have a name of their own, so that each stands in the document once. */
class SchemaCollector {
  readonly named: Record<string, unknown> = {};

  convert(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
    const {
      $schema: _dialect,
      $defs,
      ...root
    } = z.toJSONSchema(schema, {
      io,
      // zod leaves out the default where the inner schema transforms, as all integers of a query do.
      override({ zodSchema, jsonSchema }) {
        const { def } = zodSchema._zod;
        if (def.type === 'default') jsonSchema.default = def.defaultValue;
      },
    }) as JsonObject;
    for (const [name, definition] of Object.entries(($defs ?? {}) as JsonObject)) {
      this.named[name] = this.#relocate(definition);
    }
    return this.#relocate(root) as JsonObject;
  }

  /** A `$ref` into `$defs` of a sub-schema would point nowhere in the whole document. */
  #relocate(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(entry => this.#relocate(entry));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).flatMap(([key, entry]) => {
        // zod repeats the registered name as a member `id`, which JSON Schema does not know.
        if (key === 'id' && typeof entry === 'string') return [];
        if (key === '$ref' && typeof entry === 'string') {
          return [[key, entry.replace('#/$defs/', '#/components/schemas/')]];
        }
        return [[key, this.#relocate(entry)]];
      }),
    );
  }
}
