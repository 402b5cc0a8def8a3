import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { EventStreamReader } from '../../test/harness/event-stream-reader.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import { NO_MESSAGES, NO_READINGS } from '../../test/harness/sound-backup.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { createTestAccounts } from '../../test/harness/test-accounts.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import { streamDelta, streamState } from '../http/response-schemas.ts';

const T0 = 1_790_000_100_000;
const MINUTE = 60_000;

let application: FakeApplication;
let probe: HttpProbe;
let closers: (() => void)[];
let lines: string[];
const keep = (message: string) => void lines.push(message);

const start = async (limits: Parameters<typeof startHttpProbe>[1] = {}) => {
  probe = await startHttpProbe(application, { log: { ...SILENT_LOG, error: keep, warn: keep }, ...limits });
};

beforeEach(() => {
  application = createFakeApplication();
  application.latestValues = [level(3.2, T0 - 1_000)];
  application.health.set('RIVER-1', {
    connected: true,
    connectedSince: epochMs(5),
    lastReceived: epochMs(T0 - 900),
    sequenceGaps: 1,
  });
  closers = [];
  lines = [];
});

afterEach(async () => {
  for (const close of closers) close();
  await probe.server.stop();
});

function level(v: number, t: number, quality: 1 | 3 | 4 = 1) {
  return {
    station: 'RIVER-1',
    property: 'water_level',
    observation: observation({ t: epochMs(t), v, quality }),
  };
}

const running = (instance: string, v: number, t: number) => ({
  station: 'PUMP-1',
  property: 'pump_running',
  instance,
  observation: observation({ datastream: 2, t: epochMs(t), v }),
});

async function listen(
  token = application.token('viewer'),
  headers: Record<string, string> = {},
): Promise<EventStreamReader> {
  const reader = await EventStreamReader.open(probe.url, { token, headers });
  closers.push(() => reader.close());
  return reader;
}

