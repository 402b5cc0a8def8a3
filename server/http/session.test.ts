import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe, ProbeRequest } from '../../test/harness/http-probe.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { createTestAccounts } from '../../test/harness/test-accounts.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';

const SESSION = '/api/v1/session';
const PASSWORD = 'a password of li';
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };

let application: FakeApplication;
let clock: ManualClock;
let probe: HttpProbe;

beforeEach(async () => {
  application = createFakeApplication();
  clock = new ManualClock();
  application.accounts = createTestAccounts({ clock });
  await application.accounts.addUser(SYSTEM_PRINCIPAL, {
    name: 'li',
    displayName: '李伟',
    role: 'duty',
    organisation: 'district',
    password: PASSWORD,
  });
  probe = await startHttpProbe(application, { trustedProxies: ['127.0.0.1'] });
});
afterEach(() => probe.server.stop());

const logIn = (given: object = {}, headers: Record<string, string> = {}) =>
  probe.ask(SESSION, { method: 'POST', json: { user: 'li', password: PASSWORD, ...given }, headers });

/** A logged-in browser: its requests carry the cookie. */
async function browser() {
  const answer = await logIn();
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  return (path: string, { headers, ...request }: ProbeRequest = {}) =>
    probe.ask(path, { ...request, headers: { cookie, ...headers } });
}

