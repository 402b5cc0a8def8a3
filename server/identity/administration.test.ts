import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Basin } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { GatewaySpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import type { Principal } from '../application.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { Administration } from './administration.ts';
import { sha256Hex } from './secret.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'operator', scope: [] };
const NOW = epochMs(1_790_000_000_000);
const clock = { now: () => NOW, monotonicMs: () => 0, after: () => () => undefined };
const station = (id: string): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [],
});
const gateway = (id: string, stations: readonly string[]): GatewaySpec => ({
  kind: 'gateway',
  id: id as ThingId,
  name: id,
  stations: stations as ThingId[],
});

const temporary = temporaryFolder();
let operations: SqliteOperations;
let administration: Administration;

const open = async (): Promise<void> => {
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  administration = new Administration({ operations, clock });
  await administration.load();
};

beforeEach(async () => {
  await open();
});
afterEach(async () => {
  await operations.close();
});

describe('enrolment', () => {
  it('gives a registered thing a secret of which only the hash is kept, also over a restart', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const { secret } = await administration.enrol(ADMIN, 'S-1');
    expect(secret.length).toBeGreaterThanOrEqual(32);
    await operations.close();
    await open();
    expect(administration.credentials.credential('S-1')).toEqual({
      id: 'S-1',
      secretSha256: sha256Hex(secret),
      enrolledAt: NOW,
    });
    expect(administration.registry.current().things.get('S-1')).toEqual(station('S-1'));
  });

  it('refuses strangers and a second enrolment', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    await administration.enrol(ADMIN, 'S-1');
    await expect(administration.enrol(ADMIN, 'S-1')).rejects.toMatchObject({ code: 'conflict' });
    await expect(administration.enrol(ADMIN, 'S-2')).rejects.toMatchObject({ code: 'not_found' });
    await expect(administration.rotate(ADMIN, 'S-2')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('tells the broker of rotation and revocation, and allows enrolment anew after a revocation', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const told: string[] = [];
    administration.credentials.onRevoked(id => told.push(id));
    const first = await administration.enrol(ADMIN, 'S-1');
    expect(told).toEqual([]);
    const second = await administration.rotate(ADMIN, 'S-1');
    expect(second.secret).not.toBe(first.secret);
    await administration.revoke(ADMIN, 'S-1');
    expect(told).toEqual(['S-1', 'S-1']);
    expect(administration.credentials.credential('S-1')?.revokedAt).toBe(NOW);
    await expect(administration.rotate(ADMIN, 'S-1')).rejects.toMatchObject({ code: 'conflict' });
    const third = await administration.enrol(ADMIN, 'S-1');
    expect(administration.credentials.credential('S-1')).toEqual({
      id: 'S-1',
      secretSha256: sha256Hex(third.secret),
      enrolledAt: NOW,
    });
  });

  it('ends a loan, and lends nothing to what was ever enrolled', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const told: string[] = [];
    administration.credentials.onRevoked(id => told.push(id));
    const loan = administration.credentials.lend('S-1' as ThingId, NOW);
    expect(administration.credentials.credential('S-1')?.secretSha256).toBe(sha256Hex(loan ?? ''));
    await administration.enrol(ADMIN, 'S-1');
    expect(told).toEqual(['S-1']);
    expect(administration.credentials.lend('S-1' as ThingId, NOW)).toBeUndefined();
  });

  it('tells the broker of a loan that is replaced or ended', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const { credentials } = administration;
    const id = 'S-1' as ThingId;
    const told: string[] = [];
    credentials.onRevoked(each => told.push(each));
    const first = credentials.lend(id, NOW);
    expect(told).toEqual([]);
    const second = credentials.lend(id, NOW);
    expect(second).not.toBe(first);
    expect(told).toEqual(['S-1']);
    credentials.endLoan(id);
    credentials.endLoan(id);
    expect(told).toEqual(['S-1', 'S-1']);
    expect(credentials.credential('S-1')).toBeUndefined();
  });
});

describe('registration', () => {
  it('answers secrets for those that had none, and changes no known secret', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const known = await administration.enrol(ADMIN, 'S-1');
    const { secrets } = await administration.register(ADMIN, [station('S-1'), station('S-2')]);
    expect(Object.keys(secrets)).toEqual(['S-2']);
    expect(administration.credentials.credential('S-1')?.secretSha256).toBe(sha256Hex(known.secret));
    expect(administration.credentials.credential('S-2')?.secretSha256).toBe(sha256Hex(secrets['S-2'] ?? ''));
  });

  it('makes a new version only where something differs', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    const { version } = administration.registry.current();
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    expect(administration.registry.current().version).toBe(version);
    await administration.district.apply(ADMIN, { parts: [{ ...station('S-1'), name: 'renamed' }] });
    expect(administration.registry.current().version).toBe(version + 1);
  });

  it('takes a station from its old gateway when it moves to a new one', async () => {
    await administration.register(ADMIN, [station('S-1'), station('S-2'), gateway('G-1', ['S-1', 'S-2'])]);
    await administration.register(ADMIN, [gateway('G-2', ['S-2'])]);
    expect(administration.registry.current().things.get('G-1')).toEqual(gateway('G-1', ['S-1']));
    await operations.close();
    await open();
    expect(administration.registry.current().things.get('G-1')).toEqual(gateway('G-1', ['S-1']));
  });
});

describe('a district', () => {
  it('disconnects the things it retires, and can be rolled back under a note', async () => {
    await administration.district.apply(ADMIN, { parts: [station('S-1'), station('S-2')] });
    const told: string[] = [];
    administration.credentials.onRevoked(id => told.push(id));
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    expect(told).toEqual(['S-2']);
    await administration.district.rollBack(ADMIN, { version: 1 });
    expect([...administration.registry.current().things.keys()]).toEqual(['S-1', 'S-2']);
    const [newest] = await administration.district.versions(1);
    expect(newest).toMatchObject({ version: 3, note: 'back to version 1', put: 1, retired: 0 });
    expect((await operations.audit(1))[0]).toMatchObject({
      action: 'registry.site',
      subject: '1 parts put, 0 retired',
      detail: 'version 3',
    });
  });

  it('leaves a station connected when a basin of the same name is retired', async () => {
    const basin: Basin = { kind: 'basin', id: 'S-1', name: 'S-1' };
    await administration.district.apply(ADMIN, { parts: [station('S-1'), basin] });
    const told: string[] = [];
    administration.credentials.onRevoked(id => told.push(id));
    await administration.district.apply(ADMIN, { parts: [station('S-1')] });
    expect(told).toEqual([]);
  });
});

describe('tokens', () => {
  it('authenticate their principal, also over a restart', async () => {
    const { token, record } = await administration.createToken(ADMIN, { role: 'integrator', scope: ['S-1'] });
    await operations.close();
    await open();
    expect(administration.tokens.authenticate(token)).toEqual({
      id: `token:${record.id}`,
      role: 'integrator',
      organisation: 'operator',
      scope: ['S-1'],
    });
    expect(administration.tokens.authenticate(`${token}x`)).toBeUndefined();
  });

  it('leave an audit trail under who made them', async () => {
    const { record } = await administration.createToken(ADMIN, { role: 'viewer' });
    expect(await operations.audit(1)).toEqual([
      {
        at: NOW,
        principal: 'control',
        organisation: 'operator',
        action: 'token.create',
        subject: record.id,
        detail: 'role viewer',
      },
    ]);
  });
});
