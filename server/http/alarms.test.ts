import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { ThingId } from '../../domain/model/identifier.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { AlarmReasons } from '../../watch/alarm-reasons.ts';
import { reasonsOf } from '../../test/harness/alarm-reasons.ts';
import { episodeOf, FakeAlarms, raised, watchingRule } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { alarmReasonsResponse } from './alarm-reasons-schema.ts';
import { alarmResponse, alarmsResponse } from './alarm-schemas.ts';

const application = createFakeApplication();
const T0 = application.startedAt;
const MINUTE = 60_000;
const at = (minute: number) => epochMs(T0 + minute * MINUTE);
const token = application.token('duty');
let alarms: FakeAlarms;
let probe: HttpProbe;

beforeAll(async () => {
  application.things.set('RAIN-1', {
    kind: 'station',
    id: 'RAIN-1' as ThingId,
    name: '雨量站',
    asset: 'gauge',
    datastreams: [{ property: 'rainfall', intervalMs: 300_000 }],
  });
  probe = await startHttpProbe(application);
});
afterAll(() => probe.server.stop());
beforeEach(() => {
  alarms = new FakeAlarms();
  application.alarms = alarms;
});

const ask = (path: string, as = token) => probe.ask(path, { token: as });
const get = async (path: string, as = token) => (await ask(path, as)).body;
const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

/** An alarm at the river from minute to minute, told a minute after its begin. */
function river(id: string, begin: number, end?: number): void {
  alarms.tell(raised(id, episodeOf({ begin: at(begin) })), at(begin + 1));
  if (end === undefined) return;
  const episode = episodeOf({ begin: at(begin), end: at(end), ending: 'returned' });
  alarms.tell({ kind: 'ended', id, episode, live: true, liveSteps: [] }, at(end + 1));
}

