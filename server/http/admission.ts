import { AppError } from '../../domain/errors.ts';
import { STRANGER } from '../../domain/ports/identity.ts';
import type { Application, Principal } from '../application.ts';
import { bearerToken } from './bearer-token.ts';
import { clientAddress } from './client-address.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { ROUTE_IDS, routeSpec } from './routes.ts';
import type { RouteId, RouteSpec } from './routes.ts';

/** A request as far as it is known before its body is read. */
export interface Arrival {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly remoteAddress: string | undefined;
  /** Absent when no route has this path and method. */
  readonly route: RouteId | undefined;
}

/** Who sent a request, and under which name it is limited and its refusals are counted. */
export interface Caller {
  readonly principal: Principal | undefined;
  /** Key of the rate limit. */
  readonly client: string;
  /** Principal of the refusal counters. */
  readonly countedAs: string;
}

/** Identifies the sender; a token that is not valid makes a stranger. */
export function identify(application: Application, arrival: Arrival): Caller {
  const token = bearerToken(arrival.authorization);
  const principal = token === undefined ? undefined : application.authenticate(token);
  return principal === undefined
    ? { principal, client: `address:${clientAddress(arrival.remoteAddress)}`, countedAs: STRANGER }
    : { principal, client: principal.id, countedAs: principal.id };
}

/** An error with headers of its own for the answer. */
export class RefusedRequest extends AppError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: 'rate_limited' | 'method_not_allowed' | 'shutting_down',
    message: string,
    headers: Readonly<Record<string, string>>,
  ) {
    super(code, message, { retryable: code !== 'method_not_allowed' });
    this.headers = headers;
  }
}

/**
 * Takes one token of the client's bucket. The caller must `release` when the answer is out.
 *
 * @throws RefusedRequest `rate_limited`
 */
export function enforceRate(limiter: RateLimiter, caller: Caller): void {
  const waitMs = limiter.acquire(caller.client);
  if (waitMs === 0) return;
  throw new RefusedRequest('rate_limited', 'Too many requests from this client; try again later.', {
    'retry-after': String(Math.ceil(waitMs / 1000)),
  });
}

/**
 * Existence, then login, then role.
 *
 * @throws AppError `not_found`, `method_not_allowed`, `unauthenticated` or `forbidden`
 */
export function authorise(arrival: Arrival, caller: Caller): RouteSpec {
  if (arrival.route === undefined) throw absent(arrival);
  const spec = routeSpec(arrival.route);
  if (spec.access === 'public') return spec;
  if (caller.principal === undefined) {
    throw new AppError('unauthenticated', 'A valid bearer token is needed.');
  }
  if (!spec.access.includes(caller.principal.role)) {
    throw new AppError('forbidden', `The role ${caller.principal.role} may not do this.`);
  }
  return spec;
}

function absent({ method, path }: Arrival): AppError {
  const allowed = methodsOf(path);
  if (allowed.length === 0) return new AppError('not_found', 'There is nothing at this path.');
  return new RefusedRequest('method_not_allowed', `The path does not have the method ${method}.`, {
    allow: allowed.join(', '),
  });
}

const PATHS = ROUTE_IDS.map(id => {
  const { path, method } = routeSpec(id);
  return { pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`), method };
});

function methodsOf(path: string): readonly string[] {
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).flatMap(({ method }) =>
    method === 'GET' ? ['GET', 'HEAD'] : [method],
  );
  return [...new Set(methods)];
}
