import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { PlayAccount } from '../../sensors-sim/player/play-account.ts';
import type { PlayScenarioOptions } from '../../sensors-sim/player/play-scenario.ts';
import { parseScenario } from '../../sensors-sim/scenario/scenario.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { thisProgram } from '../program.ts';

const ACCOUNT: PlayAccount = {
  stations: 2,
  from: epochMs(1_790_000_000_000),
  to: epochMs(1_790_003_600_000),
  messages: { obs: 1_200, backlog: 34, status: 5, unacknowledged: 0 },
  readings: 5_678,
  cuts: 3,
  lostInDevices: 9,
  affected: { duplicate: 12 },
  expected: { futureMessages: 1, stored: 5_000, duplicate: 70, corrected: 8 },
  refusedStations: {},
  aborted: false,
  elapsedMs: 1_500,
};

let probe: CliProbe;
let read: string[];
let played: PlayScenarioOptions[];
let account: Partial<PlayAccount>;

beforeEach(async () => {
  probe = createCliProbe();
  read = [];
  played = [];
  account = {};
  probe.parts.readScenario = path => {
    read.push(path);
    return Promise.resolve(parseScenario('name: 夜\nnameEn: Night\nstart: -1h\nduration: 1h\nseed: 7'));
  };
  probe.parts.playScenario = options => {
    played.push(options);
    return Promise.resolve({ ...ACCOUNT, ...account });
  };
  const station = (id: string, simulated: boolean): StationSpec => ({
    kind: 'station',
    id: id as ThingId,
    name: id,
    simulated,
    datastreams: [{ property: 'rainfall', intervalMs: 300_000 }],
  });
  probe.application.things.clear();
  for (const thing of [station('A-1', true), station('A-2', true), station('B-1', false)]) {
    probe.application.things.set(thing.id, thing);
  }
  await probe.startServer();
});
afterEach(() => probe.close());

describe('ww sim', () => {
  it('borrows the simulated stations of the registry and plays the scenario on them', async () => {
    const { code, out } = await probe.ww('sim', '--scenario', 'storm-night');
    expect(code).toBe(0);
    expect(read).toEqual([join(thisProgram().folder, 'config/scenarios/storm-night.yaml')]);
    expect(played[0]!.stations.map(({ id }) => id)).toEqual(['A-1', 'A-2']);
    expect(played[0]).toMatchObject({
      scenario: { name: '夜', seed: 7 },
      connect: { host: '127.0.0.1', port: 9 },
      speed: 'max',
      follow: false,
    });
    expect([...played[0]!.connect.secrets]).toEqual([
      ['A-1', 'loan-of-A-1'],
      ['A-2', 'loan-of-A-2'],
    ]);
    expect(probe.application.openLoans.size).toBe(0);
    expect(out).toContain('5,678 readings in 1,234 messages, 34 of them backlog\n');
    expect(out).toContain('touched by duplicate');
    expect(out).toContain('2026-09-21 22:13:20 +08:00 to 2026-09-21 23:13:20 +08:00\n');
    expect((await probe.ww('sim', '--json')).json()).toEqual({
      scenario: '夜',
      seed: 7,
      notLent: {},
      ...ACCOUNT,
    });
    expect(read[1]).toBe(join(thisProgram().folder, 'config/scenarios/ordinary-day.yaml'));
  });

  it('hands its options on; a path is a file of its own', async () => {
    await probe.ww('sim', '--scenario', 'my.yaml', '--seed', '3', '--speed', '60', '--follow');
    expect(read).toEqual([join(probe.dataDir, 'my.yaml')]);
    expect(played[0]).toMatchObject({ scenario: { seed: 3 }, speed: 60, follow: true });
  });

  it('fails where something was not acknowledged or a station was refused', async () => {
    account = { messages: { ...ACCOUNT.messages, unacknowledged: 1 } };
    expect((await probe.ww('sim')).code).toBe(1);
    account = { refusedStations: { 'A-1': 5 } };
    const { code, out } = await probe.ww('sim');
    expect(code).toBe(1);
    expect(out).toContain('1 stations were refused, A-1 first');
  });

  it('ends by a signal', async () => {
    probe.parts.playScenario = async ({ signal }) => {
      probe.signal('SIGINT');
      return { ...ACCOUNT, aborted: signal!.aborted };
    };
    expect((await probe.ww('sim', '--json')).json()).toMatchObject({ aborted: true });
    expect(probe.application.openLoans.size).toBe(0);
  });

  it('says which stations it does not play because a device has them', async () => {
    const { things } = probe.application;
    const enrolled = (id: string): void => {
      things.set(id, { ...(things.get('A-1') as StationSpec), id: id as ThingId });
    };
    enrolled('ENROLLED-1');
    enrolled('ENROLLED-2');
    const { code, err, json } = await probe.ww('sim', '--json');
    expect(code).toBe(0);
    expect(err).toBe('Not played: ENROLLED-1 is enrolled: a device has its secret, and 1 more like it.\n');
    expect(json()).toMatchObject({ notLent: { 'ENROLLED-1': 'enrolled', 'ENROLLED-2': 'enrolled' } });
    // The plan is that of the whole district; only those with a secret connect.
    expect(played[0]!.stations).toHaveLength(4);
    expect([...played[0]!.connect.secrets.keys()]).toEqual(['A-1', 'A-2']);
    things.delete('A-1');
    things.delete('A-2');
    const refused = await probe.ww('sim');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('No station can be borrowed. (conflict)\n  - ENROLLED-1: is enrolled');
    things.clear();
    expect((await probe.ww('sim')).err).toContain('No station is simulated. (invalid_request)');
    expect(probe.application.openLoans.size).toBe(0);
  });

  it('gives the stations back where the play fails', async () => {
    probe.parts.playScenario = () => Promise.reject(new Error('broken'));
    expect((await probe.ww('sim')).code).toBe(1);
    const done = probe.application.asked.administration.map(({ action }) => action);
    expect(done).toEqual(['lend', 'giveBack']);
    expect(probe.application.openLoans.size).toBe(0);
  });

  it('renews its loan, and ends the play where the loan has ended', async () => {
    probe.application.leaseMs = 30;
    probe.parts.playScenario = async ({ signal }) => {
      await waitFor('some renewals', () => probe.application.asked.renewals > 2);
      probe.application.openLoans.clear();
      await waitFor('the end', () => signal!.aborted);
      return { ...ACCOUNT, aborted: true };
    };
    const { code, err } = await probe.ww('sim');
    expect(code).toBe(1);
    expect(err).toContain('The stations were lent to somebody else');
  });
});