describe('an alarm', () => {
  it('shows what it is, by names that people know', async () => {
    alarms.ruleBook.set('river-level', watchingRule('river-level'));
    river('a', 0);
    const { items, next } = await get('/api/v1/alarms');
    expect(next).toBeNull();
    expect(items).toEqual([
      {
        id: 'a',
        rule: 'river-level',
        ruleName: '规则 river-level',
        ruleNameEn: 'Rule river-level',
        subject: 'RIVER-1/water_level',
        station: 'RIVER-1',
        basin: 'shahe',
        begin: T0,
        end: null,
        ending: null,
        severity: 'yellow',
        currentSeverity: 'yellow',
        peak: { value: 3.6, t: T0 },
        steps: [
          {
            severity: 'yellow',
            t: T0,
            decidedT: T0,
            cause: 'held',
            value: 3.6,
            limit: 3.5,
            limitName: 'warning',
            toVerify: false,
            heldMs: 0,
          },
        ],
        gaps: null,
        toVerify: false,
        retroactive: false,
        told: 'yellow',
        state: 'open',
        inForce: true,
        into: null,
        firstKnownAt: at(1),
        changedAt: at(1),
        basis: { ruleSet: 1, registry: 1 },
        later: null,
      },
    ]);
  });

  it('has no names where the rule watches no more, and no basin where the station has left', async () => {
    const episode = episodeOf({ begin: T0, subject: 'GONE-1/water_level' });
    alarms.tell(raised('a', episode), T0);
    const { items } = await get('/api/v1/alarms');
    expect(items).toMatchObject([{ ruleName: null, ruleNameEn: null, station: 'GONE-1', basin: null }]);
  });

  it('of late readings alone is retroactive, and in force only while it lasts', async () => {
    const episode = episodeOf({ begin: T0 });
    alarms.tell({ kind: 'raised', id: 'a', episode, live: false, liveSteps: [] }, at(90));
    expect((await get('/api/v1/alarms')).items).toMatchObject([
      { retroactive: true, told: null, inForce: true, firstKnownAt: at(90) },
    ]);
    const over = episodeOf({ begin: T0, end: at(30), ending: 'returned' });
    alarms.tell({ kind: 'ended', id: 'a', episode: over, live: false, liveSteps: [] }, at(91));
    expect((await get('/api/v1/alarms')).items).toMatchObject([
      { retroactive: true, state: 'ended', inForce: false, end: at(30), ending: 'returned' },
    ]);
  });

  it('that late readings have ended or withdrawn stays in force until a live one', async () => {
    river('a', 0);
    const episode = episodeOf({ begin: T0 });
    alarms.tell({ kind: 'withdrawn', id: 'a', episode, live: false, liveSteps: [] }, at(5));
    const shown = () => get('/api/v1/alarms/a');
    expect(await shown()).toMatchObject({ state: 'withdrawn', inForce: true });
    alarms.tell({ kind: 'ended', id: 'a', episode, live: true, liveSteps: [] }, at(6));
    expect(await shown()).toMatchObject({ state: 'withdrawn', inForce: false });
  });

  it('tells everything that was told of it, in order', async () => {
    river('a', 0);
    const red = episodeOf({ begin: T0, severity: 'red', gaps: gapsOf() });
    alarms.tell(
      { kind: 'amended', id: 'a', episode: red, live: true, liveSteps: ['red'], fields: ['steps', 'peak'] },
      at(5),
    );
    const body = await get('/api/v1/alarms/a');
    expect(alarmResponse.parse(body)).toEqual(body);
    expect(body).toMatchObject({ id: 'a', severity: 'red', gaps: { count: 1, totalMs: MINUTE } });
    expect(body).not.toHaveProperty('later');
    expect(body.changes).toEqual([
      { kind: 'raised', knownAt: at(1), live: true, liveSteps: ['yellow'], severity: 'yellow', fields: [] },
      {
        kind: 'amended',
        knownAt: at(5),
        live: true,
        liveSteps: ['red'],
        severity: 'red',
        fields: ['steps', 'peak'],
      },
    ]);
  });

  it('explains itself', async () => {
    river('a', 0);
    alarms.reasons.set('a', reasonsOf('a'));
    const { status, body } = await ask('/api/v1/alarms/a/why');
    expect(status).toBe(200);
    expect(alarmReasonsResponse.parse(body)).toEqual(body);
    expect(body).toEqual(reasonsOf('a'));
  });

  it('explains itself in the words of its schema', () => {
    expectTypeOf<AlarmReasons>().toExtend<DeepReadonly<z.output<typeof alarmReasonsResponse>>>();
  });

  it.each(['/api/v1/alarms/b', '/api/v1/alarms/b/why'])('that never was is 404: %s', async path => {
    river('a', 0);
    expect(await get(path)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each(['/api/v1/alarms/a%20b', `/api/v1/alarms/${'a'.repeat(257)}/why`])(
    'has no such id: %s',
    async path => {
      expect(await get(path)).toMatchObject({ status: 400, code: 'invalid_request' });
    },
  );
});

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

function gapsOf() {
  return { count: 1, totalMs: (at(1) - at(0)) as never, lastFrom: at(0), lastTo: at(1) };
}

describe('the list of alarms', () => {
  it('is of those open and ended unless others are asked for, in one list or by a repeated key', async () => {
    river('open', 10);
    river('ended', 0, 5);
    const episode = episodeOf({ begin: at(20) });
    alarms.tell({ kind: 'raised', id: 'gone', episode, live: false, liveSteps: [] }, at(21));
    alarms.tell({ kind: 'withdrawn', id: 'gone', episode, live: false, liveSteps: [] }, at(22));
    alarms.tell({ kind: 'raised', id: 'part', episode, live: false, liveSteps: [] }, at(23));
    alarms.tell({ kind: 'merged', id: 'part', into: 'open', episode, live: false, liveSteps: [] }, at(24));
    const all = await get('/api/v1/alarms');
    expect(alarmsResponse.parse(all)).toEqual(all);
    expect(idsOf(all)).toEqual(['open', 'ended']);
    expect(idsOf(await get('/api/v1/alarms?state=open'))).toEqual(['open']);
    expect(idsOf(await get('/api/v1/alarms?state=ended,withdrawn'))).toEqual(['gone', 'ended']);
    expect(idsOf(await get('/api/v1/alarms?state=ended&state=withdrawn'))).toEqual(['gone', 'ended']);
    const merged = await get('/api/v1/alarms?state=merged');
    expect(merged.items).toMatchObject([{ id: 'part', state: 'merged', into: 'open', inForce: false }]);
  });

  it('holds what overlaps the time asked for', async () => {
    river('early', 0, 10);
    river('late', 20, 30);
    river('lasting', 15);
    const inTime = async (from: number, to: number) =>
      idsOf(await get(`/api/v1/alarms?from=${at(from)}&to=${at(to)}`));
    expect(await inTime(0, 5)).toEqual(['early']);
    expect(await inTime(12, 16)).toEqual(['lasting']);
    expect(await inTime(25, 40)).toEqual(['late', 'lasting']);
    expect(idsOf(await get(`/api/v1/alarms?from=${at(31)}`))).toEqual(['lasting']);
    expect(idsOf(await get(`/api/v1/alarms?to=${at(15)}`))).toEqual(['early']);
  });

  it('can be cut to a station, to a basin and to a rule', async () => {
    application.districtParts = [gaugeIn('ashe')];
    alarms.ruleBook.set('quiet', watchingRule('quiet'));
    river('river', 0);
    const rain = { rule: 'rain', subject: 'RAIN-1/rainfall', begin: at(1) };
    alarms.tell(raised('rain', episodeOf(rain)), at(1));
    const found = async (query: string) => idsOf(await get(`/api/v1/alarms?${query}`));
    expect(await found('station=RIVER-1')).toEqual(['river']);
    expect(await found('station=PUMP-1')).toEqual([]);
    expect(await found('basin=shahe')).toEqual(['river']);
    // The station itself names none: it is that of what it measures at.
    expect(await found('basin=ashe')).toEqual(['rain']);
    expect(await found('basin=ashe&station=RIVER-1')).toEqual([]);
    expect(await found('rule=rain')).toEqual(['rain']);
    expect(await found('rule=quiet')).toEqual([]);
    expect((await get('/api/v1/alarms?rule=rain')).items[0].basin).toBe('ashe');
  });

  it.each(['station=NOBODY', 'basin=nowhere', 'rule=none', 'station=GATE-1'])(
    'is 404 for %s: an empty list would read as "no warnings"',
    async query => {
      expect(await get(`/api/v1/alarms?${query}`)).toMatchObject({ status: 404, code: 'not_found' });
    },
  );

  it('keeps the alarms of a station and of a rule that are known no more', async () => {
    const episode = episodeOf({ begin: T0, subject: 'GONE-1/water_level', rule: 'gone' });
    alarms.tell(raised('a', episode), T0);
    expect(idsOf(await get('/api/v1/alarms?station=GONE-1'))).toEqual(['a']);
    expect(idsOf(await get(`/api/v1/alarms?station=GONE-1&to=${T0}`))).toEqual([]);
    expect(idsOf(await get(`/api/v1/alarms?rule=gone&to=${T0}`))).toEqual([]);
  });

  it('goes on at the cursor, also between alarms of the same begin', async () => {
    for (const [id, begin] of [
      ['a', 0],
      ['c', 5],
      ['b', 5],
      ['d', 7],
    ] as const) {
      river(id, begin);
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, next } = await get(`/api/v1/alarms?limit=1${cursor}`);
      seen.push(...items.map(({ id }: { id: string }) => id));
      cursor = next === null ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(seen).toEqual(['d', 'c', 'b', 'a']);
  });

  it.each([
    ['state=active', 'query.state: expected a comma list of open, ended, withdrawn, merged'],
    ['state=', 'query.state: expected a comma list of open, ended, withdrawn, merged'],
    ['state=open&state=open', 'query.state: a name stands in the list twice'],
    ['from=5&to=5', 'query.from: must be before `to`'],
    ['from=yesterday', 'query.from: Invalid input: expected number, received string'],
    ['limit=1001', 'query.limit: Too big: expected number to be <=1000'],
    ['severity=red', 'query: Unrecognized key: "severity"'],
    ['cursor=xyz', 'query.cursor: not a cursor of this list'],
  ])('refuses %s', async (query, problem) => {
    expect(await get(`/api/v1/alarms?${query}`)).toMatchObject({ status: 400, problems: [problem] });
  });
});

describe('what was known then', () => {
  it('is the board of that time, each with what turned out since', async () => {
    river('a', 0);
    river('b', 2, 30);
    river('unchanged', -10, -5);
    const episode = episodeOf({ begin: at(3) });
    alarms.tell({ kind: 'raised', id: 'late', episode, live: false, liveSteps: [] }, at(50));
    alarms.tell(
      { kind: 'withdrawn', id: 'a', episode: episodeOf({ begin: T0 }), live: false, liveSteps: [] },
      at(51),
    );
    const { items } = await get(`/api/v1/alarms?knownAt=${at(10)}`);
    expect(items).toMatchObject([
      { id: 'b', state: 'open', end: null, inForce: true, later: { state: 'ended', end: at(30) } },
      { id: 'a', state: 'open', inForce: true, later: { id: 'a', state: 'withdrawn' } },
      { id: 'unchanged', state: 'ended', later: null },
    ]);
    expect(items[0].later).not.toHaveProperty('later');
    const now = await get('/api/v1/alarms?state=open,ended,withdrawn');
    expect(now.items.map(({ later }: { later: unknown }) => later)).toEqual([null, null, null, null]);
  });
});

describe('whoever may see a part of the district', () => {
  const integrator = application.token('integrator', ['RIVER-1', 'PUMP-1']);
  const subscriber = application.token('subscriber', ['ashe', 'empty']);

  beforeEach(() => {
    application.districtParts = [gaugeIn('ashe'), { kind: 'basin', id: 'empty', name: '空' }];
    river('river', 0);
    alarms.tell(raised('rain', episodeOf({ subject: 'RAIN-1/rainfall', begin: at(1) })), at(1));
    for (const id of ['river', 'rain']) alarms.reasons.set(id, reasonsOf(id));
  });

  it('sees the alarms there only: stations of an integrator, basins of a subscriber', async () => {
    expect(idsOf(await get('/api/v1/alarms', integrator))).toEqual(['river']);
    expect(idsOf(await get('/api/v1/alarms', subscriber))).toEqual(['rain']);
    expect(idsOf(await get('/api/v1/alarms?basin=shahe', integrator))).toEqual(['river']);
    expect(idsOf(await get('/api/v1/alarms?basin=ashe', subscriber))).toEqual(['rain']);
    expect(idsOf(await get('/api/v1/alarms?basin=empty', subscriber))).toEqual([]);
  });

  it('asks the store for no more than that', async () => {
    await get('/api/v1/alarms', subscriber);
    expect(alarms.asked.queries).toMatchObject([{ stations: ['RAIN-1'], limit: 101 }]);
  });

  it.each(['', '/why'])('is told that a foreign one does not exist: /alarms/{id}%s', async suffix => {
    const statusOf = async (id: string, as: string) =>
      (await ask(`/api/v1/alarms/${id}${suffix}`, as)).status;
    expect(await statusOf('river', integrator)).toBe(200);
    expect(await statusOf('rain', integrator)).toBe(404);
    expect(await statusOf('rain', subscriber)).toBe(200);
    expect(await statusOf('river', subscriber)).toBe(404);
  });

  it('is refused what it asks for outside, whether it exists or not', async () => {
    const statusOf = async (query: string, as: string) => (await ask(`/api/v1/alarms?${query}`, as)).status;
    expect(await statusOf('station=RAIN-1', integrator)).toBe(403);
    expect(await statusOf('station=NOBODY', integrator)).toBe(403);
    expect(await statusOf('basin=ashe', integrator)).toBe(403);
    expect(await statusOf('basin=nowhere', integrator)).toBe(403);
    expect(await statusOf('station=RIVER-1', subscriber)).toBe(403);
    expect(await statusOf('basin=shahe', subscriber)).toBe(403);
    expect(await statusOf('basin=nowhere', subscriber)).toBe(403);
  });

  it('sees all where nothing is listed', async () => {
    const open = application.token('subscriber', []);
    expect(idsOf(await get('/api/v1/alarms', open))).toEqual(['rain', 'river']);
  });
});

/** What the rain gauge measures at. */
function gaugeIn(basin: string) {
  return {
    kind: 'asset',
    type: 'rain_gauge',
    id: 'gauge',
    name: '雨量点',
    basin,
    community: 'c',
    operator: 'o',
    regulator: 'r',
    responsible: ['p'],
    latitude: 22,
    longitude: 114,
  } as never;
}
