import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { ROLES } from '../../domain/ports/operations.ts';
import type { Role } from '../../domain/ports/operations.ts';
import { reasonsOf } from '../../test/harness/alarm-reasons.ts';
import { episodeOf, raised, watchingRule } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe, ProbeAnswer, ProbeRequest } from '../../test/harness/http-probe.ts';
import { quarantineRow } from '../../test/harness/quarantine-row.ts';
import { createTestAccounts } from '../../test/harness/test-accounts.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import { problemSchema } from './problem.ts';
import { ROUTES, ROUTE_IDS, routeSpec } from './routes.ts';
import type { RouteId } from './routes.ts';

/**
 * Who may call what: `+` is let in, `.` is refused. Written out a second time, so that a change of the routes must be
 * meant. The columns are these callers.
 */
const CALLERS = [
  'anonymous',
  'viewer',
  'duty',
  'dispatcher',
  'engineer',
  'integrator',
  'subscriber',
  'admin',
] as const;

const MATRIX: Record<RouteId, string> = {
  //                 ano vie dut dis eng int sub adm
  healthz: /*       */ '+   +   +   +   +   +   +   +',
  readyz: /*        */ '+   +   +   +   +   +   +   +',
  metrics: /*       */ '+   +   +   +   +   +   +   +',
  openapi: /*       */ '+   +   +   +   +   +   +   +',
  logIn: /*         */ '+   +   +   +   +   +   +   +',
  whoAmI: /*        */ '.   +   +   +   +   +   +   +',
  logOut: /*        */ '.   +   +   +   +   +   +   +',
  changePassword: /**/ '.   +   +   +   +   +   +   +',
  district: /*      */ '.   +   +   +   +   .   .   +',
  stations: /*      */ '.   +   +   +   +   +   .   +',
  station: /*       */ '.   +   +   +   +   +   .   +',
  stream: /*        */ '.   +   +   +   +   +   .   +',
  latest: /*        */ '.   +   +   +   +   +   .   +',
  observations: /*  */ '.   +   +   +   +   +   .   +',
  quality: /*       */ '.   +   +   +   +   +   .   +',
  pointReasons: /*  */ '.   +   +   +   +   +   .   +',
  watchedDay: /*    */ '.   +   +   +   +   +   .   +',
  signals: /*       */ '.   +   +   +   +   .   .   +',
  reportSignal: /*  */ '.   .   +   +   +   .   .   +',
  submit: /*        */ '.   .   .   .   +   +   .   +',
  alarms: /*        */ '.   +   +   +   +   +   +   +',
  alarm: /*         */ '.   +   +   +   +   +   +   +',
  alarmReasons: /*  */ '.   +   +   +   +   +   +   +',
  rules: /*         */ '.   +   +   +   +   +   +   +',
  ruleGaps: /*      */ '.   +   +   +   +   +   +   +',
  basins: /*        */ '.   +   +   +   +   +   +   +',
  ledger: /*        */ '.   +   +   +   +   +   .   +',
  ledgerAudit: /*   */ '.   +   +   +   +   .   .   +',
  quarantine: /*    */ '.   +   +   +   +   +   .   +',
  quarantineItem: /**/ '.   +   +   +   +   +   .   +',
  quarantineReplay: /**/ '.   .   .   .   +   .   .   +',
};

const ALARM = 'river-level.RIVER-1.water_level.1';
const USER = 'person';
const PASSWORD = 'a password of a person';

/** A request of each route that succeeds for whoever may make it. */
const VALID: Record<RouteId, { path: string } & ProbeRequest> = {
  healthz: { path: '/healthz' },
  readyz: { path: '/readyz' },
  metrics: { path: '/metrics' },
  openapi: { path: '/api/openapi.json' },
  logIn: { path: '/api/v1/session', json: { user: USER, password: PASSWORD } },
  whoAmI: { path: '/api/v1/session' },
  logOut: { path: '/api/v1/session' },
  changePassword: {
    path: '/api/v1/session/password',
    json: { current: PASSWORD, next: 'another password' },
  },
  district: { path: '/api/v1/district' },
  stations: { path: '/api/v1/stations' },
  station: { path: '/api/v1/stations/RIVER-1' },
  latest: { path: '/api/v1/latest' },
  observations: { path: '/api/v1/datastreams/RIVER-1/water_level/observations?from=0&to=1' },
  signals: { path: '/api/v1/signals' },
  reportSignal: { path: '/api/v1/signals', json: { zone: '*', severity: 'orange' } },
  submit: {
    path: '/api/v1/observations',
    json: { station: 'RIVER-1', sent: 1, obs: [{ p: 'water_level', t: 1, v: 3.2 }] },
  },
  quality: { path: '/api/v1/datastreams/RIVER-1/water_level/quality' },
  pointReasons: { path: '/api/v1/datastreams/RIVER-1/water_level/why' },
  watchedDay: { path: '/api/v1/stations/RIVER-1/watched' },
  stream: { path: '/api/v1/stream' },
  alarms: { path: '/api/v1/alarms' },
  alarm: { path: `/api/v1/alarms/${ALARM}` },
  alarmReasons: { path: `/api/v1/alarms/${ALARM}/why` },
  rules: { path: '/api/v1/rules' },
  ruleGaps: { path: '/api/v1/rules/gaps' },
  basins: { path: '/api/v1/basins' },
  ledger: { path: '/api/v1/ledger' },
  ledgerAudit: { path: '/api/v1/ledger/audit' },
  quarantine: { path: '/api/v1/quarantine' },
  quarantineItem: { path: '/api/v1/quarantine/5/-1' },
  quarantineReplay: { path: '/api/v1/quarantine/replay', json: {} },
};

