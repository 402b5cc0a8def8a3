import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RegistryPart } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { DistrictSimulatorOptions } from '../../sensors-sim/player/district-simulator.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { createFakeApplication, observation } from '../../test/harness/fake-application.ts';
import type { FakeApplication } from '../../test/harness/fake-application.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { sketchAsset } from '../../test/harness/small-district.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { SYSTEM_PRINCIPAL as ADMIN } from '../application.ts';
import { Administration } from '../identity/administration.ts';
import { sha256Hex } from '../identity/secret.ts';
import { BuiltInSimulator } from './built-in-simulator.ts';
import { StationLoans } from './station-loans.ts';

const station = (id: string, rest: Partial<StationSpec> = {}): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  simulated: true,
  datastreams: [],
  ...rest,
});

const temporary = temporaryFolder();
let operations: SqliteOperations;
let administration: Administration;
let application: FakeApplication;
let clock: ManualClock;
let loans: StationLoans;
let builtIn: BuiltInSimulator;
/** What plays, one for each begin. */
let begun: DistrictSimulatorOptions[];
let told: string[];
let resumed: { readonly id: string; readonly secret: string; readonly after: number }[];

beforeEach(async () => {
  clock = new ManualClock();
  application = createFakeApplication();
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  administration = new Administration({ operations, clock });
  await administration.load();
  await apply(station('S-1'), station('S-2'), station('REAL', { simulated: false }));
  loans = new StationLoans({ administration, clock, log: SILENT_LOG });
  begun = [];
  told = [];
  resumed = [];
  builtIn = new BuiltInSimulator({
    parts: { administration, loans },
    application,
    clock,
    log: SILENT_LOG,
    mqtt: { host: '127.0.0.1', port: 9 },
    scenario: undefined,
    createSimulator: options => {
      begun.push(options);
      return {
        start: async () => void told.push('start'),
        stop: async () => void told.push('stop'),
        release: async id => void told.push(`release ${id}`),
        resume: (id, options) => void resumed.push({ id, ...options }),
      };
    },
  });
  await builtIn.start();
});
afterEach(async () => {
  await builtIn.stop();
  loans.stop();
  if (clock.timers > 0) throw new Error('Timers are left.');
  await operations.close();
});

const apply = (...parts: readonly RegistryPart[]) => administration.district.apply(ADMIN, { parts });
const playing = () => begun.at(-1)!;
const playedIds = () => [...playing().things].map(({ id }) => id);
const secretHash = (id: string) => administration.credentials.credential(id)?.secretSha256;
/** Lets the registry settle; answers once the simulator has begun for the n-th time. */
const settle = async (times: number): Promise<void> => {
  clock.advance(2_000);
  await waitFor('the new begin', () => told.filter(each => each === 'start').length === times);
};
/** Whatever had to be done on a change is done. */
const idle = () => builtIn.release([]);

