import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EpisodeChange } from '../../domain/model/episode.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { EventStreamReader } from '../../test/harness/event-stream-reader.ts';
import { episodeOf, raised, watchingRule } from '../../test/harness/fake-alarms.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { startHttpProbe } from '../../test/harness/http-probe.ts';
import type { HttpProbe } from '../../test/harness/http-probe.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { streamDelta, streamState } from '../http/response-schemas.ts';

const T0 = epochMs(1_790_000_100_000);

let application: FakeApplication;
let probe: HttpProbe;
let closers: (() => void)[];

beforeEach(async () => {
  application = createFakeApplication();
  application.latestValues = [
    { station: 'RIVER-1', property: 'water_level', observation: observation({ t: T0, v: 3.6 }) },
  ];
  application.alarms.ruleBook.set('river-level', watchingRule('river-level'));
  application.alarms.judge('RIVER-1/water_level');
  closers = [];
  probe = await startHttpProbe(application);
});
afterEach(async () => {
  for (const close of closers) close();
  await probe.server.stop();
});

async function listen(token = application.token('viewer')): Promise<EventStreamReader> {
  const reader = await EventStreamReader.open(probe.url, { token });
  closers.push(() => reader.close());
  await reader.event(0);
  return reader;
}

function pass(): void {
  application.nowMs += 1_000;
  probe.clock.advance(1_000);
}

/** The change as it is told, and what the stream then tells of it. */
async function told(reader: EventStreamReader, index: number, ...changes: readonly EpisodeChange[]) {
  for (const change of changes) application.alarms.tell(change, application.nowMs);
  pass();
  const { data } = await reader.event(index);
  expect(streamDelta.parse(data)).toEqual(data);
  return data;
}

const river = (severity: WarningSeverity = 'yellow') => episodeOf({ begin: T0, severity });
const pump = () => episodeOf({ begin: T0, rule: 'pump', subject: 'PUMP-1/pump_running.1' });
const over = (id: string, live: boolean): EpisodeChange => {
  const episode = { ...river(), end: T0, ending: 'returned' } as const;
  return { kind: 'ended', id, episode, live, liveSteps: [] };
};
const levelState = (alarm: string, severity: string | null) => ({
  station: 'RIVER-1',
  name: 'water_level',
  t: T0,
  v: 3.6,
  flag: 1,
  state: { alarm, severity, data: 'good' },
});

describe('the full state', () => {
  it('holds the warnings in force, as their own route shows them', async () => {
    application.alarms.tell(raised('a', river()), T0);
    application.alarms.tell(over('a', true), T0);
    application.alarms.tell(raised('b', river('red')), T0);
    const { data } = (await listen()).events[0]!;
    expect(streamState.parse(data)).toEqual(data);
    const { changes: _changes, ...shown } = (
      await probe.ask('/api/v1/alarms/b', { token: application.token('viewer') })
    ).body;
    expect(data.alarms).toEqual([shown]);
    expect(data.stations[1]).toMatchObject({
      id: 'RIVER-1',
      state: { alarm: 'warning', severity: 'red' },
      datastreams: [{ state: { alarm: 'warning', severity: 'red' } }, { state: { alarm: 'unknown' } }],
    });
  });

  it('is that of the last step also for whoever comes between two steps', async () => {
    const first = await listen();
    application.alarms.tell(raised('a', river()), T0);
    const second = await listen();
    expect(second.events[0]!.data.alarms).toEqual([]);
    expect(second.events[0]!.data.stations[1].state.alarm).toBe('normal');
    pass();
    for (const reader of [first, second]) {
      expect((await reader.event(1)).data).toMatchObject({ alarms: [{ id: 'a' }] });
    }
  });
});

