import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { SYSTEM_PRINCIPAL as ADMIN } from '../application.ts';
import { Administration } from '../identity/administration.ts';
import { sha256Hex } from '../identity/secret.ts';
import { StationLoans } from './station-loans.ts';

const station = (id: string, simulated = true): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  simulated,
  datastreams: [],
});

const temporary = temporaryFolder();
let operations: SqliteOperations;
let administration: Administration;
let clock: ManualClock;
let loans: StationLoans;
/** What the built-in simulator was told, in order, and who was disconnected. */
let told: string[];

beforeEach(async () => {
  clock = new ManualClock();
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  administration = new Administration({ operations, clock });
  await administration.load();
  await administration.district.apply(ADMIN, {
    parts: [station('S-1'), station('S-2'), station('S-3'), station('REAL', false)],
  });
  loans = new StationLoans({ administration, clock, log: SILENT_LOG });
  told = [];
  loans.playedBy({
    release: async ids => void told.push(`release ${ids.join()}`),
    resume: async ids => void told.push(`resume ${ids.join()}`),
  });
  administration.credentials.onRevoked(id => told.push(`disconnect ${id}`));
});
afterEach(async () => {
  loans.stop();
  if (clock.timers > 0) throw new Error('Timers are left.');
  await operations.close();
});

const secretHash = (id: string) => administration.credentials.credential(id)?.secretSha256;

describe('StationLoans', () => {
  it('lends simulated stations that nobody ever enrolled, and refuses the others with their reason', async () => {
    await administration.enrol(ADMIN, 'S-3');
    const { secrets, refused, leaseMs } = await loans.lend(ADMIN, [
      'S-1',
      'S-2',
      'S-3',
      'REAL',
      'NONE',
      'S-1',
    ]);
    expect(Object.keys(secrets)).toEqual(['S-1', 'S-2']);
    expect(refused).toEqual({ 'S-3': 'enrolled', REAL: 'not_simulated', NONE: 'not_registered' });
    expect(leaseMs).toBe(30_000);
    expect(secretHash('S-1')).toBe(sha256Hex(secrets['S-1']!));
    expect(['S-1', 'S-3', 'REAL'].map(id => loans.isLent(id))).toEqual([true, false, false]);
    // The built-in simulator has let go before the secret is another.
    expect(told).toEqual(['release S-1,S-2']);
    const [note] = await operations.audit(1);
    expect(note).toMatchObject({ action: 'station.lend', subject: '2 stations' });
  });

  it('takes stations back: the secret ends, whoever has it is disconnected, the built-in simulator goes on', async () => {
    const { loan } = await loans.lend(ADMIN, ['S-1', 'S-2']);
    told.length = 0;
    expect(await loans.giveBack(ADMIN, loan)).toEqual({ returned: 2 });
    expect(told).toEqual(['disconnect S-1', 'disconnect S-2', 'resume S-1,S-2']);
    expect(secretHash('S-1')).toBeUndefined();
    expect(loans.isLent('S-1')).toBe(false);
    expect(await loans.giveBack(ADMIN, loan)).toEqual({ returned: 0 });
    await expect(loans.renew(loan)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ends a loan that is not renewed within its lease, and no other', async () => {
    const forgotten = await loans.lend(ADMIN, ['S-1']);
    const kept = await loans.lend(ADMIN, ['S-2']);
    clock.advance(29_000);
    expect(await loans.renew(kept.loan)).toEqual({ stations: 1 });
    told.length = 0;
    clock.advance(1_000);
    await expect(loans.renew(forgotten.loan)).rejects.toMatchObject({ code: 'not_found' });
    await waitFor('the return', () => told.includes('resume S-1'));
    expect(loans.isLent('S-2')).toBe(true);
    clock.advance(28_999);
    expect(await loans.renew(kept.loan)).toEqual({ stations: 1 });
  });

  it('gives a station to the last who asks, and leaves it there when the former loan ends', async () => {
    const former = await loans.lend(ADMIN, ['S-1', 'S-2']);
    told.length = 0;
    const next = await loans.lend(ADMIN, ['S-2', 'S-3']);
    expect(told).toEqual(['release S-2,S-3', 'disconnect S-2']);
    expect(next.secrets['S-2']).not.toBe(former.secrets['S-2']);
    expect(await loans.renew(former.loan)).toEqual({ stations: 1 });
    expect(await loans.giveBack(ADMIN, former.loan)).toEqual({ returned: 1 });
    expect(secretHash('S-2')).toBe(sha256Hex(next.secrets['S-2']!));
    const last = await loans.lend(ADMIN, ['S-2', 'S-3']);
    await expect(loans.renew(next.loan)).rejects.toMatchObject({ code: 'not_found' });
    await loans.giveBack(ADMIN, last.loan);
  });

  it('leaves a station to the device that was enrolled meanwhile', async () => {
    const { loan } = await loans.lend(ADMIN, ['S-1']);
    const { secret } = await administration.enrol(ADMIN, 'S-1');
    await loans.giveBack(ADMIN, loan);
    expect(secretHash('S-1')).toBe(sha256Hex(secret));
    expect((await loans.lend(ADMIN, ['S-1'])).refused).toEqual({ 'S-1': 'enrolled' });
  });
});
