/** Name of the cookie with the token of a session. */
export const SESSION_COOKIE = 'ww_session';

const SESSION_PAIR = /(?:^|;)\s*ww_session=([A-Za-z0-9_-]{43})\s*(?:;|$)/;

/** The session token of a `Cookie` header; undefined where there is none, or what stands there is no token of ours. */
export function sessionToken(cookie: string | undefined): string | undefined {
  return cookie === undefined ? undefined : SESSION_PAIR.exec(cookie)?.[1];
}

/**
 * The `Set-Cookie` of a session. No script can read it, no other site can make the browser send it, and a browser that
 * got it over TLS sends it nowhere else.
 */
export function sessionCookie(
  token: string,
  { maxAgeS, isSecure }: { readonly maxAgeS: number; readonly isSecure: boolean },
): string {
  const secure = isSecure ? '; Secure' : '';
  return `${SESSION_COOKIE}=${token}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

/** The `Set-Cookie` that makes the browser forget the session. */
export function clearedSessionCookie({ isSecure }: { readonly isSecure: boolean }): string {
  return sessionCookie('', { maxAgeS: 0, isSecure });
}