/** Lets time pass on both clocks, second by second. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1_000) {
    application.nowMs += 1_000;
    probe.clock.advance(1_000);
  }
}

/** Resolves when what is due was computed: the fake was asked, and everybody was told. */
async function passAndSettle(ms: number): Promise<void> {
  const asked = application.asked.changes.length;
  pass(ms);
  await waitFor('the next step', () => application.asked.changes.length > asked);
  await settled();
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

async function metric(name: string): Promise<number> {
  const { text } = await probe.ask('/metrics');
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

describe('the full state', () => {
  it('comes first, with everything the other routes say', async () => {
    await start();
    const token = application.token('viewer');
    const reader = await listen(token);
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    const { id, event, data } = await reader.event(0);
    expect(reader.raw.startsWith('retry: 2000\n')).toBe(true);
    expect([event, id]).toEqual(['state', T0]);
    expect(streamState.parse(data)).toEqual(data);
    expect(data.now).toBe(T0);
    const ask = async (path: string) => (await probe.ask(path, { token })).body;
    expect(data.stations).toEqual((await ask('/api/v1/stations')).items);
    expect(data.stations[1].datastreams[0].latest).toMatchObject({ v: 3.2, ageMs: 1_000 });
    expect(data.ledger).toEqual(await ask('/api/v1/ledger'));
    expect(data.readiness).toEqual(await ask('/readyz'));
  });

  it('tells how far the pipeline is behind', async () => {
    await start();
    application.head = { live: 50, backlog: 9 };
    application.ingest = {
      ...application.ingest,
      committed: { live: 45, backlog: 9 },
      taken: { live: 48, backlog: 9 },
      oldestUnstoredMs: 1_200,
      latency: { count: 10, p50: 1, p99: 7, max: 8 },
    };
    const { data } = await (await listen()).event(0);
    expect(data.ingest).toMatchObject({
      journalHead: { live: 50, backlog: 9 },
      lagBatches: { live: 5, backlog: 0 },
      oldestUnstoredMs: 1_200,
      latency: { p99: 7 },
    });
  });

  it('comes again, and with a greater id, whatever id the client had last', async () => {
    await start();
    const token = application.token('viewer');
    const first = await (await listen(token)).event(0);
    await passAndSettle(1_000);
    const second = await (await listen(token, { 'last-event-id': String(first.id) })).event(0);
    expect(second.event).toBe('state');
    expect(second.id).toBeGreaterThan(first.id);
  });

  it('comes to everybody when the registry has a new version', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    application.things = new Map([...application.things].filter(([id]) => id !== 'PUMP-1'));
    application.registryVersion = 2;
    pass(1_000);
    const { event, data } = await reader.event(1);
    expect(event).toBe('state');
    expect(data.stations.map(({ id }: { id: string }) => id)).toEqual(['RIVER-1']);
    application.latestValues = [level(4, T0)];
    pass(1_000);
    expect((await reader.event(2)).event).toBe('delta');
  });

  it('comes again when another day begins, with the flood limit of that day', async () => {
    // Ten seconds before midnight in the district (UTC+8).
    application.nowMs = Date.UTC(2026, 6, 14, 16) - 10_000;
    await start();
    const reader = await listen();
    await reader.event(0);
    pass(10_000);
    const { event, data } = await reader.event(1);
    expect([event, data.now]).toEqual(['state', Date.UTC(2026, 6, 14, 16)]);
  });

  it('of thousands of stations comes whole, although it is larger than what may wait', async () => {
    manyStations(application, 2_000);
    await start({ limits: { streamBufferBytes: 256 * 1024 } });
    const reader = await listen();
    const { data } = await reader.event(0);
    expect(data.stations).toHaveLength(2_002);
    expect(reader.raw.length).toBeGreaterThan(1_000_000);
    expect(streamState.parse(data)).toEqual(data);
    expect(await metric('ww_http_streams_dropped_total')).toBe(0);
  });
});

describe('a delta', () => {
  it('holds only what has changed', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    application.latestValues = [level(3.4, T0 + 500), running('2', 1, T0)];
    pass(1_000);
    const { event, id, data } = await reader.event(1);
    expect(event).toBe('delta');
    expect(id).toBeGreaterThan(T0);
    expect(streamDelta.parse(data)).toEqual(data);
    expect(data).toEqual({
      now: T0 + 1_000,
      stations: [],
      points: [
        {
          station: 'PUMP-1',
          name: 'pump_running.2',
          t: T0,
          v: 1,
          flag: 1,
          state: { alarm: 'unknown', severity: null, data: 'good' },
        },
        {
          station: 'RIVER-1',
          name: 'water_level',
          t: T0 + 500,
          v: 3.4,
          flag: 1,
          state: { alarm: 'unknown', severity: null, data: 'good' },
        },
      ],
      alarms: [],
      alarmsGone: [],
      ingest: expect.objectContaining({ clockTrust: 'trusted' }),
    });
  });

  it('is not sent where nothing has changed, nor for a value that was sent again', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    await passAndSettle(1_000);
    application.latestValues = [{ ...level(3.2, T0 - 1_000) }];
    await passAndSettle(1_000);
    application.latestValues = [level(3.2, T0 - 1_000, 3)];
    pass(1_000);
    const { data } = await reader.event(1);
    expect(data).toMatchObject({ now: T0 + 3_000, points: [{ flag: 3, state: { data: 'suspect' } }] });
  });

  it('tells a point that went blind by time alone, and its station', async () => {
    application.health.clear();
    application.things.set('RAIN-1', {
      kind: 'station',
      id: 'RAIN-1' as ThingId,
      name: '雨量',
      datastreams: [{ property: 'rainfall', intervalMs: MINUTE }],
    });
    application.latestValues = [
      { station: 'RAIN-1', property: 'rainfall', observation: observation({ t: epochMs(T0), v: 0.2 }) },
    ];
    await start();
    const reader = await listen();
    const state = await reader.event(0);
    expect(state.data.stations[1]).toMatchObject({ id: 'RAIN-1', state: { data: 'good' } });
    await passAndSettle(3 * MINUTE);
    expect(reader.events).toHaveLength(1);
    pass(1_000);
    const { data } = await reader.event(1);
    expect(data.points).toEqual([
      {
        station: 'RAIN-1',
        name: 'rainfall',
        t: T0,
        v: 0.2,
        flag: 1,
        state: { alarm: 'unknown', severity: null, data: 'blind' },
      },
    ]);
    expect(data.stations).toEqual([
      {
        id: 'RAIN-1',
        state: { alarm: 'unknown', severity: null, data: 'blind' },
        connection: { state: 'unknown', since: null, lastReceived: null },
      },
    ]);
  });

  it('tells that a station went offline, and that another one came', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    application.health.set('RIVER-1', { connected: false, lastReceived: epochMs(T0 - 900) });
    application.health.set('PUMP-1', { connected: true, connectedSince: epochMs(T0 + 300) });
    pass(1_000);
    const { data } = await reader.event(1);
    expect(data.points).toEqual([]);
    expect(data.stations).toMatchObject([
      { id: 'PUMP-1', connection: { state: 'connected', since: T0 + 300, lastReceived: null } },
      { id: 'RIVER-1', connection: { state: 'disconnected', since: null, lastReceived: T0 - 900 } },
    ]);
  });

  it('is also sent when the pipeline, the ledger or readiness has moved, with what of them has', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    application.ingest = { ...application.ingest, acceptedReadings: 7 };
    pass(1_000);
    const pipeline = (await reader.event(1)).data;
    expect(pipeline).toMatchObject({ stations: [], points: [], ingest: { acceptedReadings: 7 } });
    expect(Object.keys(pipeline).sort()).toEqual([
      'alarms',
      'alarmsGone',
      'ingest',
      'now',
      'points',
      'stations',
    ]);
    const ledger = { messages: NO_MESSAGES, readings: NO_READINGS, refused: [], balanced: false };
    application.ledgers.set('', ledger);
    pass(1_000);
    expect((await reader.event(2)).data).toMatchObject({ ledger: { balanced: false } });
    application.ready = new Error('The journal is gone.');
    pass(1_000);
    const unready = (await reader.event(3)).data;
    expect(streamDelta.parse(unready)).toEqual(unready);
    expect(unready.readiness).toMatchObject({ ready: false, reasons: [{ code: 'worker_failed' }] });
    expect(unready).not.toHaveProperty('ledger');
  });
});

