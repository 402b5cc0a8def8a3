import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Basin, RegistryPart } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { GatewaySpec, StationSpec } from '../../domain/model/registry.ts';
import { EARLIEST_PHENOMENON_TIME, epochMs } from '../../domain/time/instant.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import type { Principal } from '../application.ts';
import { RegistryKeeper } from './registry-keeper.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'operator', scope: [] };
const station = (id: string, name = id): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name,
  datastreams: [],
});
const gateway = (id: string, stations: readonly string[]): GatewaySpec => ({
  kind: 'gateway',
  id: id as ThingId,
  name: id,
  stations: stations as ThingId[],
});
const basin = (id: string, name = id): Basin => ({ kind: 'basin', id, name });

const temporary = temporaryFolder();
let store: SqliteOperations;
let keeper: RegistryKeeper;
let clock: ManualClock;

const open = async () => {
  store = new SqliteOperations(join(temporary.path, 'operations.db'));
  keeper = new RegistryKeeper({ store, clock });
  await keeper.load();
};
const partsNow = () => keeper.book.keptParts().map(({ part }) => part);
const applied = async (...parts: readonly RegistryPart[]) => await keeper.applySite(ADMIN, { parts });

beforeEach(async () => {
  clock = new ManualClock();
  await open();
});
afterEach(() => store.close());

describe('applySite', () => {
  it('lets the first description hold from the beginning and each later change from its time', async () => {
    await applied(basin('b'), station('S-1'));
    clock.advance(60_000);
    await applied(basin('b'), station('S-1', 'renamed'));
    const validFrom = (kind: 'basin' | 'station', id: string) => keeper.book.kept({ kind, id })?.validFrom;
    expect(validFrom('basin', 'b')).toBe(EARLIEST_PHENOMENON_TIME);
    expect(validFrom('station', 'S-1')).toBe(clock.now());
    const before = await store.parts({ validAt: epochMs(clock.now() - 1) });
    expect(before.map(({ part }) => part)).toStrictEqual([basin('b'), station('S-1')]);
  });

  it('makes no version where nothing differs', async () => {
    expect((await applied(basin('b')))?.version).toBe(1);
    expect(await applied(basin('b'))).toBeUndefined();
    expect((await applied(basin('b', 'other')))?.version).toBe(2);
    expect(keeper.book.current().version).toBe(2);
  });

  it('retires what the folder no longer has, but nothing that was registered singly', async () => {
    await keeper.register(ADMIN, [station('R-1')]);
    await applied(basin('b'), station('S-1'), station('S-2'));
    await applied(basin('b'), station('S-2'));
    expect(partsNow()).toStrictEqual([station('R-1'), basin('b'), station('S-2')]);
    expect([...keeper.book.current().things.keys()]).toEqual(['R-1', 'S-2']);
    expect(keeper.book.district().basins.size).toBe(1);
  });

  it('takes over what was registered singly, and then retires it too', async () => {
    await keeper.register(ADMIN, [station('R-1')]);
    expect((await applied(station('R-1'), basin('b')))?.put).toBe(2);
    await applied(basin('b'));
    expect(partsNow()).toStrictEqual([basin('b')]);
  });

  it('takes a station from a gateway that was registered singly, which stays so', async () => {
    await keeper.register(ADMIN, [station('S-1'), station('S-2'), gateway('G-1', ['S-1', 'S-2'])]);
    await applied(station('S-2'), gateway('G-2', ['S-2']));
    expect(keeper.book.kept({ kind: 'gateway', id: 'G-1' })).toMatchObject({
      part: gateway('G-1', ['S-1']),
      origin: 'registered',
    });
  });

  it('refuses a time to come, and one before that from which a part holds', async () => {
    await applied(basin('b'));
    clock.advance(60_000);
    const future = { parts: [basin('b', 'x')], validFrom: epochMs(clock.now() + 1) };
    await expect(keeper.applySite(ADMIN, future)).rejects.toMatchObject({ code: 'conflict' });
    await applied(basin('b', 'new'));
    const early = { parts: [basin('b', 'x'), basin('c')], validFrom: epochMs(clock.now() - 1) };
    await expect(keeper.applySite(ADMIN, early)).rejects.toThrow(
      'The history of these goes on from a later time: basin b.',
    );
    await expect(keeper.applySite(ADMIN, { ...early, parts: [] })).rejects.toThrow(/basin b/);
    expect(partsNow()).toStrictEqual([basin('b', 'new')]);
  });

  it('allows a correction from the time of what it corrects', async () => {
    await applied(basin('b', 'wrong'));
    await keeper.applySite(ADMIN, { parts: [basin('b', 'right')], validFrom: EARLIEST_PHENOMENON_TIME });
    const held = await store.parts({ validAt: EARLIEST_PHENOMENON_TIME });
    expect(held.map(({ part }) => part)).toStrictEqual([basin('b', 'right')]);
  });

  it('comes back whole after a restart', async () => {
    await keeper.register(ADMIN, [station('R-1')]);
    await applied(basin('b'), station('S-1'));
    const kept = new Set(keeper.book.keptParts());
    const { version } = keeper.book.current();
    await store.close();
    await open();
    expect(new Set(keeper.book.keptParts())).toEqual(kept);
    expect(keeper.book.current().version).toBe(version);
    expect(keeper.siteVersion).toBe(2);
  });
});

describe('siteOf', () => {
  it('answers the district of a version, so that it can be applied again', async () => {
    await applied(basin('b'), station('S-1'));
    await applied(basin('c'));
    await keeper.register(ADMIN, [station('R-1')]);
    await keeper.applySite(ADMIN, { parts: await keeper.siteOf(1) });
    expect(new Set(partsNow())).toEqual(new Set([station('R-1'), basin('b'), station('S-1')]));
    await expect(keeper.siteOf(0)).rejects.toMatchObject({ code: 'not_found' });
    await expect(keeper.siteOf(9)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('register', () => {
  it('lets a thing that was retired come back from now, also after a restart', async () => {
    await applied(station('S-1'), basin('b'));
    clock.advance(1_000);
    await applied(basin('b'));
    await store.close();
    await open();
    clock.advance(1_000);
    await keeper.register(ADMIN, [station('S-1'), station('S-2')]);
    expect(keeper.book.kept({ kind: 'station', id: 'S-1' })?.validFrom).toBe(clock.now());
    expect(keeper.book.kept({ kind: 'station', id: 'S-2' })?.validFrom).toBe(EARLIEST_PHENOMENON_TIME);
  });

  it('lets a new thing hold from the beginning and a change from now, in one version', async () => {
    await keeper.register(ADMIN, [station('S-1')]);
    clock.advance(1_000);
    await keeper.register(ADMIN, [station('S-1', 'renamed'), station('S-2')]);
    expect(keeper.book.kept({ kind: 'station', id: 'S-1' })?.validFrom).toBe(clock.now());
    expect(keeper.book.kept({ kind: 'station', id: 'S-2' })?.validFrom).toBe(EARLIEST_PHENOMENON_TIME);
    expect(keeper.book.current().version).toBe(2);
  });
});
