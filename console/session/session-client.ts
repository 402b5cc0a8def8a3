import type { SessionInfo } from '../wire.ts';

const SESSION_PATH = '/api/v1/session';
const RETRY_AFTER_DEFAULT_S = 5;

/** How an attempt to log in ended. */
export type LoginOutcome =
  | { readonly kind: 'open'; readonly session: SessionInfo }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too_often'; readonly seconds: number }
  | { readonly kind: 'unreachable' };

/** Logs in; the cookie of the session is the browser's business. Never rejects. */
export async function logIn(user: string, password: string): Promise<LoginOutcome> {
  try {
    const response = await fetch(SESSION_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password }),
    });
    if (response.ok) return { kind: 'open', session: (await response.json()) as SessionInfo };
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after') ?? RETRY_AFTER_DEFAULT_S);
      return { kind: 'too_often', seconds };
    }
    return { kind: response.status < 500 ? 'refused' : 'unreachable' };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** The session the browser has a cookie of. `ended`: there is none any more. Never rejects. */
export async function currentSession(): Promise<SessionInfo | 'ended' | 'unreachable'> {
  try {
    const response = await fetch(SESSION_PATH, { cache: 'no-store' });
    if (response.ok) return (await response.json()) as SessionInfo;
    return response.status === 401 || response.status === 403 ? 'ended' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}

/** Ends the session at the server. Never rejects: the page leaves it in any case. */
export async function logOut(): Promise<void> {
  await fetch(SESSION_PATH, { method: 'DELETE' }).catch(() => undefined);
}
