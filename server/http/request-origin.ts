/** Where a request says it was made: by a page of this server, by a page of another one, or it does not say. */
export type RequestOrigin = 'same' | 'foreign' | 'unknown';

interface OriginHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/**
 * Browsers set these headers themselves, no page can forge them. `Sec-Fetch-Site` comes only over TLS or from
 * localhost; elsewhere `Origin` has to name our host.
 */
export function requestOrigin(headers: OriginHeaders): RequestOrigin {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' ? 'same' : 'foreign';
  if (headers.origin === undefined) return 'unknown';
  return isOurHost(headers.origin, headers.host) ? 'same' : 'foreign';
}

function isOurHost(origin: string, host: string | undefined): boolean {
  // `null` is the origin of a sandboxed page.
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: theirs } = new URL(origin);
  // Through the same parser, so that the default port and the case do not matter.
  const ours = `${protocol}//${host}`;
  return theirs !== '' && URL.canParse(ours) && new URL(ours).host === theirs;
}
