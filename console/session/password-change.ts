const PASSWORD_PATH = '/api/v1/session/password';
const RETRY_AFTER_DEFAULT_S = 5;

/** How an attempt to change one's own password ended. */
export type PasswordOutcome =
  | { readonly kind: 'changed' }
  /** The current password is wrong. */
  | { readonly kind: 'wrong' }
  /** The new password is too short or too long. */
  | { readonly kind: 'unfit' }
  | { readonly kind: 'too_often'; readonly seconds: number }
  /** There is no session any more. */
  | { readonly kind: 'ended' }
  /** The server answered, but with nothing of the above. */
  | { readonly kind: 'failed'; readonly status: number }
  | { readonly kind: 'unreachable' };

/** Changes the password of whoever has logged in; the server then gives the browser a new session. Never rejects. */
export async function changePassword(current: string, next: string): Promise<PasswordOutcome> {
  try {
    const response = await fetch(PASSWORD_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ current, next }),
    });
    return await outcomeOf(response);
  } catch {
    return { kind: 'unreachable' };
  }
}

async function outcomeOf(response: Response): Promise<PasswordOutcome> {
  const { ok, status, headers } = response;
  if (ok) return { kind: 'changed' };
  if (status === 400) return { kind: 'unfit' };
  if (status === 401) return { kind: 'ended' };
  if (status === 429) {
    return { kind: 'too_often', seconds: Number(headers.get('retry-after') ?? RETRY_AFTER_DEFAULT_S) };
  }
  // Behind a proxy that hides the host, a right password is answered with 403 too, under another code.
  const code = status === 403 ? ((await response.json()) as { readonly code?: string }).code : undefined;
  return code === 'password_wrong' ? { kind: 'wrong' } : { kind: 'failed', status };
}
