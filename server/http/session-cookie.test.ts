import { describe, expect, it } from 'vitest';
import { clearedSessionCookie, sessionCookie, sessionToken } from './session-cookie.ts';

const TOKEN = 'aB3_-'.repeat(8) + 'xyz';

describe('the session cookie', () => {
  it('can be read by no script, is sent by no other site, and over TLS goes nowhere else', () => {
    expect(sessionCookie(TOKEN, { maxAgeS: 60, isSecure: true })).toBe(
      `ww_session=${TOKEN}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(sessionCookie(TOKEN, { maxAgeS: 60, isSecure: false })).not.toContain('Secure');
    expect(clearedSessionCookie({ isSecure: false })).toBe(
      'ww_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
  });

  it.each([
    [`ww_session=${TOKEN}`, TOKEN],
    [`a=b; ww_session=${TOKEN}; c=d`, TOKEN],
    [`a=b;ww_session=${TOKEN};c=d`, TOKEN],
    [undefined, undefined],
    ['', undefined],
    ['ww_session=', undefined],
    [`xww_session=${TOKEN}`, undefined],
    [`ww_session=${TOKEN}x`, undefined],
    [`ww_session="${TOKEN}"`, undefined],
    [`other=ww_session=${TOKEN}`, undefined],
    [`WW_SESSION=${TOKEN}`, undefined],
  ])('is found in %j as %j', (header, token) => {
    expect(sessionToken(header)).toBe(token);
  });
});
