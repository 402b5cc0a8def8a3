import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The far end of a request, behind the proxies that are believed. */
export interface ClientEnd {
  /** An IP address; undefined where the connection is gone already. */
  readonly address: string | undefined;
  /** True where the client speaks TLS. */
  readonly isSecure: boolean;
}

/**
 * Where a request comes from. What `X-Forwarded-For` and `X-Forwarded-Proto` say counts only where the connection comes
 * from a proxy of the list; anybody can write these headers.
 */
export function clientEnd(request: IncomingMessage, trustedProxies: ReadonlySet<string>): ClientEnd {
  const { remoteAddress } = request.socket;
  const isEncrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
  if (remoteAddress === undefined || !isTrusted(remoteAddress, trustedProxies)) {
    return { address: remoteAddress, isSecure: isEncrypted };
  }
  return {
    address: forwardedAddress(textOf(request.headers['x-forwarded-for']), trustedProxies) ?? remoteAddress,
    // With several proxies the first one met the client.
    isSecure: textOf(request.headers['x-forwarded-proto']).split(',', 1)[0]?.trim() === 'https',
  };
}

/** The last address of the list that no trusted proxy has; what stands before it the client may have made up. */
function forwardedAddress(forwardedFor: string, trustedProxies: ReadonlySet<string>): string | undefined {
  const addresses = forwardedFor.split(',').map(text => text.trim());
  const last = addresses.findLast(address => !isTrusted(address, trustedProxies));
  return last !== undefined && isIP(last) !== 0 ? last : undefined;
}

function isTrusted(address: string, trustedProxies: ReadonlySet<string>): boolean {
  return trustedProxies.has(address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address);
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'object' ? header.join(',') : (header ?? '');
}
