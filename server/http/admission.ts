import { AppError } from '../../domain/errors.ts';
import { STRANGER } from '../../domain/ports/identity.ts';
import type { Application, Principal } from '../application.ts';
import type { Arrival } from './arrival.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { RefusedRequest } from './refused-request.ts';
import { ROUTE_IDS, routeSpec } from './routes.ts';
import type { RouteSpec } from './routes.ts';

/** Who sent a request, and under which name it is limited and its refusals are counted. */
export interface Caller {
  readonly principal: Principal | undefined;
  /** Key of the rate limit. */
  readonly client: string;
  /** Principal of the refusal counters. */
  readonly countedAs: string;
}

/** Identifies the sender; a token or a cookie that is not valid makes a stranger. */
export function identify(application: Application, { proof, address }: Arrival): Caller {
  const principal = proof === undefined ? undefined : application.authenticate(proof);
  return principal === undefined
    ? { principal, client: `address:${address}`, countedAs: STRANGER }
    : { principal, client: principal.id, countedAs: principal.id };
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
 * Existence, then login, then role, then origin.
 *
 * @throws AppError `not_found`, `method_not_allowed`, `unauthenticated`, `forbidden` or `cross_origin`
 */
export function authorise(arrival: Arrival, caller: Caller): RouteSpec {
  if (arrival.route === undefined) throw absent(arrival);
  const spec = routeSpec(arrival.route);
  if (spec.access === 'public') {
    // Nobody shall be logged in by a page of somebody else.
    if (isUnsafe(spec) && arrival.origin === 'foreign') throw crossOrigin(caller);
    return spec;
  }
  if (caller.principal === undefined) {
    throw new AppError('unauthenticated', 'A valid bearer token or session is needed.');
  }
  if (!spec.access.includes(caller.principal.role)) {
    throw new AppError('forbidden', `The role ${caller.principal.role} may not do this.`);
  }
  // The browser adds the cookie whoever has made the request; a bearer token comes only from who has it.
  if (isUnsafe(spec) && arrival.proof?.kind === 'session' && arrival.origin !== 'same') {
    throw crossOrigin(caller);
  }
  return spec;
}

function isUnsafe({ method }: RouteSpec): boolean {
  return method !== 'GET';
}

function crossOrigin({ countedAs }: Caller): AppError {
  return new RefusedRequest(
    'cross_origin',
    'With a session this must come from a page of this server (`Sec-Fetch-Site` or `Origin`).',
    {},
    { principal: countedAs, reason: 'http_cross_origin' },
  );
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
