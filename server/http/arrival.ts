import type { FastifyRequest } from 'fastify';
import type { Proof } from '../principal.ts';
import { bearerToken } from './bearer-token.ts';
import { clientAddress } from './client-address.ts';
import { clientEnd } from './client-end.ts';
import { requestOrigin } from './request-origin.ts';
import type { RequestOrigin } from './request-origin.ts';
import type { RouteId } from './routes.ts';
import { sessionToken } from './session-cookie.ts';

/** A request as far as it is known before its body is read. */
export interface Arrival {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly proof: Proof | undefined;
  /** As `clientAddress` writes it. */
  readonly address: string;
  /** True where it came over TLS. */
  readonly isSecure: boolean;
  readonly origin: RequestOrigin;
  /** Absent when no route has this path and method. */
  readonly route: RouteId | undefined;
}

export function arrivalOf(request: FastifyRequest, trustedProxies: ReadonlySet<string>): Arrival {
  const { headers } = request;
  const { address, isSecure } = clientEnd(request.raw, trustedProxies);
  return {
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    proof: proofOf(headers),
    address: clientAddress(address),
    isSecure,
    origin: requestOrigin(headers),
    route: request.routeOptions.config.routeId,
  };
}

/** A bearer token wins: a program that sends one means it, the cookie the browser adds by itself. */
function proofOf(headers: FastifyRequest['headers']): Proof | undefined {
  const bearer = bearerToken(headers.authorization);
  if (bearer !== undefined) return { kind: 'bearer', token: bearer };
  const session = sessionToken(headers.cookie);
  return session === undefined ? undefined : { kind: 'session', token: session };
}
