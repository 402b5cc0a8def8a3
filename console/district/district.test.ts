import { describe, expect, it } from 'vitest';

import type { Datastream, Ingest, Station, StreamState } from '../wire.ts';
import { alarm } from '../alarm/alarm-fixture.ts';
import { districtOf, withDelta } from './live-district.ts';
import { countByBasin, countStations, shareText } from './station-counts.ts';
import { EVERY_STATION, selectStations } from './station-query.ts';

const NOW = 1_790_000_000_000;

const datastream = (name: string, t: number | null): Datastream => ({
  name,
  property: name.split('.')[0]!,
  instance: null,
  unit: 'm',
  datum: null,
  interpolation: 'instantaneous',
  intervalMs: 60_000,
  thresholds: null,
  state: { alarm: 'unknown', severity: null, data: 'good' },
  latest: t === null ? null : { t, v: 1, flag: 1 },
});

const station = (id: string, rest: Partial<Station> = {}): Station => ({
  id,
  name: `站${id}`,
  nameEn: null,
  basin: 'longgang-river',
  simulated: false,
  state: { alarm: 'unknown', severity: null, data: 'good' },
  connection: { state: 'connected', since: NOW, lastReceived: NOW },
  datastreams: [datastream('water_level', NOW)],
  ...rest,
});

const ingest: Ingest = {
  clockTrust: 'trusted',
  held: 0,
  outstandingReadings: 0,
  oldestUnstoredMs: 0,
  lagBatches: { live: 0, backlog: 0 },
  latency: { count: 0, p50: 0, p99: 0 },
};
const state: StreamState = {
  now: NOW,
  stations: [station('A'), station('B', { datastreams: [datastream('rainfall', null)] })],
  alarms: [],
  ledger: null,
  ingest,
  readiness: { ready: true, reasons: [], warnings: [] },
};

/** What a delta says where nothing has changed. */
const STILL = { now: NOW, ingest, stations: [], points: [], alarms: [], alarmsGone: [] };

describe('the live district', () => {
  it('takes points and states from a delta and leaves all else as the same object', () => {
    const before = districtOf(state);
    const after = withDelta(before, {
      ...STILL,
      now: NOW + 1_000,
      ingest: { ...ingest, outstandingReadings: 3 },
      stations: [
        {
          id: 'A',
          state: { alarm: 'unknown', severity: null, data: 'suspect' },
          connection: { state: 'disconnected', since: null, lastReceived: NOW },
        },
      ],
      points: [
        {
          station: 'A',
          name: 'water_level',
          t: NOW + 500,
          v: 2.5,
          flag: 3,
          state: { alarm: 'unknown', severity: null, data: 'suspect' },
        },
      ],
    });
    const changed = after.stations.get('A')!;
    expect(changed.state.data).toBe('suspect');
    expect(changed.connection.state).toBe('disconnected');
    expect(changed.datastreams[0]).toMatchObject({
      latest: { t: NOW + 500, v: 2.5, flag: 3 },
      state: { data: 'suspect' },
    });
    expect(after.stations.get('B')).toBe(before.stations.get('B'));
    expect(after.readiness).toBe(before.readiness);
    expect(after.ingest.outstandingReadings).toBe(3);
    expect(before.stations.get('A')!.datastreams[0]!.latest!.v).toBe(1);
  });

  it('leaves out what it does not know', () => {
    const stranger = { state: state.stations[0]!.state, connection: state.stations[0]!.connection };
    const point = { t: NOW, v: 1, flag: 1, state: state.stations[0]!.state };
    const after = withDelta(districtOf(state), {
      ...STILL,
      stations: [{ id: 'X', ...stranger }],
      points: [
        { station: 'X', name: 'water_level', ...point },
        { station: 'B', name: 'ph', ...point },
      ],
    });
    expect([...after.stations.keys()]).toEqual(['A', 'B']);
    expect(after.stations.get('B')!.datastreams).toHaveLength(1);
  });

  it('takes warnings that come, change and go, and keeps the same map where none does', () => {
    const before = districtOf({ ...state, alarms: [alarm('a'), alarm('b')] });
    const after = withDelta(before, {
      ...STILL,
      alarms: [alarm('b', { severity: 'red' }), alarm('c')],
      alarmsGone: ['a'],
    });
    expect([...after.alarms.keys()]).toEqual(['b', 'c']);
    expect(after.alarms.get('b')?.severity).toBe('red');
    expect(before.alarms.get('b')?.severity).toBe('yellow');
    expect(withDelta(after, STILL).alarms).toBe(after.alarms);
  });

  it('takes a state from a point that has no reading yet', () => {
    const warned = { alarm: 'warning', severity: 'blue', data: 'blind' } as const;
    const point = { station: 'B', name: 'rainfall', t: null, v: null, flag: null, state: warned };
    const after = withDelta(districtOf(state), { ...STILL, points: [point] });
    expect(after.stations.get('B')!.datastreams[0]).toMatchObject({ latest: null, state: warned });
  });

  it('takes the ledger away where it may not be read any more', () => {
    const ledger = {
      messages: { journalled: 1, decoded: 1, quarantined: 0, inFlight: 0 },
      readings: {
        decoded: 1,
        stored: 1,
        duplicate: 0,
        corrected: 0,
        quarantined: 0,
        rejected: 0,
        inFlight: 0,
      },
      refused: [],
      balanced: true,
    };
    const told = withDelta(districtOf(state), { ...STILL, ledger });
    expect(told.ledger).toBe(ledger);
    const kept = withDelta(told, STILL);
    expect(kept.ledger).toBe(ledger);
    const gone = withDelta(kept, { ...STILL, ledger: null });
    expect(gone.ledger).toBeNull();
  });
});

