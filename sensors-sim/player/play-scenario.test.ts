import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { districtOf } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { parseScenario } from '../scenario/scenario.ts';
import { playScenario } from './play-scenario.ts';

const STATION: StationSpec = {
  kind: 'station',
  id: 'S-1' as ThingId,
  name: 'S-1',
  simulated: true,
  datastreams: [{ property: 'rainfall', intervalMs: 60_000 }],
};

describe('playScenario', () => {
  const intake = new MqttIntake();
  beforeEach(() => intake.start());
  afterEach(async () => {
    await intake.stop();
    intake.taken.length = 0;
  });

  const play = (text: string, rest: Partial<Parameters<typeof playScenario>[0]> = {}) =>
    playScenario({
      scenario: parseScenario(text),
      stations: [STATION],
      district: districtOf([]),
      connect: { host: '127.0.0.1', port: intake.port, secrets: new Map([['S-1', 'secret-of-S-1']]) },
      speed: 'max',
      follow: false,
      clock: SYSTEM_CLOCK,
      ...rest,
    });

  it('lets the storm of the scenario fall on the stations', async () => {
    const account = await play(`
name: storm
start: -3h
duration: 2h
weather:
  climate: dry
  storms: [{ from: 30m, duration: 1h, depthMm: 80, latitude: 22.7, longitude: 114.2, radiusKm: 50 }]
`);
    expect(account).toMatchObject({ aborted: false, messages: { obs: 120, unacknowledged: 0 } });
    const messages = intake.takenJson('S-1', 'obs') as { obs: { v: number }[] }[];
    const depths = messages.map(({ obs }) => obs[0]!.v);
    const sum = (from: number, to: number) =>
      depths.slice(from, to).reduce((total, depth) => total + depth, 0);
    expect(sum(0, 30)).toBe(0);
    expect(sum(30, 92)).toBeGreaterThan(40);
    expect(sum(92, 120)).toBe(0);
  });

  it('refuses what it cannot play before anything is sent', async () => {
    const invalid = expect.objectContaining({ code: 'invalid_request' });
    await expect(play('{name: a, start: now, duration: 1h}')).rejects.toEqual(invalid);
    await expect(play('{name: a, start: "2999-01-01T00:00Z", duration: 1h}')).rejects.toEqual(invalid);
    await expect(play('{name: a, start: -1h, duration: 1h}', { stations: [] })).rejects.toEqual(invalid);
    const stranger = '{name: a, start: -1h, duration: 1h, behaviours: [{kind: stuck, stations: [S-2]}]}';
    await expect(play(stranger)).rejects.toEqual(expect.objectContaining({ code: 'scenario_invalid' }));
    expect(intake.taken).toEqual([]);
  });

  it('ends by its signal', async () => {
    const ending = new AbortController();
    const playing = play('{name: a, start: now, duration: 1h}', { follow: true, signal: ending.signal });
    await waitFor('the greeting', () => intake.taken.length, { until: count => count > 0 });
    ending.abort();
    const account = await playing;
    expect(account.aborted).toBe(true);
  });
});
