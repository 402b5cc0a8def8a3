import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import { episodeOf, FakeAlarms } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { ruleAtPoint } from '../../test/harness/point-reasons.ts';
import { pointReasonsResponse, watchedDayResponse } from './point-reasons-schema.ts';

const application = createFakeApplication();
const tokens = {
  duty: application.token('duty'),
  integrator: application.token('integrator', ['RIVER-1']),
  subscriber: application.token('subscriber'),
};
let alarms: FakeAlarms;
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  alarms = new FakeAlarms();
  application.alarms = alarms;
});

const ask = (path: string, who: keyof typeof tokens = 'duty') => probe.ask(path, { token: tokens[who] });

describe('why a point has no warning, or which', () => {
  const WHY = '/api/v1/datastreams/RIVER-1/water_level/why';

  it('is told rule by rule, now where nobody names a time, with what is lacking there', async () => {
    const begin = epochMs(1_790_000_000_000);
    const open = episodeOf({ begin, severity: 'orange', currentSeverity: 'yellow' });
    const warning = ruleAtPoint({ rule: 'fast', state: 'warning', whyNot: null, open, alarm: 'a' });
    const limit = { name: 'warning', state: 'false', value: 3, limit: 4, distance: 1 } as const;
    const deciding = [{ input: 'RIVER-1/ammonia_nitrogen', value: 1.2, class: 4 }] as const;
    const near = { ...limit, etaMs: durationMs(1_500_000), deciding };
    const blind = ruleAtPoint({ rule: 'late', state: 'unknown', data: 'blind', clauses: [near] });
    alarms.pointRules.set('RIVER-1/water_level', [warning, ruleAtPoint(), blind]);
    const gap = { rule: 'river-rise', missing: 'threshold', detail: 'blue needs …' } as const;
    alarms.lack({ ...gap, subject: 'RIVER-1/water_level' }, { ...gap, subject: 'RAIN-1/rainfall' });
    const { status, body } = await ask(WHY);
    expect(status).toBe(200);
    expect(pointReasonsResponse.parse(body)).toEqual(body);
    expect(body).toMatchObject({ subject: 'RIVER-1/water_level', at: application.nowMs, gaps: [gap] });
    expect(body.rules).toMatchObject([
      {
        rule: 'fast',
        state: 'warning',
        open: { alarm: 'a', begin, severity: 'orange', currentSeverity: 'yellow', toVerify: false },
      },
      { rule: 'river-level', whyNot: { value: 3.42, limit: 3.5, distance: 0.08 }, open: null },
      { rule: 'late', state: 'unknown', data: 'blind', clauses: [near] },
    ]);
  });

  it('is told of the time that is named', async () => {
    expect((await ask(`${WHY}?at=1789999999999`)).body).toMatchObject({ at: 1_789_999_999_999, rules: [] });
    expect((await ask(`${WHY}?at=yesterday`)).status).toBe(400);
  });

  it('says where the time lies in an outage of our own', async () => {
    const [from, t] = [epochMs(1_789_999_990_000), epochMs(1_789_999_999_999)];
    alarms.outages.push({ from, t });
    expect((await ask(`${WHY}?at=1789999990000`)).body).toMatchObject({ outage: { from, t } });
    expect((await ask(WHY)).body).toMatchObject({ outage: null });
  });

  it('is 404 of a point that is none, and 403 out of scope, whether it exists or not', async () => {
    expect((await ask('/api/v1/datastreams/RIVER-1/salinity/why')).status).toBe(404);
    expect((await ask('/api/v1/datastreams/NOBODY/water_level/why')).status).toBe(404);
    expect((await ask(WHY, 'integrator')).status).toBe(200);
    expect((await ask('/api/v1/datastreams/PUMP-1/pump_running.2/why', 'integrator')).status).toBe(403);
    expect((await ask('/api/v1/datastreams/NOBODY/water_level/why', 'integrator')).status).toBe(403);
    expect((await ask(WHY, 'subscriber')).status).toBe(403);
  });
});

describe('how a station was watched', () => {
  const WATCHED = '/api/v1/stations/RIVER-1/watched';
  const minutes = {
    evaluated: 900,
    filledLater: 40,
    blind: 20,
    notEvaluatedByUs: 30,
    notJudged: 0,
    ahead: 450,
  };

  it('is counted for each rule and point of it, of the local day of any instant', async () => {
    const day = { rule: 'river-level', subject: 'RIVER-1/water_level', minutes };
    alarms.days.push(day, { ...day, subject: 'PUMP-1/pump_running.2' });
    const { status, body } = await ask(WATCHED);
    expect(status).toBe(200);
    expect(watchedDayResponse.parse(body)).toEqual(body);
    expect(body).toEqual({ day: Date.parse('2026-09-21T00:00+08:00'), items: [day], next: null });
    const midnight = Date.parse('2026-09-20T00:00+08:00');
    for (const at of [midnight, midnight + 86_399_999]) {
      expect((await ask(`${WATCHED}?day=${at}`)).body).toMatchObject({ day: midnight });
    }
    expect(alarms.asked.days).toEqual([body.day, midnight, midnight]);
  });

  it('is 404 of a station that is none, and 403 out of scope', async () => {
    expect((await ask('/api/v1/stations/NOBODY/watched')).status).toBe(404);
    expect((await ask('/api/v1/stations/PUMP-1/watched', 'integrator')).status).toBe(403);
    expect((await ask(WATCHED, 'subscriber')).status).toBe(403);
  });
});
