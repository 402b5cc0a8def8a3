import { AppError } from '../../domain/errors.ts';
import type { RefusalReason } from '../../domain/ports/identity.ts';
import type { LoginOutcome, SessionView } from '../identity/account-service.ts';
import { SESSION_LIMITS } from '../identity/session-book.ts';
import type { Answer } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import type { Call } from './call.ts';
import { RefusedRequest } from './refused-request.ts';
import { clearedSessionCookie, sessionCookie } from './session-cookie.ts';

export async function logIn({ application, body, sender }: Call<'logIn'>): Promise<Answer> {
  const outcome = await application.accounts.login({ ...body, address: sender.address });
  return openedAnswer(outcome, sender, 'login_failed');
}

export function whoAmI({ application, principal, sender }: Call<'whoAmI'>): Answer {
  const { id, role, organisation, scope } = principal;
  const session =
    sender.proof?.kind === 'session' ? application.accounts.session(sender.proof.token) : undefined;
  if (session !== undefined) return jsonAnswer(sessionView(session));
  return jsonAnswer({
    principal: id,
    user: null,
    displayName: null,
    role,
    organisation,
    scope,
    expiresAt: null,
  });
}

export async function logOut({ application, sender }: Call<'logOut'>): Promise<Answer> {
  await application.accounts.logout(requireSession(sender));
  return { kind: 'empty', headers: { 'set-cookie': clearedSessionCookie(sender) } };
}

export async function changePassword({ application, body, sender }: Call<'changePassword'>): Promise<Answer> {
  const token = requireSession(sender);
  const outcome = await application.accounts.changePassword(token, { ...body, address: sender.address });
  return openedAnswer(outcome, sender, 'password_wrong');
}

type Sender = Call<'logIn'>['sender'];

function openedAnswer(
  outcome: LoginOutcome,
  sender: Sender,
  refusal: 'login_failed' | 'password_wrong',
): Answer {
  switch (outcome.kind) {
    case 'opened': {
      const { isSecure } = sender;
      // Whether it has ended before that, the server knows better than the browser.
      const cookie = sessionCookie(outcome.token, { maxAgeS: SESSION_LIMITS.absoluteMs / 1000, isSecure });
      return { ...jsonAnswer(sessionView(outcome.session)), headers: { 'set-cookie': cookie } };
    }
    case 'refused':
      throw new RefusedRequest(refusal, REFUSALS[refusal], {}, counted(outcome, 'login_failed'));
    case 'slowed':
      throw new RefusedRequest(
        'rate_limited',
        'Too many wrong passwords; try again later.',
        { 'retry-after': String(Math.ceil(outcome.retryAfterMs / 1000)) },
        counted(outcome, 'login_slowed'),
      );
  }
}

const REFUSALS = {
  login_failed: 'The user name or the password is wrong.',
  password_wrong: 'The current password is wrong.',
} as const;

function counted({ countedAs }: { readonly countedAs: string }, reason: RefusalReason) {
  return { principal: countedAs, reason };
}

function sessionView({ user, expiresAt }: SessionView) {
  const { name, displayName, role, organisation, scope } = user;
  return { principal: `user:${name}`, user: name, displayName, role, organisation, scope, expiresAt };
}

/** @throws AppError `conflict` where the request came with a token, which has neither session nor password */
function requireSession({ proof }: Sender): string {
  if (proof?.kind === 'session') return proof.token;
  throw new AppError('conflict', 'This request came with a bearer token, not with a session.');
}