describe('selectStations', () => {
  const warned = station('W', { state: { alarm: 'warning', severity: 'orange', data: 'good' } });
  const blind = station('Z', {
    state: { alarm: 'unknown', severity: null, data: 'blind' },
    basin: 'buji-river',
  });
  const cutOff = station('C', { connection: { state: 'disconnected', since: null, lastReceived: null } });
  const fine = station('F', { nameEn: 'Longyuan', datastreams: [datastream('ph', NOW - 9_000)] });
  const all = [fine, cutOff, blind, warned];
  const ids = (query: Partial<typeof EVERY_STATION>) =>
    selectStations(all, { ...EVERY_STATION, ...query }).map(({ id }) => id);

  it('puts the worst first: a warning before blindness before a broken connection', () => {
    expect(ids({})).toEqual(['W', 'Z', 'C', 'F']);
  });

  it('puts a higher severity before a lower one, whatever else is wrong', () => {
    const red = station('R', { state: { alarm: 'warning', severity: 'red', data: 'good' } });
    const yellow = station('Y', { state: { alarm: 'warning', severity: 'yellow', data: 'blind' } });
    expect(selectStations([yellow, warned, red], EVERY_STATION).map(({ id }) => id)).toEqual(['R', 'W', 'Y']);
  });

  it('sorts otherwise when asked', () => {
    expect(ids({ sort: 'basin' })).toEqual(['Z', 'W', 'C', 'F']);
    expect(ids({ sort: 'oldest' })).toEqual(['F', 'C', 'W', 'Z']);
    expect(ids({ sort: 'name' })).toEqual(['C', 'F', 'W', 'Z']);
  });

  it.each([
    { query: { text: ' LONGY ' }, found: ['F'] },
    { query: { text: '站z' }, found: ['Z'] },
    { query: { basin: 'buji-river' }, found: ['Z'] },
    { query: { state: 'warning' as const }, found: ['W'] },
    { query: { state: 'blind' as const }, found: ['Z'] },
    { query: { property: 'ph' }, found: ['F'] },
    { query: { property: 'ph', basin: 'buji-river' }, found: [] },
  ])('narrows by $query', ({ query, found }) => {
    expect(ids(query)).toEqual(found);
  });

  it('counts each axis, in total and by basin', () => {
    expect(countStations(all)).toEqual({
      total: 4,
      alarm: { unknown: 3, normal: 0, warning: 1 },
      data: { good: 3, suspect: 0, blind: 1 },
      connection: { connected: 3, disconnected: 1, unknown: 0 },
      points: { all: all.flatMap(({ datastreams }) => datastreams).length, blind: 0 },
    });
    const basins = countByBasin([...all, station('N', { basin: null })]);
    expect([...basins].map(([basin, { total }]) => [basin, total])).toEqual([
      ['', 1],
      ['buji-river', 1],
      ['longgang-river', 3],
    ]);
  });

  it('counts the blind points of a basin, wherever they stand', () => {
    const eyeless = { ...datastream('level', NOW), state: { ...blind.state, data: 'blind' as const } };
    const pair = station('P', { datastreams: [eyeless, datastream('rain', NOW)] });
    expect(countByBasin([pair, fine]).get('longgang-river')?.points).toEqual({ all: 3, blind: 1 });
  });
});

it.each([
  [0, 0, '–'],
  [0, 9, '0%'],
  [1, 3, '33%'],
  [1, 1_000, '<1%'],
  [999, 1_000, '>99%'],
  [99, 100, '99%'],
  [7, 7, '100%'],
])('%i blind points of %i are a share of %s', (part, all, text) => {
  expect(shareText(part, all)).toBe(text);
});
