import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { districtOf } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, StationSpec, ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { HOUR_MS, epochMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { parseScenario } from '../scenario/scenario.ts';
import { createDistrictSimulator } from './district-simulator.ts';
import type { DistrictSimulator, DistrictSimulatorOptions } from './district-simulator.ts';

function station(id: string, datastreams: readonly DatastreamSpec[]): StationSpec {
  return { kind: 'station', id: id as ThingId, name: id, simulated: true, datastreams };
}

const THINGS: readonly ThingSpec[] = [
  station('S-1', [
    { property: 'water_level', datum: 'x', intervalMs: 10_000 },
    { property: 'rainfall', intervalMs: 300_000 },
  ]),
  station('S-2', [{ property: 'ph', intervalMs: 60_000 }]),
  station('S-3', [{ property: 'ph', intervalMs: 1_000 }]),
  { ...station('S-4', [{ property: 'ph', intervalMs: 1_000 }]), simulated: false },
  { kind: 'gateway', id: 'G-1' as ThingId, name: 'G-1', stations: [] },
];

/** The afternoon of some day, from the start of the tests on. */
const ORIGIN_MS = SYSTEM_CLOCK.monotonicMs();
const CLOCK: Clock = {
  ...SYSTEM_CLOCK,
  now: () => epochMs(Date.UTC(2026, 7, 15, 6, 20, 7) + Math.round(SYSTEM_CLOCK.monotonicMs() - ORIGIN_MS)),
};

interface Message {
  readonly sent: number;
  readonly obs: readonly { readonly p: string; readonly t: number; readonly v: number }[];
}

describe('createDistrictSimulator', () => {
  const intake = new MqttIntake();
  const running = new Set<DistrictSimulator>();
  beforeEach(() => intake.start());
  afterEach(async () => {
    for (const simulator of running) await simulator.stop();
    running.clear();
    await intake.stop();
    intake.taken.length = 0;
  });

  async function start(options: Partial<DistrictSimulatorOptions> = {}): Promise<DistrictSimulator> {
    const simulator = createDistrictSimulator({
      things: THINGS,
      district: districtOf([]),
      secrets: new Map(['S-1', 'S-2', 'S-4', 'G-1'].map(id => [id, `secret-of-${id}`])),
      host: '127.0.0.1',
      port: intake.port,
      seed: 1,
      knownUntil: new Map(),
      clock: CLOCK,
      log: SILENT_LOG,
      ...options,
    });
    running.add(simulator);
    await simulator.start();
    return simulator;
  }
  const taken = (id: string, channel: string) => intake.takenJson(id, channel) as Message[];
  const readings = (id: string) => [...taken(id, 'backlog'), ...taken(id, 'obs')].flatMap(({ obs }) => obs);

  it('sends the past hours as backlog in few messages, and goes on in real time', async () => {
    const startedAt = CLOCK.now();
    const simulator = await start();
    await waitFor('the backlog and a live reading', () => taken('S-1', 'obs').length, {
      until: count => count > 0,
      timeoutMs: 15_000,
    });
    await waitFor('the whole backlog', () => readings('S-1').length, {
      until: count => count > 3 * 360 + 30,
      timeoutMs: 15_000,
    });
    const levels = readings('S-1').filter(({ p }) => p === 'water_level');
    expect(new Set(levels.map(({ t }) => t)).size).toBe(levels.length);
    expect(Math.min(...levels.map(({ t }) => t))).toBeGreaterThanOrEqual(startedAt - 3 * HOUR_MS);
    expect(Math.max(...levels.map(({ t }) => t))).toBeLessThanOrEqual(CLOCK.now());
    expect(taken('S-1', 'backlog').length).toBeLessThan(20);
    expect(readings('S-1').some(({ p }) => p === 'rainfall')).toBe(true);
    expect(new Set(intake.taken.map(({ principal }) => principal))).toEqual(new Set(['S-1', 'S-2']));
    await simulator.stop();
    const goodbyes = intake.taken.filter(({ payload }) => payload.includes('offline'));
    expect(goodbyes).toHaveLength(2);
  });

  it('says the same of the same time after a restart, and leaves out what is known', async () => {
    const first = await start();
    await waitFor('the backlog', () => readings('S-2').length, {
      until: count => count > 170,
      timeoutMs: 15_000,
    });
    await first.stop();
    const told = new Map(readings('S-2').map(({ t, v }) => [t, v]));
    const known = [...told.keys()].toSorted((a, b) => a - b)[100]!;
    intake.taken.length = 0;
    await start({ knownUntil: new Map([['S-2', epochMs(known)]]) });
    await waitFor('the rest', () => readings('S-2').length, {
      until: count => count > 70,
      timeoutMs: 15_000,
    });
    const again = readings('S-2');
    expect(Math.min(...again.map(({ t }) => t))).toBe(known + 60_000);
    for (const { t, v } of again) if (told.has(t)) expect(v).toBe(told.get(t));
  });

  it('plays a scenario up to the present, and leaves a station to its real device', async () => {
    const scenario = parseScenario(
      'name: a\nstart: -30m\nduration: 1h\nseed: 4\nbehaviours: [{kind: stuck, stations: [S-2]}]',
    );
    const simulator = await start({ scenario });
    await waitFor('the present', () => taken('S-1', 'obs').at(-1)?.sent ?? 0, {
      until: sent => sent > CLOCK.now() - 60_000,
      timeoutMs: 15_000,
    });
    expect(taken('S-1', 'backlog')).toEqual([]);
    expect(new Set(readings('S-2').map(({ v }) => v)).size).toBe(1);
    await simulator.release('S-1');
    await simulator.release('S-9');
    await waitFor('the goodbye', () => taken('S-1', 'status') as unknown as { state: string }[], {
      until: states => states.at(-1)?.state === 'offline',
    });
  });
});
