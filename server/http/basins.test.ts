import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { epochMs } from '../../domain/time/instant.ts';
import { episodeOf, FakeAlarms, raised } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { basinsResponse } from './alarm-schemas.ts';

const application = createFakeApplication();
const tokens = {
  duty: application.token('duty'),
  integrator: application.token('integrator', ['RIVER-1']),
  subscriber: application.token('subscriber', ['empty', 'never registered']),
};
const now = application.nowMs;
let alarms: FakeAlarms;
let probe: HttpProbe;

beforeAll(async () => {
  application.districtParts = [
    { kind: 'basin', id: 'shahe', name: '沙河流域', nameEn: 'Shahe' },
    { kind: 'basin', id: 'empty', name: '空' },
  ];
  application.latestValues = [
    { station: 'RIVER-1', property: 'water_level', observation: observation({ t: epochMs(now) }) },
    { station: 'RIVER-1', property: 'rainfall', observation: observation({ t: epochMs(now), quality: 3 }) },
    {
      station: 'PUMP-1',
      property: 'pump_running',
      instance: '1',
      observation: observation({ t: epochMs(now) }),
    },
  ];
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  alarms = new FakeAlarms();
  application.alarms = alarms;
});

const list = async (who: keyof typeof tokens = 'duty') => {
  const { body } = await probe.ask('/api/v1/basins', { token: tokens[who] });
  expect(basinsResponse.parse(body)).toEqual(body);
  return body.items;
};

describe('the basins', () => {
  it('say how well they are seen, those without stations and stations without one included', async () => {
    alarms.judge('RIVER-1/water_level');
    const none = { good: 0, suspect: 0, blind: 0, judged: 0, warnings: 0, severity: null };
    expect(await list()).toEqual([
      { ...none, basin: 'empty', name: '空', nameEn: null, stations: 0, points: 0 },
      {
        ...none,
        basin: 'shahe',
        name: '沙河流域',
        nameEn: 'Shahe',
        stations: 1,
        points: 2,
        good: 1,
        suspect: 1,
        judged: 1,
      },
      { ...none, basin: null, name: null, nameEn: null, stations: 1, points: 2, good: 1, blind: 1 },
    ]);
  });

  it('count their warnings in force, with the highest severity', async () => {
    const begin = epochMs(now);
    alarms.tell(raised('a', episodeOf({ begin, severity: 'orange' })), now);
    alarms.tell(raised('b', episodeOf({ begin, severity: 'blue', rule: 'other' })), now);
    alarms.tell(raised('c', episodeOf({ begin, severity: 'red', subject: 'GONE-1/water_level' })), now);
    const over = episodeOf({ begin, end: begin, severity: 'red', rule: 'third' });
    alarms.tell({ kind: 'raised', id: 'd', episode: over, live: false, liveSteps: [] }, now);
    expect(await list()).toMatchObject([
      { basin: 'empty', warnings: 0, severity: null },
      { basin: 'shahe', warnings: 2, severity: 'orange' },
      { basin: null, warnings: 0 },
    ]);
  });

  it('are those of the stations of an integrator, and those of a subscriber', async () => {
    expect(await list('integrator')).toMatchObject([{ basin: 'shahe', name: '沙河流域', stations: 1 }]);
    expect(await list('subscriber')).toMatchObject([{ basin: 'empty', stations: 0 }]);
  });

  it('take no parameters', async () => {
    const { body } = await probe.ask('/api/v1/basins?basin=shahe', { token: tokens.duty });
    expect(body).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});
