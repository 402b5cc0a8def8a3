import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeAlarms, watchingRule } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { ruleGapsResponse, rulesResponse } from './alarm-schemas.ts';

const application = createFakeApplication();
const tokens = {
  duty: application.token('duty'),
  integrator: application.token('integrator', ['PUMP-1']),
  subscriber: application.token('subscriber', ['shahe']),
};
let alarms: FakeAlarms;
let probe: HttpProbe;

const gap = (rule: string, subject: string, detail = 'no threshold "warning"') =>
  ({ rule, subject, missing: 'threshold', detail }) as const;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  alarms = new FakeAlarms();
  application.alarms = alarms;
});

const get = async (path: string, who: keyof typeof tokens = 'duty') =>
  (await probe.ask(path, { token: tokens[who] })).body;

describe('the rules', () => {
  it('that watch come by id, with what they lack', async () => {
    alarms.ruleBook.set('sump', watchingRule('sump', { kind: 'sump_rising', reference: 'GB 50014' }));
    alarms.ruleBook.set('level', watchingRule('level', { source: 'verified' }));
    alarms.judge('RIVER-1/water_level', 'GONE-1/water_level');
    alarms.lack(gap('level', 'PUMP-1/pump_running.1'), gap('level', 'PUMP-1/pump_running.2'));
    const body = await get('/api/v1/rules');
    expect(rulesResponse.parse(body)).toEqual(body);
    expect(body).toEqual({
      items: [
        {
          id: 'level',
          kind: 'threshold_ladder',
          name: '规则 level',
          nameEn: 'Rule level',
          source: 'verified',
          reference: null,
          gaps: 2,
        },
        {
          id: 'sump',
          kind: 'sump_rising',
          name: '规则 sump',
          nameEn: 'Rule sump',
          source: 'proposal',
          reference: 'GB 50014',
          gaps: 0,
        },
      ],
      next: null,
      judged: 1,
      points: 4,
      gaps: 2,
    });
  });

  it('count only the points and gaps that the caller may see', async () => {
    alarms.ruleBook.set('level', watchingRule('level'));
    alarms.judge('RIVER-1/water_level');
    alarms.lack(gap('level', 'PUMP-1/pump_running.1'), { ...gap('level', ''), missing: 'subject' });
    expect(await get('/api/v1/rules', 'integrator')).toMatchObject({ points: 2, judged: 0, gaps: 1 });
    expect(await get('/api/v1/rules', 'subscriber')).toMatchObject({ points: 2, judged: 1, gaps: 0 });
    expect(await get('/api/v1/rules')).toMatchObject({ points: 4, judged: 1, gaps: 2 });
  });

  it('are none where nothing watches', async () => {
    expect(await get('/api/v1/rules')).toEqual({ items: [], next: null, judged: 0, points: 4, gaps: 0 });
  });
});

describe('what the rules lack', () => {
  beforeEach(() => {
    alarms.ruleBook.set('level', watchingRule('level'));
    alarms.ruleBook.set('sump', watchingRule('sump'));
    alarms.lack(
      gap('sump', 'PUMP-1/pump_running.1'),
      gap('level', 'RIVER-1/water_level', 'first'),
      gap('level', 'RIVER-1/water_level', 'second'),
      { rule: 'level', subject: '', missing: 'subject', detail: 'no datastream of the registry is selected' },
    );
  });
  const details = (body: { items: { detail: string }[] }) => body.items.map(({ detail }) => detail);

  it('comes by rule and subject', async () => {
    const body = await get('/api/v1/rules/gaps');
    expect(ruleGapsResponse.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      items: [
        { rule: 'level', subject: null, station: null, missing: 'subject' },
        { rule: 'level', subject: 'RIVER-1/water_level', station: 'RIVER-1', missing: 'threshold' },
        { rule: 'level', detail: 'second' },
        { rule: 'sump', station: 'PUMP-1' },
      ],
      next: null,
    });
  });

  it('goes on at the cursor, also within one subject', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const body = await get(`/api/v1/rules/gaps?limit=1${cursor}`);
      seen.push(...details(body));
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen).toEqual(details(await get('/api/v1/rules/gaps')));
    expect(seen).toHaveLength(4);
  });

  it('can be cut to a rule, a station and a basin', async () => {
    const found = async (query: string) => details(await get(`/api/v1/rules/gaps?${query}`));
    expect(await found('rule=sump')).toHaveLength(1);
    expect(await found('station=RIVER-1')).toHaveLength(2);
    expect(await found('basin=shahe')).toHaveLength(2);
    expect(await found('station=RIVER-1&rule=sump')).toEqual([]);
  });

  it('is cut to what the caller may see', async () => {
    expect(details(await get('/api/v1/rules/gaps', 'integrator'))).toHaveLength(1);
    expect(details(await get('/api/v1/rules/gaps', 'subscriber'))).toHaveLength(2);
    expect(await get('/api/v1/rules/gaps?station=RIVER-1', 'integrator')).toMatchObject({ status: 403 });
  });

  it.each([
    ['rule=none', 404],
    ['basin=nowhere', 404],
    ['station=NOBODY', 404],
    ['limit=0', 400],
    ['state=open', 400],
    ['cursor=xyz', 400],
  ])('refuses %s with %i', async (query, status) => {
    expect(await get(`/api/v1/rules/gaps?${query}`)).toMatchObject({ status });
  });
});