type Caller = (typeof CALLERS)[number];
/** How a caller proves who it is; `forged` is a token or a cookie that nobody has issued. */
type ProofKind = 'none' | 'bearer' | 'session' | 'forged bearer' | 'forged session';

const CASES = ROUTE_IDS.flatMap(route =>
  CALLERS.flatMap(caller => {
    const proofs: readonly ProofKind[] =
      caller === 'anonymous' ? ['none', 'forged bearer', 'forged session'] : ['bearer', 'session'];
    return proofs.map(proof => ({ route, caller, proof }));
  }),
);

const application = createFakeApplication();
application.quarantined = [quarantineRow({ position: 5 })];
application.rows = [observation({ t: application.startedAt })];
application.alarms.ruleBook.set('river-level', watchingRule('river-level'));
application.alarms.lack({
  rule: 'river-level',
  subject: 'PUMP-1/pump_running.1',
  missing: 'threshold',
  detail: 'x',
});
application.alarms.tell(raised(ALARM, episodeOf({ begin: application.startedAt })), application.nowMs);
application.alarms.reasons.set(ALARM, reasonsOf(ALARM));
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.accounts = createTestAccounts();
  application.tokens.clear();
  application.asked.refusals.length = 0;
});

/** Headers of a caller who has logged in, or holds a token, in earnest. */
async function headersOf(caller: Caller, proof: ProofKind): Promise<Record<string, string>> {
  const role: Role = caller === 'anonymous' ? 'viewer' : caller;
  await application.accounts.addUser(SYSTEM_PRINCIPAL, { name: USER, role, password: PASSWORD });
  switch (proof) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${application.token(role)}` };
    case 'forged bearer':
      return { authorization: `Bearer ${'x'.repeat(32)}` };
    case 'forged session':
      return { cookie: `ww_session=${'x'.repeat(43)}`, 'sec-fetch-site': 'same-origin' };
    case 'session': {
      const { path, json } = VALID.logIn;
      const answer = await probe.ask(path, { method: 'POST', json });
      const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      return { cookie, 'sec-fetch-site': 'same-origin' };
    }
  }
}

async function call(route: RouteId, headers: Record<string, string>): Promise<ProbeAnswer> {
  const { path, ...request } = VALID[route];
  return await probe.ask(path, { ...request, method: ROUTES[route].method, headers });
}

function isAllowed(route: RouteId, caller: Caller): boolean {
  return MATRIX[route].split(/\s+/)[CALLERS.indexOf(caller)] === '+';
}

/** The status of an allowed call: a token has neither a session nor a password. */
function successOf(route: RouteId, proof: ProofKind): number {
  const isOfSession = route === 'logOut' || route === 'changePassword';
  return isOfSession && proof === 'bearer' ? 409 : ROUTES[route].status;
}

describe('the role matrix', () => {
  it('has every route and every role, and nothing else', () => {
    expect(Object.keys(MATRIX).sort()).toEqual([...ROUTE_IDS].sort());
    expect([...CALLERS]).toEqual(['anonymous', ...ROLES]);
    for (const row of Object.values(MATRIX)) {
      const cells = row.split(/\s+/);
      expect(cells).toHaveLength(CALLERS.length);
      expect(cells.every(cell => cell === '+' || cell === '.')).toBe(true);
    }
  });

  it.each(CASES)('holds for $route, $caller with $proof', async ({ route, caller, proof }) => {
    const headers = await headersOf(caller, proof);
    const answer = await call(route, headers);
    const refusals = application.asked.refusals;
    if (isAllowed(route, caller)) {
      const expected = successOf(route, proof);
      expect(answer.status).toBe(expected);
      if (expected < 400) expect(refusals).toEqual([]);
    } else if (caller === 'anonymous') {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(refusals).toEqual(['- http_unauthenticated']);
    } else {
      expect(answer.status).toBe(403);
      expect(refusals).toEqual([
        `${proof === 'session' ? `user:${USER}` : `token:${caller}`} http_forbidden`,
      ]);
    }
    if (answer.status >= 400) problemSchema.parse(answer.body);
  });

  it.each(ROUTE_IDS)('%s answers what its schema says, with safe headers', async route => {
    const answer = await call(route, await headersOf('admin', 'session'));
    const schema: z.ZodType | undefined = routeSpec(route).response;
    expect(answer.status).toBe(ROUTES[route].status);
    if (schema !== undefined) schema.parse(answer.body);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