describe('BuiltInSimulator', () => {
  it('plays the simulated stations under secrets of its own', () => {
    expect(playedIds()).toEqual(['S-1', 'S-2']);
    expect([...playing().secrets.keys()]).toEqual(['S-1', 'S-2']);
    expect(secretHash('S-1')).toBe(sha256Hex(playing().secrets.get('S-1')!));
    expect(secretHash('REAL')).toBeUndefined();
  });

  it('leaves what is lent, and plays it again from now on, and from after what is stored', async () => {
    const { loan } = await loans.lend(ADMIN, ['S-1', 'S-2']);
    expect(told.slice(1)).toEqual(['release S-1', 'release S-2']);
    clock.advance(20_000);
    const ahead = epochMs(clock.now() + 300_000);
    application.latestValues = [
      { station: 'S-1', property: 'ph', observation: observation({ t: epochMs(clock.now() - 5) }) },
      { station: 'S-2', property: 'ph', observation: observation({ t: ahead }) },
    ];
    await loans.giveBack(ADMIN, loan);
    expect(resumed.map(({ id, after }) => [id, after])).toEqual([
      ['S-1', clock.now()],
      ['S-2', ahead],
    ]);
    for (const { id, secret } of resumed) expect(secretHash(id)).toBe(sha256Hex(secret));
  });

  it('asks what is stored only when ingest has taken what the borrower sent', async () => {
    const { loan } = await loans.lend(ADMIN, ['S-1']);
    application.head = { live: 7, backlog: 2 };
    const asked: string[] = [];
    application.ingestStatus = async () => {
      asked.push('ingest');
      return application.ingest;
    };
    application.latest = async () => {
      asked.push('latest');
      return [];
    };
    const returned = loans.giveBack(ADMIN, loan);
    await waitFor('the first look', () => asked.length > 0 && clock.timers === 1);
    application.ingest = { ...application.ingest, taken: { live: 7, backlog: 2 } };
    clock.advance(100);
    await returned;
    expect(asked).toEqual(['ingest', 'ingest', 'latest']);
    expect(resumed).toHaveLength(1);
  });

  it('gives a station up for good to a device that is enrolled', async () => {
    const { loan } = await loans.lend(ADMIN, ['S-1']);
    await administration.enrol(ADMIN, 'S-1');
    await administration.enrol(ADMIN, 'S-2');
    expect(told).toContain('release S-2');
    await loans.giveBack(ADMIN, loan);
    expect(resumed).toEqual([]);
    await administration.register(ADMIN, [station('REAL', { simulated: false, name: 'new' })]);
    clock.advance(2_000);
    await idle();
    expect(begun).toHaveLength(1);
  });

  it('begins anew once with the new district, and keeps its secrets', async () => {
    const secret = playing().secrets.get('S-2');
    const s1 = secretHash('S-1');
    expect(s1).toBeDefined();
    await apply(station('S-2'), station('S-3'));
    clock.advance(1_999);
    await apply(station('S-2'), station('S-3', { name: 'renamed' }));
    application.latestValues = [
      { station: 'S-2', property: 'ph', observation: observation({ t: clock.now() }) },
    ];
    await settle(2);
    expect(told.filter(each => each === 'stop')).toHaveLength(1);
    expect(told.lastIndexOf('stop')).toBeLessThan(told.lastIndexOf('start'));
    expect(playedIds()).toEqual(['S-2', 'S-3']);
    expect(playing().secrets.get('S-2')).toBe(secret);
    expect(secretHash('S-1')).toBeUndefined();
    expect(playing().knownUntil.get('S-2')).toBe(clock.now() - 2_000);
  });

  it('begins anew for water that flows otherwise, and not for what it does not play', async () => {
    const things = [station('S-1'), station('S-2'), station('REAL', { simulated: false })];
    await apply(...things, { kind: 'person', id: 'P', name: 'P', phone: '1' } as unknown as RegistryPart);
    clock.advance(2_000);
    await idle();
    expect(begun).toHaveLength(1);
    await apply(...things, sketchAsset('dam', { type: 'reservoir', basin: 'north' }));
    await settle(2);
    expect([...playing().district.assets.keys()]).toEqual(['dam']);
  });

  it('plays a station again that was retired for a moment', async () => {
    await apply(station('S-2'));
    await apply(station('S-1'), station('S-2'));
    expect(told).toContain('release S-1');
    await settle(2);
    expect(playedIds().toSorted()).toEqual(['S-1', 'S-2']);
  });

  it('leaves what is lent also when it begins anew, and takes it back into the new district', async () => {
    const { loan, secrets } = await loans.lend(ADMIN, ['S-1']);
    await apply(station('S-1'), station('S-2'), station('S-3'));
    await settle(2);
    expect(playedIds()).toEqual(['S-1', 'S-2', 'S-3']);
    expect([...playing().secrets.keys()]).toEqual(['S-2', 'S-3']);
    expect(secretHash('S-1')).toBe(sha256Hex(secrets['S-1']!));
    await idle();
    await loans.giveBack(ADMIN, loan);
    expect(resumed.map(({ id }) => id)).toEqual(['S-1']);
  });
});