describe('POST /api/v1/session', () => {
  it('answers who has logged in and sets the cookie', async () => {
    const answer = await logIn();
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      principal: 'user:li',
      user: 'li',
      displayName: '李伟',
      role: 'duty',
      organisation: 'district',
      scope: [],
      expiresAt: clock.now() + 12 * 3_600_000,
    });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^ww_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('marks the cookie Secure where a trusted proxy says that the client speaks TLS', async () => {
    const secure = await logIn({}, { 'x-forwarded-proto': 'https' });
    expect(secure.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  it.each([{ password: 'wrong' }, { user: 'nobody' }, { user: 'Li' }, { user: '__proto__' }])(
    'answers %o with the same 401, and no cookie',
    async given => {
      const answer = await logIn(given);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({
        type: 'urn:waterwarden:error:login_failed',
        title: 'Unauthorized',
        status: 401,
        detail: 'The user name or the password is wrong.',
        code: 'login_failed',
        problems: [],
      });
      expect(answer.headers.get('set-cookie')).toBeNull();
    },
  );

  it('counts a wrong password under the user it was for, once', async () => {
    await logIn({ password: 'wrong' });
    await logIn({ user: 'nobody' });
    expect(application.asked.refusals).toEqual(['user:li login_failed', '- login_failed']);
  });

  it('answers 429 with the time to wait where too many were wrong, and counts it', async () => {
    for (let n = 0; n < 10; n += 1) await logIn({ password: 'wrong' });
    application.asked.refusals.length = 0;
    const answer = await logIn();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('30');
    expect(answer.body).toMatchObject({ code: 'rate_limited' });
    expect(application.asked.refusals).toEqual(['user:li login_slowed']);
    clock.advance(31_000);
    expect((await logIn()).status).toBe(200);
  });

  it('slows each address behind a trusted proxy by itself', async () => {
    const from = (address: string, user: string) =>
      logIn({ user, password: 'wrong' }, { 'x-forwarded-for': address });
    for (let n = 0; n < 20; n += 1) await from('203.0.113.1', `user-${n}`);
    expect((await from('203.0.113.1', 'one-more')).status).toBe(429);
    expect((await from('203.0.113.2', 'one-more')).status).toBe(401);
  });

  it.each([
    [{ user: '' }, 'body.user'],
    [{ user: 'x'.repeat(65) }, 'body.user'],
    [{ password: '' }, 'body.password'],
    [{ password: 5 }, 'body.password'],
    [{ remember: true }, 'body'],
  ])('refuses %o and says why', async (given, place) => {
    const answer = await logIn(given);
    expect(answer.status).toBe(400);
    expect(answer.body.problems).toEqual([expect.stringContaining(place)]);
    expect(answer.text).not.toContain(PASSWORD);
  });

  it('logs nobody in for the page of somebody else', async () => {
    const answer = await logIn({}, { 'sec-fetch-site': 'cross-site' });
    expect([answer.status, answer.body.code]).toEqual([403, 'cross_origin']);
    expect(application.asked.refusals).toEqual(['- http_cross_origin']);
    expect((await logIn({}, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await logIn({}, { origin: probe.url })).status).toBe(200);
  });

  it('changes the user in a browser that has a session already', async () => {
    await application.accounts.addUser(SYSTEM_PRINCIPAL, {
      name: 'wang',
      role: 'viewer',
      password: PASSWORD,
    });
    const ask = await browser();
    const answer = await ask(SESSION, {
      method: 'POST',
      json: { user: 'wang', password: PASSWORD },
      headers: SAME_ORIGIN,
    });
    expect(answer.body).toMatchObject({ user: 'wang', role: 'viewer' });
  });
});

describe('GET /api/v1/session', () => {
  it('says who it is, by session', async () => {
    const ask = await browser();
    clock.advance(3_600_000);
    expect((await ask(SESSION)).body).toMatchObject({
      principal: 'user:li',
      user: 'li',
      displayName: '李伟',
      role: 'duty',
      expiresAt: clock.now() + 12 * 3_600_000,
    });
  });

  it('says who it is, by token, which wins over a session', async () => {
    const ask = await browser();
    const token = application.token('integrator', ['PUMP-1']);
    expect((await ask(SESSION, { token })).body).toEqual({
      principal: 'token:integrator',
      user: null,
      displayName: null,
      role: 'integrator',
      organisation: 'district',
      scope: ['PUMP-1'],
      expiresAt: null,
    });
    expect((await ask(SESSION, { token: 'stolen' })).status).toBe(401);
    // Other credentials than a bearer token are not ours.
    expect((await ask(SESSION, { headers: { authorization: 'Basic eDp5' } })).status).toBe(200);
  });

  it('answers 401 when the session is over', async () => {
    const ask = await browser();
    clock.advance(12 * 3_600_000);
    const answer = await ask(SESSION);
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    expect(application.asked.refusals).toEqual(['- http_unauthenticated']);
  });
});

describe('DELETE /api/v1/session', () => {
  it('ends the session and clears the cookie', async () => {
    const ask = await browser();
    const answer = await ask(SESSION, { method: 'DELETE', headers: SAME_ORIGIN });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers.get('set-cookie')).toBe(
      'ww_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
    expect((await ask(SESSION)).status).toBe(401);
    expect((await ask(SESSION, { method: 'DELETE', headers: SAME_ORIGIN })).status).toBe(401);
  });
});

describe('POST /api/v1/session/password', () => {
  const change = (ask: Awaited<ReturnType<typeof browser>>, current: string, next: string) =>
    ask('/api/v1/session/password', { method: 'POST', json: { current, next }, headers: SAME_ORIGIN });

  it('changes it, ends the session and gives a new one', async () => {
    const ask = await browser();
    const answer = await change(ask, PASSWORD, 'another password');
    expect([answer.status, answer.body.user]).toEqual([200, 'li']);
    expect((await ask(SESSION)).status).toBe(401);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await probe.ask(SESSION, { headers: { cookie } })).status).toBe(200);
    expect((await logIn()).status).toBe(401);
    expect((await logIn({ password: 'another password' })).status).toBe(200);
  });

  it('answers a wrong current password with 403, and the session stays', async () => {
    const ask = await browser();
    const answer = await change(ask, 'wrong', 'another password');
    expect([answer.status, answer.body.code]).toEqual([403, 'password_wrong']);
    expect(application.asked.refusals).toEqual(['user:li login_failed']);
    expect((await ask(SESSION)).status).toBe(200);
  });

  it('answers an unfit one with what is wrong with it', async () => {
    const answer = await change(await browser(), PASSWORD, 'short');
    expect([answer.status, answer.body.problems]).toEqual([
      400,
      ['The password has fewer than 12 characters.'],
    ]);
  });
});

describe('an unsafe request with a session', () => {
  const submission = {
    method: 'POST',
    json: { station: 'RIVER-1', sent: 1, obs: [{ p: 'water_level', t: 1, v: 3.2 }] },
  };
  const submit = async (headers: Record<string, string>) => {
    const ask = await browser();
    await application.accounts.changeUser(SYSTEM_PRINCIPAL, 'li', { role: 'engineer' });
    return await ask('/api/v1/observations', { ...submission, headers });
  };

  it.each([
    ['no word of its origin', {}],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['no page', { origin: 'null' }],
  ])('is refused with %s', async (_what, headers: Record<string, string>) => {
    const answer = await submit(headers);
    expect([answer.status, answer.body.code]).toEqual([403, 'cross_origin']);
    expect(application.asked.refusals).toEqual(['user:li http_cross_origin']);
    expect(application.asked.submissions).toEqual([]);
  });

  it('is taken from our own page, under the name of the user', async () => {
    expect((await submit(SAME_ORIGIN)).status).toBe(202);
    expect((await submit({ origin: probe.url })).status).toBe(202);
    expect(application.asked.submissions.map(({ principal }) => principal)).toEqual(['user:li', 'user:li']);
  });

  it('needs no origin where it comes with a token', async () => {
    const ask = await browser();
    const token = application.token('engineer');
    const answer = await ask('/api/v1/observations', {
      ...submission,
      token,
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(202);
  });

  it('may read from anywhere: the cookie is not sent there in the first place', async () => {
    const ask = await browser();
    expect((await ask('/api/v1/latest', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
  });
});
