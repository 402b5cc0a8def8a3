import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { LatestValue } from '../application.ts';
import { episodeOf, FakeAlarms, raised } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';

const application = createFakeApplication();
const token = application.token('duty');
let probe: HttpProbe;

beforeAll(async () => {
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  application.latestValues = [];
  application.health.clear();
  application.alarms = new FakeAlarms();
});

const get = async (path: string) => (await probe.ask(path, { token })).body;
const now = application.nowMs;

function latest(station: string, name: string, fields: Parameters<typeof observation>[0]): LatestValue {
  const [property = '', instance] = name.split('.');
  return {
    station,
    property,
    ...(instance === undefined ? {} : { instance }),
    observation: observation(fields),
  };
}

describe('a station', () => {
  it('shows its registry entry, with defaults of the property and overrides of the datastream', async () => {
    const river = await get('/api/v1/stations/RIVER-1');
    expect(river).toMatchObject({
      id: 'RIVER-1',
      name: '沙河水文站',
      nameEn: 'Shahe gauge',
      basin: 'shahe',
      latitude: 22.6,
      longitude: 113.9,
      simulated: false,
    });
    expect(river.datastreams[0]).toEqual({
      name: 'water_level',
      property: 'water_level',
      instance: null,
      unit: 'm',
      datum: '1985国家高程',
      interpolation: 'instantaneous',
      intervalMs: 300_000,
      sensorSpan: [-100, 9_000],
      thresholds: null,
      state: { alarm: 'unknown', severity: null, data: 'blind' },
      latest: null,
    });
    const pump = await get('/api/v1/stations/PUMP-1');
    expect(pump.datastreams[1]).toMatchObject({
      name: 'pump_running.2',
      instance: '2',
      datum: null,
      sensorSpan: [0, 2],
    });
  });

  it('never claims a normal alarm state while no rule watches it', async () => {
    application.latestValues = [latest('RIVER-1', 'water_level', { t: epochMs(now) })];
    const river = await get('/api/v1/stations/RIVER-1');
    expect(river.state.alarm).toBe('unknown');
    expect(river.datastreams[0].state).toEqual({ alarm: 'unknown', severity: null, data: 'good' });
  });

  it('warns where one of its points does, and is normal where a rule judges one', async () => {
    application.alarms.judge('RIVER-1/rainfall');
    expect(await get('/api/v1/stations/RIVER-1')).toMatchObject({
      state: { alarm: 'normal', severity: null },
      datastreams: [{ state: { alarm: 'unknown' } }, { state: { alarm: 'normal' } }],
    });
    application.alarms.tell(raised('a', episodeOf({ begin: epochMs(now), severity: 'orange' })), now);
    const { items } = await get('/api/v1/stations');
    expect(items).toMatchObject([
      { id: 'PUMP-1', state: { alarm: 'unknown', severity: null } },
      {
        id: 'RIVER-1',
        state: { alarm: 'warning', severity: 'orange' },
        datastreams: [
          { state: { alarm: 'warning', severity: 'orange', data: 'blind' } },
          { state: { alarm: 'normal', severity: null } },
        ],
      },
    ]);
  });

  it('is seen as well as its worst datastream', async () => {
    application.latestValues = [
      latest('RIVER-1', 'water_level', { t: epochMs(now - 900_000), v: 2.5 }),
      latest('RIVER-1', 'rainfall', { t: epochMs(now - 900_001) }),
    ];
    const river = await get('/api/v1/stations/RIVER-1');
    expect(river.datastreams.map((item: { state: { data: string } }) => item.state.data)).toEqual([
      'good',
      'blind',
    ]);
    expect(river.datastreams[0].latest).toEqual({ t: now - 900_000, v: 2.5, flag: 1, ageMs: 900_000 });
    expect(river.state.data).toBe('blind');
  });

  it('matches last values by instance', async () => {
    application.latestValues = [latest('PUMP-1', 'pump_running.2', { t: epochMs(now), v: 0 })];
    const pump = await get('/api/v1/stations/PUMP-1');
    expect(pump.datastreams[0].latest).toBeNull();
    expect(pump.datastreams[1].latest).toMatchObject({ v: 0 });
  });

  it('shows connection, clock and sequence where they are known', async () => {
    application.health.set('RIVER-1', {
      connected: true,
      connectedSince: epochMs(5),
      lastReceived: epochMs(9),
      sequenceGaps: 3,
      clockOffsetMs: -1200,
      clockUncertaintyMs: 50,
    });
    application.health.set('PUMP-1', { connected: false });
    expect(await get('/api/v1/stations/RIVER-1')).toMatchObject({
      connection: { state: 'connected', since: 5, lastReceived: 9 },
      clock: { offsetMs: -1200, uncertaintyMs: 50 },
      sequence: { gaps: 3, resets: 0 },
    });
    expect(await get('/api/v1/stations/PUMP-1')).toMatchObject({
      connection: { state: 'disconnected', since: null, lastReceived: null },
      clock: null,
      sequence: null,
    });
    application.health.clear();
    expect(await get('/api/v1/stations/PUMP-1')).toMatchObject({ connection: { state: 'unknown' } });
  });

  it.each(['NOBODY', 'GATE-1'])('is 404 for %s', async id => {
    expect(await get(`/api/v1/stations/${id}`)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each(['alerts', '-x', 'a.b'])('is 404 or refused for the id %s', async id => {
    const { status } = await get(`/api/v1/stations/${id}`);
    expect([400, 404]).toContain(status);
  });
});

describe('the list of stations', () => {
  it('is sorted by id and holds stations only', async () => {
    const { items, next } = await get('/api/v1/stations');
    expect(items.map((item: { id: string }) => item.id)).toEqual(['PUMP-1', 'RIVER-1']);
    expect(next).toBeNull();
  });

  it('goes on at the cursor', async () => {
    const first = await get('/api/v1/stations?limit=1');
    expect(first.items.map((item: { id: string }) => item.id)).toEqual(['PUMP-1']);
    const second = await get(`/api/v1/stations?limit=1&cursor=${first.next}`);
    expect(second.items.map((item: { id: string }) => item.id)).toEqual(['RIVER-1']);
    expect(second.next).toBeNull();
  });

  it('shows a change of the registry at once', async () => {
    const before = application.things;
    application.things = new Map(before).set('AAA', {
      kind: 'station',
      id: 'AAA' as ThingId,
      name: 'new',
      datastreams: [],
    });
    expect((await get('/api/v1/stations')).items[0]).toMatchObject({
      id: 'AAA',
      state: { alarm: 'unknown', severity: null, data: 'blind' },
    });
    application.things = before;
  });

  it('refuses unknown keys', async () => {
    expect((await get('/api/v1/stations?basin=x')).problems).toEqual(['query: Unrecognized key: "basin"']);
  });
});

describe('latest values', () => {
  it('name value, flag, quality, age and arrival', async () => {
    application.latestValues = [
      latest('PUMP-1', 'pump_running.2', {
        t: epochMs(now - 1000),
        v: null,
        quality: 9,
        deviceFlag: 3,
        received: epochMs(now - 400),
      }),
    ];
    expect((await get('/api/v1/latest')).items).toEqual([
      {
        station: 'PUMP-1',
        property: 'pump_running',
        instance: '2',
        t: now - 1000,
        v: null,
        flag: 9,
        quality: 'missing',
        deviceFlag: 'B',
        ageMs: 1000,
        received: now - 400,
      },
    ]);
  });

  it('come in pages by station and name, whatever the order of the table', async () => {
    const names = ['B/ph', 'A/water_level', 'B/ammonia_nitrogen', 'A/ph', 'C/ph', 'A/pump_running.1'];
    application.latestValues = names.map(name => {
      const [station = '', datastream = ''] = name.split('/');
      return latest(station, datastream, { t: epochMs(now) });
    });
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page += 1) {
      const { items, next } = await get(`/api/v1/latest?limit=2${cursor}`);
      for (const item of items) seen.push(`${item.station}/${item.property}`);
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(seen).toEqual(['A/ph', 'A/pump_running', 'A/water_level', 'B/ammonia_nitrogen', 'B/ph', 'C/ph']);
  });

  it('can be cut to one station', async () => {
    application.latestValues = [
      latest('RIVER-1', 'water_level', { t: epochMs(now) }),
      latest('PUMP-1', 'pump_running.1', { t: epochMs(now) }),
    ];
    const { items } = await get('/api/v1/latest?station=RIVER-1');
    expect(items.map((item: { station: string }) => item.station)).toEqual(['RIVER-1']);
  });
});
