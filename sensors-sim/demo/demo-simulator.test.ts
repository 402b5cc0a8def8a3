import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, StationSpec, ThingSpec } from '../../domain/model/registry.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { DAY_MS, epochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { createDemoSimulator } from './demo-simulator.ts';
import type { DemoSimulator } from './demo-simulator.ts';
import { StationSchedule } from './station-schedule.ts';
import { StormField } from './storm-field.ts';

const START = epochMs(1_790_000_037_000);

function station(id: string, datastreams: readonly DatastreamSpec[]): StationSpec {
  return { kind: 'station', id: id as ThingId, name: id, simulated: true, datastreams };
}

const EVERYTHING = station('S-ALL', [
  { property: 'pump_running', instance: '1', intervalMs: 10_000 },
  ...[...OBSERVED_PROPERTIES.keys()].map(property => ({ property, datum: 'x', intervalMs: 60_000 })),
  { property: 'ponding_depth', instance: 'east', intervalMs: 30_000 },
]);

function play(spec: StationSpec, seed: number, until: number) {
  const schedule = new StationSchedule(spec, { seed, storms: new StormField(seed), start: START });
  const readings = [...schedule.first()];
  while (schedule.due! <= until) readings.push(...schedule.next());
  return readings;
}

describe('StationSchedule', () => {
  it('says the same again for the same seed', () => {
    const until = START + DAY_MS / 4;
    expect(JSON.stringify(play(EVERYTHING, 1, until))).toBe(JSON.stringify(play(EVERYTHING, 1, until)));
    expect(JSON.stringify(play(EVERYTHING, 1, until))).not.toBe(JSON.stringify(play(EVERYTHING, 2, until)));
  });

  it('reads each datastream at its own interval and inside its span, whatever the property', () => {
    const readings = play(EVERYTHING, 1, START + DAY_MS / 4);
    for (const { property, instance, intervalMs } of EVERYTHING.datastreams) {
      const p = instance === undefined ? property : `${property}.${instance}`;
      const own = readings.filter(reading => reading.p === p);
      const [low, high] = OBSERVED_PROPERTIES.get(property)!.sensorSpan;
      const times = own.map(({ t }) => t).filter(t => t > START);
      expect([p, times.length]).toEqual([p, DAY_MS / 4 / intervalMs]);
      expect(times.every(t => t % intervalMs === 0)).toBe(true);
      expect(own.every(({ v }) => v! >= low && v! <= high)).toBe(true);
    }
  });

  it('lets the totals of the periods add up to the growth of the counter', () => {
    const gauge = station('S-RAIN', [
      { property: 'rainfall', intervalMs: 300_000 },
      { property: 'rainfall_counter', intervalMs: 300_000 },
    ]);
    const readings = play(gauge, 4, START + 10 * DAY_MS);
    const counter = readings.filter(({ p, t }) => p === 'rainfall_counter' && t > START).map(({ v }) => v!);
    const totals = readings.filter(({ p }) => p === 'rainfall').map(({ v }) => v!);
    const sum = totals.slice(1).reduce((total, depth) => total + depth, 0);
    expect(sum).toBeGreaterThan(10);
    expect(counter.at(-1)! - counter[0]!).toBeCloseTo(sum, 6);
    expect(totals).toContain(0);
  });

  it('shows rain in the river, on the road and in the sump within ten days', () => {
    const spec = station('S-EVENT', [
      { property: 'water_level', datum: 'x', intervalMs: 300_000, sensorSpan: [25, 45] },
      { property: 'ponding_depth', intervalMs: 300_000 },
      { property: 'pump_running', instance: '1', intervalMs: 300_000 },
    ]);
    const readings = play(spec, 4, START + 10 * DAY_MS);
    const of = (p: string) => readings.filter(reading => reading.p === p).map(({ v }) => v!);
    expect(Math.max(...of('water_level')) - Math.min(...of('water_level'))).toBeGreaterThan(0.5);
    expect(Math.max(...of('ponding_depth'))).toBeGreaterThan(0.05);
    expect(Math.min(...of('ponding_depth'))).toBe(0);
    expect(new Set(of('pump_running.1'))).toEqual(new Set([0, 1]));
  });

  it('leaves out what a sleeping machine missed and begins its totals anew', () => {
    const gauge = station('S-RAIN', [{ property: 'rainfall', intervalMs: 300_000 }]);
    const awake = new StationSchedule(gauge, { seed: 4, storms: new StormField(4), start: START });
    const asleep = new StationSchedule(gauge, { seed: 4, storms: new StormField(4), start: START });
    const wakes = START + 3 * DAY_MS;
    asleep.skipTo(epochMs(wakes));
    let last = awake.next();
    while (last[0]!.t < asleep.due!) last = awake.next();
    const next = asleep.next();
    expect(next[0]!.t).toBe(last[0]!.t);
    expect(next[0]!.v).toBeCloseTo(last[0]!.v!, 6);
  });
});

describe('createDemoSimulator', () => {
  const intake = new MqttIntake();
  let simulator: DemoSimulator;
  beforeEach(() => intake.start());
  afterEach(async () => {
    await simulator.stop();
    await intake.stop();
  });

  it('plays the simulated stations it has a secret for, at once and then at their intervals', async () => {
    const things: ThingSpec[] = [
      station('S-1', [
        { property: 'water_level', datum: 'x', intervalMs: 1_000 },
        { property: 'rainfall', intervalMs: 300_000 },
      ]),
      station('S-2', [{ property: 'ph', intervalMs: 600_000 }]),
      station('S-3', [{ property: 'ph', intervalMs: 1_000 }]),
      { ...station('S-4', [{ property: 'ph', intervalMs: 1_000 }]), simulated: false },
      { kind: 'gateway', id: 'G-1' as ThingId, name: 'G-1', stations: [] },
    ];
    const known = ['S-1', 'S-2', 'S-4', 'G-1'];
    simulator = createDemoSimulator({
      things,
      secrets: new Map(known.map(id => [id, `secret-of-${id}`])),
      host: '127.0.0.1',
      port: intake.port,
      seed: 1,
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
    });
    await simulator.start();
    const messages = () => intake.takenJson('S-1', 'obs') as { obs: { p: string; t: number }[] }[];
    await waitFor('the first three messages', () => messages().length >= 3);
    await waitFor('the first state of the other', () => intake.takenJson('S-2', 'obs'), {
      until: ({ length }) => length === 1,
    });
    const readings = messages().flatMap(({ obs }) => obs);
    const levels = readings.filter(({ p }) => p === 'water_level');
    // The stations have been on for five minutes, so one period of rain is over.
    expect(levels.length).toBeGreaterThan(300);
    expect(readings.length - levels.length).toBeGreaterThanOrEqual(1);
    expect(new Set(levels.map(({ t }) => t)).size).toBe(levels.length);
    expect(new Set(intake.taken.map(({ principal }) => principal))).toEqual(new Set(['S-1', 'S-2']));
    await simulator.stop();
    const status = intake.taken
      .filter(({ topic }) => topic.endsWith('/status'))
      .map(({ payload }) => String(payload));
    expect(status.filter(text => text.includes('offline'))).toHaveLength(2);
  });
});
