import { DEFAULT_HTTP_LIMITS } from '../http/limits.ts';
import { openApiDocument } from '../http/openapi.ts';
import { ROUTE_IDS, routeSpec } from '../http/routes.ts';
import { METRICS } from '../metrics.ts';
import { code, page, table } from './markdown.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: {
    readonly type?: string;
    readonly enum?: readonly string[];
    readonly default?: unknown;
    readonly minimum?: number;
    readonly maximum?: number;
  };
}

export function httpPage(): string {
  const limits = DEFAULT_HTTP_LIMITS;
  return page(
    'HTTP API',
    'JSON; the whole description with all bodies is [openapi.json](openapi.json), served at `/api/openapi.json`. ' +
      'Login is a bearer token of a program or the session cookie of a person (`POST /api/v1/session`); with the ' +
      'cookie, every method but `GET` also needs `Sec-Fetch-Site: same-origin` or our own `Origin`. Errors are problem details (see [errors](errors.md)). Unknown query keys are ' +
      'refused, and all problems of a request are told at once. Lists answer `{"items":[…],"next"}`; pass `next` as ' +
      '`cursor` to go on. Times are epoch milliseconds, from ≤ t < to. `HEAD` works wherever `GET` does. An ' +
      'integrator sees the stations of its scope only, a subscriber the basins of its scope.',
    `By default a client may send ${limits.requestsPerSecond} requests a second (${limits.burst} at once, ` +
      `${limits.concurrentPerClient} unanswered); over that it gets 429 with \`Retry-After\`. A body may have ` +
      `${limits.bodyBytes / 1024} KiB.`,
    table(
      ['request', 'roles', 'what'],
      ROUTE_IDS.map(id => {
        const spec = routeSpec(id);
        const roles = spec.access === 'public' ? 'no login' : spec.access.join(', ');
        return [code(`${spec.method} ${spec.path}`), roles, spec.summary];
      }),
    ),
    ...ROUTE_IDS.flatMap(parameterSection),
  );
}

const document = openApiDocument('');

function parameterSection(id: (typeof ROUTE_IDS)[number]): readonly string[] {
  const spec = routeSpec(id);
  const paths = document.paths as Record<
    string,
    Record<string, { readonly parameters: readonly Parameter[] }>
  >;
  const parameters = paths[spec.path]?.[spec.method.toLowerCase()]?.parameters ?? [];
  if (parameters.length === 0) return [];
  return [
    `## ${spec.method} ${spec.path}`,
    table(
      ['parameter', 'in', 'required', 'values', 'what'],
      parameters.map(parameter => [
        code(parameter.name),
        parameter.in,
        parameter.required ? 'yes' : 'no',
        valuesOf(parameter),
        parameter.description ?? '',
      ]),
    ),
  ];
}

function valuesOf({ schema }: Parameter): string {
  const values =
    schema.enum?.map(code).join(', ') ??
    (schema.type === 'integer' ? `integer, ${schema.minimum} … ${schema.maximum}` : (schema.type ?? ''));
  return schema.default === undefined
    ? values
    : `${values}; default ${code(JSON.stringify(schema.default).replaceAll('"', ''))}`;
}

export function metricsPage(): string {
  return page(
    'Metrics',
    '`GET /metrics` answers these in the Prometheus text format. There is no series per station; see the ledger for ' +
      'one. A metric the server has no figure for is absent.',
    table(
      ['name', 'type', 'unit', 'labels', 'what'],
      Object.entries(METRICS).map(([name, { type, unit, labels, help }]) => [
        code(name),
        type,
        unit,
        labels.map(code).join(', '),
        help,
      ]),
    ),
  );
}