describe('a delta', () => {
  it('tells a warning that was raised, with its point and its station', async () => {
    const data = await told(await listen(), 1, raised('a', river()));
    expect(data.alarms).toMatchObject([
      { id: 'a', ruleName: '规则 river-level', basin: 'shahe', severity: 'yellow', inForce: true },
    ]);
    expect(data.alarmsGone).toEqual([]);
    expect(data.points).toEqual([levelState('warning', 'yellow')]);
    expect(data.stations).toMatchObject([
      { id: 'RIVER-1', state: { alarm: 'warning', severity: 'yellow', data: 'blind' } },
    ]);
  });

  it('tells a step up', async () => {
    application.alarms.tell(raised('a', river()), T0);
    const data = await told(await listen(), 1, {
      kind: 'amended',
      id: 'a',
      episode: river('red'),
      live: true,
      liveSteps: ['red'],
      fields: ['steps', 'severity'],
    });
    expect(data.alarms).toMatchObject([{ id: 'a', severity: 'red', told: 'red' }]);
    expect(data.points).toEqual([levelState('warning', 'red')]);
    expect(data.stations).toMatchObject([{ state: { severity: 'red' } }]);
  });

  it('tells an amendment that moves no state without points and stations', async () => {
    application.alarms.tell(raised('a', river()), T0);
    const data = await told(await listen(), 1, {
      kind: 'amended',
      id: 'a',
      episode: { ...river(), peak: { value: 3.9, t: T0 } },
      live: true,
      liveSteps: [],
      fields: ['peak'],
    });
    expect(data.alarms).toMatchObject([{ id: 'a', peak: { value: 3.9 } }]);
    expect([data.points, data.stations]).toEqual([[], []]);
  });

  it('keeps a warning that late readings have ended until a live one has', async () => {
    application.alarms.tell(raised('a', river()), T0);
    const reader = await listen();
    const late = await told(reader, 1, over('a', false));
    expect(late.alarms).toMatchObject([{ id: 'a', state: 'ended', inForce: true }]);
    expect([late.points, late.alarmsGone]).toEqual([[], []]);
    const live = await told(reader, 2, over('a', true));
    expect([live.alarms, live.alarmsGone]).toEqual([[], ['a']]);
    expect(live.points).toEqual([levelState('normal', null)]);
    expect(live.stations).toMatchObject([{ id: 'RIVER-1', state: { alarm: 'normal', severity: null } }]);
  });

  it('empties the board, and leaves a point that nothing judges unknown', async () => {
    application.alarms.tell(raised('a', river()), T0);
    application.alarms.tell(raised('b', pump()), T0);
    const reader = await listen();
    const ended: EpisodeChange = {
      kind: 'ended',
      id: 'b',
      episode: { ...pump(), end: T0, ending: 'returned' },
      live: true,
      liveSteps: [],
    };
    const data = await told(reader, 1, over('a', true), ended);
    expect(data.alarmsGone).toEqual(['a', 'b']);
    expect(data.stations).toMatchObject([
      { id: 'PUMP-1', state: { alarm: 'unknown', severity: null } },
      { id: 'RIVER-1', state: { alarm: 'normal', severity: null } },
    ]);
    const late = await listen();
    expect(late.events[0]!.data.alarms).toEqual([]);
  });

  it('tells points that a rule begins to judge, also one without a reading', async () => {
    const reader = await listen();
    application.alarms.judge('PUMP-1/pump_running.1');
    pass();
    const { data } = await reader.event(1);
    expect(streamDelta.parse(data)).toEqual(data);
    expect(data.points).toEqual([
      {
        station: 'PUMP-1',
        name: 'pump_running.1',
        t: null,
        v: null,
        flag: null,
        state: { alarm: 'normal', severity: null, data: 'blind' },
      },
    ]);
    expect(data.stations).toMatchObject([{ id: 'PUMP-1', state: { alarm: 'normal' } }]);
  });

  it('is not sent where the board has only been looked at anew', async () => {
    application.alarms.tell(raised('a', river()), T0);
    const reader = await listen();
    const asked = application.asked.changes.length;
    application.alarms.revision += 1;
    pass();
    await waitFor('the step', () => application.asked.changes.length > asked);
    const data = await told(reader, 1, raised('b', pump()));
    expect(data.alarms).toMatchObject([{ id: 'b' }]);
  });

  it('tells an integrator only the warnings at its stations', async () => {
    const own = await listen(application.token('integrator', ['PUMP-1']));
    application.alarms.tell(raised('a', river()), T0);
    application.alarms.tell(raised('b', pump()), T0);
    pass();
    expect((await own.event(1)).data.alarms).toMatchObject([{ id: 'b' }]);
    application.alarms.tell(over('a', true), T0);
    const ended = { ...pump(), end: T0, ending: 'returned' } as const;
    application.alarms.tell({ kind: 'ended', id: 'b', episode: ended, live: true, liveSteps: [] }, T0);
    pass();
    expect((await own.event(2)).data.alarmsGone).toEqual(['b']);
    const late = await listen(application.token('integrator', ['PUMP-1']));
    expect(late.events[0]!.data.alarms).toEqual([]);
  });

  it('goes on after a change of the registry, which begins with a full state', async () => {
    application.alarms.tell(raised('a', river()), T0);
    const reader = await listen();
    application.registryVersion += 1;
    pass();
    const { event, data } = await reader.event(1);
    expect(event).toBe('state');
    expect(data.alarms).toMatchObject([{ id: 'a' }]);
    expect((await told(reader, 2, over('a', true))).alarmsGone).toEqual(['a']);
  });
});