describe('an integrator with a list of stations', () => {
  it('hears of its own stations only, and reads its part of the ledger', async () => {
    const own = { ...NO_MESSAGES, journalled: 4, decoded: 4 };
    application.ledgers.set('NOT-THERE,PUMP-1', {
      messages: own,
      readings: NO_READINGS,
      refused: [],
      balanced: true,
    });
    await start();
    const scoped = await listen(application.token('integrator', ['PUMP-1', 'NOT-THERE']));
    const wide = await listen(application.token('integrator', []));
    const state = (await scoped.event(0)).data;
    expect(state.stations.map(({ id }: { id: string }) => id)).toEqual(['PUMP-1']);
    expect(state.ledger.messages).toEqual(own);
    const whole = (await wide.event(0)).data;
    expect(whole.stations).toHaveLength(2);
    expect(whole.ledger.messages).toEqual(NO_MESSAGES);
    application.latestValues = [level(9, T0 + 1), running('1', 1, T0 + 1)];
    application.health.set('RIVER-1', { connected: false });
    pass(1_000);
    const delta = (await scoped.event(1)).data;
    expect(delta.points.map(({ station }: { station: string }) => station)).toEqual(['PUMP-1']);
    expect(delta.stations).toEqual([]);
    expect((await wide.event(1)).data.points).toHaveLength(2);
    application.latestValues = [level(10, T0 + 2), running('1', 1, T0 + 1)];
    await passAndSettle(1_000);
    expect((await wide.event(2)).data.points).toHaveLength(1);
    expect(scoped.events).toHaveLength(2);
    // A part is read less often than the whole.
    application.ledgers.set('NOT-THERE,PUMP-1', {
      messages: { ...own, journalled: 5, decoded: 5 },
      readings: NO_READINGS,
      refused: [],
      balanced: true,
    });
    pass(10_000);
    expect((await scoped.event(2)).data.ledger.messages.journalled).toBe(5);
  });
});

