import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../domain/ports/operations.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { quarantineRow } from '../../test/harness/quarantine-row.ts';

const application = createFakeApplication();
application.quarantined = [quarantineRow({ position: 5 })];
const tokens = new Map(ROLES.map(role => [role, application.token(role, [])]));
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.asked.refusals.length = 0;
});

describe('a stranger', () => {
  it('is who brings an unknown token', async () => {
    const answer = await probe.ask('/api/v1/latest', { token: 'stolen' });
    expect(answer.status).toBe(401);
    expect(application.asked.refusals).toEqual(['- http_unauthenticated']);
  });

  it('gets an answer from a public route also with an unknown token', async () => {
    expect((await probe.ask('/healthz', { token: 'stolen' })).status).toBe(200);
  });
});

describe('paths and methods', () => {
  it.each(['/', '/api/v1', '/api/v1/alerts', '/api/v1/latest/', '/API/v1/latest', '/api/v2/latest'])(
    'answers %s with a 404 problem and counts it',
    async path => {
      const answer = await probe.ask(path, { token: tokens.get('admin')! });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ type: 'urn:waterwarden:error:not_found', code: 'not_found' });
      expect(application.asked.refusals).toEqual(['token:admin http_not_found']);
    },
  );

  it.each([
    ['DELETE', '/api/v1/stations/RIVER-1', 'GET, HEAD'],
    ['POST', '/api/v1/latest', 'GET, HEAD'],
    ['GET', '/api/v1/observations', 'POST'],
    ['OPTIONS', '/api/v1/quarantine/replay', 'POST'],
    ['PROPFIND', '/healthz', 'GET, HEAD'],
  ])('answers %s %s with 405 and Allow: %s', async (method, path, allow) => {
    const answer = await probe.ask(path, { method, token: tokens.get('admin')! });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body).toMatchObject({ code: 'method_not_allowed' });
  });

  it.each(['/healthz', '/metrics', '/api/v1/latest', '/api/v1/stations/RIVER-1', '/api/v1/stream'])(
    'answers HEAD %s with the headers of GET and no body',
    async path => {
      const token = tokens.get('viewer')!;
      const [get, head] = [
        await probe.ask(path, { token }),
        await probe.ask(path, { token, method: 'HEAD' }),
      ];
      expect(head.status).toBe(200);
      expect(head.text).toBe('');
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    },
  );

  it.each(['/api/v1/stations/%zz', `/api/v1/stations/${'a'.repeat(300)}`])(
    'answers a path that cannot be read with a 400 problem',
    async path => {
      const answer = await probe.ask(path, { token: tokens.get('admin')! });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        code: 'invalid_request',
        problems: [expect.stringMatching(/^path/)],
      });
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(application.asked.refusals).toEqual(['- http_invalid']);
    },
  );

  it('refuses a 404 before it reads the body', async () => {
    const answer = await probe.ask('/nowhere', {
      method: 'POST',
      text: '{',
      headers: { 'content-type': 'x/y' },
    });
    expect(answer.status).toBe(404);
  });
});

describe('an integrator with a list of stations', () => {
  const scoped = application.token('integrator', ['PUMP-1']);
  const get = (path: string) => probe.ask(path, { token: scoped });

  it.each([
    '/api/v1/stations/RIVER-1',
    '/api/v1/latest?station=RIVER-1',
    '/api/v1/datastreams/RIVER-1/water_level/observations?from=0&to=1',
    '/api/v1/ledger',
    '/api/v1/ledger?station=RIVER-1',
    '/api/v1/quarantine',
    '/api/v1/quarantine?station=RIVER-1',
    '/api/v1/stations/NOT-THERE',
  ])('is refused %s', async path => {
    expect((await get(path)).status).toBe(403);
  });

  it('sees only its own stations in the list', async () => {
    const { body } = await get('/api/v1/stations');
    expect(body.items.map((item: { id: string }) => item.id)).toEqual(['PUMP-1']);
  });

  it('is told that a foreign quarantined item does not exist', async () => {
    expect((await get('/api/v1/quarantine/5/-1')).status).toBe(404);
  });

  it('reads and writes its own station', async () => {
    expect((await get('/api/v1/ledger?station=PUMP-1')).status).toBe(200);
    expect((await get('/api/v1/quarantine?station=PUMP-1')).status).toBe(200);
    const submit = (station: string) =>
      probe.ask('/api/v1/observations', {
        method: 'POST',
        token: scoped,
        json: { station, sent: 1, obs: [{ p: 'pump_running.1', t: 1, v: 1 }] },
      });
    application.asked.submissions.length = 0;
    expect((await submit('PUMP-1')).status).toBe(202);
    expect((await submit('RIVER-1')).status).toBe(403);
    expect(application.asked.submissions.map(({ submission }) => submission.station)).toEqual(['PUMP-1']);
  });
});
