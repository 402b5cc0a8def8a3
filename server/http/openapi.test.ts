import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../domain/errors.ts';
import { openApiDocument } from './openapi.ts';
import { problemAnswer, problemSchema, toProblem } from './problem.ts';
import { ROUTE_IDS, routeSpec } from './routes.ts';

type Json = Record<string, unknown>;
const document = openApiDocument('1.2.3');
const paths = document.paths as Record<string, Record<string, Json>>;

function* nodes(node: unknown): Generator<Json> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield node as Json;
  for (const child of Object.values(node)) yield* nodes(child);
}

describe('the OpenAPI description', () => {
  it('names every route with its method, and nothing else', () => {
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(
      ROUTE_IDS.map(id => `${routeSpec(id).method} ${routeSpec(id).path}`).sort(),
    );
  });

  it.each(ROUTE_IDS)('describes %s: parameters of the path, body, answer, problem and login', id => {
    const spec = routeSpec(id);
    const operation = paths[spec.path]![spec.method.toLowerCase()]!;
    const inPath = (operation.parameters as Json[]).filter(parameter => parameter.in === 'path');
    const names = [...spec.path.matchAll(/\{(\w+)\}/g)].map(match => match[1]);
    expect(inPath.map(parameter => parameter.name)).toEqual(names);
    expect(inPath.every(parameter => parameter.required === true)).toBe(true);
    expect('requestBody' in operation).toBe(spec.method === 'POST');
    const responses = operation.responses as Json;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(spec.status), 'default']));
    expect(operation.security).toEqual(spec.access === 'public' ? [] : [{ bearer: [] }, { session: [] }]);
    expect(operation.operationId).toBe(id);
  });

  it('describes the data of each event of a stream', () => {
    const { responses } = paths['/api/v1/stream']!.get as { responses: Record<string, { content: Json }> };
    expect(responses['200']!.content).toEqual({
      'text/event-stream; charset=utf-8': {
        schema: { type: 'string' },
        'x-events': {
          state: { $ref: '#/components/schemas/StreamState' },
          delta: { $ref: '#/components/schemas/StreamDelta' },
        },
      },
    });
    const { schemas } = document.components as { schemas: Record<string, Json> };
    expect(schemas['StreamDelta']!.required).toEqual([
      'now',
      'stations',
      'points',
      'alarms',
      'alarmsGone',
      'ingest',
    ]);
  });

  it('has only references that lead somewhere', () => {
    const references = [...nodes(document)].flatMap(node =>
      typeof node.$ref === 'string' ? [node.$ref] : [],
    );
    expect(references.length).toBeGreaterThan(10);
    const { schemas } = document.components as { schemas: Json };
    for (const reference of references) {
      expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(schemas).toHaveProperty(reference.split('/').at(-1)!);
    }
  });

  it('says which query keys are needed and what they mean', () => {
    const spec = routeSpec('observations');
    const parameters = paths[spec.path]!.get!.parameters as Json[];
    const from = parameters.find(parameter => parameter.name === 'from');
    expect(from).toMatchObject({ in: 'query', required: true, schema: { type: 'integer', minimum: 0 } });
    expect(from!.description).toContain('Epoch ms');
    expect(parameters.find(parameter => parameter.name === 'limit')).toMatchObject({
      required: false,
      schema: { default: 50_000, maximum: 50_000 },
    });
  });

  it('carries the version', () => {
    expect(document.info).toMatchObject({ version: '1.2.3' });
  });
});

describe('problems', () => {
  it.each(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[])('%s makes a valid problem', code => {
    const { status, body } = problemAnswer({ code, detail: 'd' });
    problemSchema.parse(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toMatchObject({ type: `urn:waterwarden:error:${code}`, status, code });
    expect(body.title).not.toBe('Error');
  });

  it.each([
    [{ statusCode: 413 }, 413, 'payload_too_large'],
    [{ statusCode: 415 }, 415, 'unsupported_media_type'],
    [{ statusCode: 418 }, 400, 'invalid_request'],
    [{ statusCode: 502 }, 500, 'internal_error'],
    ['thrown text', 500, 'internal_error'],
    [null, 500, 'internal_error'],
    [{ name: 'AppError', code: 'no_such_code', message: 'secret' }, 500, 'internal_error'],
    // From a worker: the prototype is lost on the way.
    [
      { name: 'AppError', code: 'store_unavailable', message: 'secret', retryable: true },
      503,
      'store_unavailable',
    ],
    [{ name: 'AppError', code: 'not_found', message: 'No such file.' }, 404, 'not_found'],
  ])('are made of anything that was thrown: %o', (error, status, code) => {
    const answer = toProblem(error);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('shorten long foreign text', () => {
    const { body } = problemAnswer({ code: 'invalid_request', detail: 'd', problems: ['x'.repeat(100_000)] });
    expect(body.problems[0]!.length).toBeLessThan(300);
  });
});