describe('many listeners', () => {
  it('get the same bytes of one computation', async () => {
    await start();
    const one = await listen();
    await one.event(0);
    const two = await listen(application.token('engineer'));
    await two.event(0);
    expect(application.asked.changes).toEqual([{ latest: 0, tracks: 0 }]);
    for (const v of [4, 5, 6]) {
      application.latestValues = [level(v, T0 + v)];
      await passAndSettle(1_000);
    }
    await Promise.all([one.event(3), two.event(3)]);
    expect(two.raw).toBe(one.raw);
    expect(application.asked.changes).toEqual([0, 1, 2, 3].map(step => ({ latest: step, tracks: step })));
  });

  it('cost nothing when they are gone: no timer, no question; the next one begins anew', async () => {
    await start();
    expect(probe.clock.timers.size).toBe(0);
    const reader = await listen();
    await reader.event(0);
    await passAndSettle(1_000);
    expect(probe.clock.timers.size).toBe(1);
    reader.close();
    await waitFor('the end of the stream', async () => (await metric('ww_http_streams')) === 0);
    expect(probe.clock.timers.size).toBe(0);
    application.asked.changes.length = 0;
    pass(60_000);
    await settled();
    expect(application.asked.changes).toEqual([]);
    await (await listen()).event(0);
    expect(application.asked.changes).toEqual([{ latest: 0, tracks: 0 }]);
  });

  it('above the limit are answered 503 and may come when another has gone', async () => {
    await start({ limits: { streams: 1 } });
    const token = application.token('viewer');
    const reader = await listen(token);
    await reader.event(0);
    const refused = await probe.ask('/api/v1/stream', { token });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.body).toMatchObject({ code: 'too_many_streams' });
    expect(await metric('ww_http_streams')).toBe(1);
    reader.close();
    await waitFor('room', async () => (await metric('ww_http_streams')) === 0);
    expect((await probe.ask('/api/v1/stream', { token })).status).toBe(200);
  });

  it('of one principal leave room for those of others, and for its other requests', async () => {
    await start({ limits: { streamsPerPrincipal: 2 } });
    const [token, other] = [application.token('viewer'), application.token('duty')];
    for (let open = 0; open < 2; open += 1) await (await listen(token)).event(0);
    expect((await probe.ask('/api/v1/stream', { token })).body).toMatchObject({ code: 'too_many_streams' });
    expect((await probe.ask('/api/v1/latest', { token })).status).toBe(200);
    await (await listen(other)).event(0);
    expect(await metric('ww_http_streams')).toBe(3);
  });

  it('asked for in one breath are counted one by one, and all end with their connection', async () => {
    await start({ limits: { streamsPerPrincipal: 3 } });
    const token = application.token('viewer');
    const socket = connect(probe.port, '127.0.0.1');
    closers.push(() => socket.destroy());
    const request = `GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    socket.write(request.repeat(10));
    await waitFor('the streams', async () => (await metric('ww_http_streams')) > 0);
    await settled();
    expect(await metric('ww_http_streams')).toBe(3);
    socket.destroy();
    await waitFor('their end', async () => (await metric('ww_http_streams')) === 0);
    expect(await metric('ww_http_requests_in_flight')).toBe(1);
  });

  it('count as one unanswered request each', async () => {
    await start({ limits: { concurrentPerClient: 1 } });
    const token = application.token('viewer');
    const reader = await listen(token);
    await reader.event(0);
    expect((await probe.ask('/api/v1/latest', { token })).status).toBe(429);
    reader.close();
    await waitFor('the end', async () => (await probe.ask('/api/v1/latest', { token })).status === 200);
  });
});

describe('a stream', () => {
  it('gives a sign of life each 15 s, also while nothing can be told', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    application.changesSince = () => Promise.reject(new Error('The worker is gone.'));
    pass(14_000);
    await settled();
    expect(reader.others).toEqual(['retry: 2000']);
    pass(1_000);
    await waitFor('a heartbeat', () => reader.others.length === 2);
    expect(reader.others[1]).toBe(': alive');
    pass(15_000);
    await waitFor('another heartbeat', () => reader.others.length === 3);
  });

  it('goes on after a failure, which is told once', async () => {
    const original = application.changesSince.bind(application);
    application.changesSince = () => Promise.reject(new Error('The worker is busy.'));
    await start();
    const reader = await listen();
    for (let second = 0; second < 3; second += 1) {
      pass(1_000);
      await settled();
    }
    expect(lines).toEqual(['The event streams cannot be told what changes.']);
    expect(reader.events).toEqual([]);
    application.changesSince = original;
    pass(1_000);
    expect((await reader.event(0)).event).toBe('state');
  });

  it('that ended while its changes were asked for is no failure', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    let fail: (error: Error) => void = () => undefined;
    application.changesSince = () => new Promise((_, reject) => (fail = reject));
    pass(1_000);
    await settled();
    await probe.server.stop();
    fail(new Error('The worker has stopped.'));
    await settled();
    expect(lines).toEqual([]);
  });

  it('ends within 30 s after its token was revoked or changed, and only that one', async () => {
    await start();
    const [revoked, changed, kept] = [
      application.token('viewer'),
      application.token('duty'),
      application.token('admin'),
    ];
    const streams = [await listen(revoked), await listen(changed), await listen(kept)];
    await Promise.all(streams.map(reader => reader.event(0)));
    application.tokens.delete(revoked);
    application.tokens.set(changed, {
      ...application.tokens.get(changed)!,
      role: 'integrator',
      scope: ['X'],
    });
    pass(30_000);
    await waitFor('the ends', () => streams[0]!.isEnded && streams[1]!.isEnded);
    await settled();
    expect(streams[2]!.isEnded).toBe(false);
    expect(await metric('ww_http_streams')).toBe(1);
    expect(await metric('ww_http_streams_dropped_total')).toBe(0);
  });

  it('may be opened with the cookie of a session, and ends within 30 s after the logout', async () => {
    application.accounts = createTestAccounts();
    const person = { user: 'officer', password: 'a password of a person' };
    await application.accounts.addUser(SYSTEM_PRINCIPAL, {
      name: person.user,
      role: 'duty',
      password: person.password,
    });
    await start();
    const login = await probe.ask('/api/v1/session', { method: 'POST', json: person });
    const headers = { cookie: (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
    const reader = await EventStreamReader.open(probe.url, { headers });
    closers.push(() => reader.close());
    await reader.event(0);
    pass(60_000);
    await settled();
    expect(reader.isEnded).toBe(false);
    const logout = { method: 'DELETE', headers: { ...headers, 'sec-fetch-site': 'same-origin' } };
    expect((await probe.ask('/api/v1/session', logout)).status).toBe(204);
    pass(30_000);
    await waitFor('the end', () => reader.isEnded);
  });

  it('ends at once when the server stops', async () => {
    await start();
    const reader = await listen();
    await reader.event(0);
    await probe.server.stop();
    await waitFor('the end', () => reader.isEnded);
    expect(probe.clock.timers.size).toBe(0);
  });

  it('is cut when its client does not read, and nobody else waits for it', async () => {
    manyStations(application, 1_000);
    await start({ limits: { streamBufferBytes: 256 * 1024 } });
    const token = application.token('viewer');
    const lazy = connect(probe.port, '127.0.0.1');
    closers.push(() => lazy.destroy());
    lazy.pause();
    lazy.on('error', () => undefined);
    lazy.write(`GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    const reader = await listen(token);
    await reader.event(0);
    await waitFor('both streams', async () => (await metric('ww_http_streams')) === 2);
    let steps = 0;
    while ((await metric('ww_http_streams_dropped_total')) === 0) {
      steps += 1;
      if (steps > 300) throw new Error('Nobody cut the stream that is not read.');
      application.latestValues = application.latestValues.map(value => ({
        ...value,
        observation: { ...value.observation, v: steps },
      }));
      await passAndSettle(1_000);
    }
    expect(await metric('ww_http_streams')).toBe(1);
    expect(lines).toEqual(['An event stream was cut, since its client did not keep up.']);
    const { data } = await reader.event(steps);
    expect(data.points[0].v).toBe(steps);
  });
});

function manyStations(target: FakeApplication, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const station = `LV-${String(n).padStart(5, '0')}`;
    target.things.set(station, {
      kind: 'station',
      id: station as ThingId,
      name: `水位站 ${n}`,
      datastreams: [{ property: 'water_level', datum: '1985国家高程', intervalMs: MINUTE }],
    });
    target.latestValues.push({ ...level(1, T0), station });
  }
}
