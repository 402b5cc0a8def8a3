import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AppError } from '../../domain/errors.ts';
import { createCliProbe } from '../../test/harness/cli-probe.ts';
import type { CliProbe } from '../../test/harness/cli-probe.ts';
import { SOUND_BACKUP } from '../../test/harness/sound-backup.ts';

let probe: CliProbe;
beforeEach(() => {
  probe = createCliProbe();
});
afterEach(() => probe.close());

const MADE = [
  'as of            2026-09-21 22:13:20',
  'messages         1,000, 10 of them to be stored at the next start',
  'readings stored  5,000',
  'rows             5,000',
  'size             123.5 MB in 4 files',
  'time             1.2 s',
  'Its ledger balances and agrees with the rows.',
  '',
].join('\n');

describe('ww backup', () => {
  it('lets the running server make it, into a folder seen from here, and tells how far it is', async () => {
    await probe.startServer();
    let finish: () => void = () => undefined;
    const asked = new Promise<void>(resolve => {
      probe.application.onBackup = () =>
        new Promise(end => {
          finish = end;
          resolve();
        });
    });
    probe.application.backupAt = { step: 'store', bytes: 2_000_000 };
    const answer = probe.ww('backup', 'monday');
    await asked;
    while (!probe.application.wasAskedForProgress) await new Promise(resolve => setImmediate(resolve));
    finish();
    const target = join(probe.dataDir, 'monday');
    expect(await answer).toMatchObject({
      code: 0,
      out: `Backed up to ${target}\n${MADE}`,
      err: 'copying the telemetry store: 2 MB\n',
    });
    expect(probe.application.asked.administration).toMatchObject([
      { principal: { id: 'control' }, action: 'backup', detail: target },
    ]);
  });

  it('passes on why the server could not', async () => {
    await probe.startServer();
    probe.application.onBackup = () => Promise.reject(new AppError('conflict', 'It is not empty.'));
    expect(await probe.ww('backup', '/b', '--json')).toMatchObject({
      code: 1,
      out: '',
      err: '{"error":{"code":"conflict","message":"It is not empty.","problems":[]}}\n',
    });
  });

  it('copies the files where no server runs, and says each step once', async () => {
    probe.parts.backupOffline = async (config, { target, onProgress }) => {
      expect([config.dataDir, target]).toEqual([probe.dataDir, '/backups/monday']);
      for (const bytes of [0, 1_000_000, 2_000_000]) onProgress({ step: 'store', bytes });
      onProgress({ step: 'check', bytes: 0 });
      probe.nowMs += 10_000;
      onProgress({ step: 'check', bytes: 0 });
      return SOUND_BACKUP;
    };
    const { code, err } = await probe.ww('backup', '/backups/monday');
    expect([code, err]).toEqual([
      0,
      `No server runs; copying the files in ${probe.dataDir}.\ncopying the telemetry store\nopening and counting the copy\n`,
    ]);
    expect((await probe.ww('backup', '/backups/monday', '--json')).json()).toEqual(SOUND_BACKUP);
  });

  it('exits with 1 where the copied ledger does not add up', async () => {
    probe.parts.backupOffline = async () => ({ ...SOUND_BACKUP, differences: ['S-1: one row is missing.'] });
    const { code, out } = await probe.ww('backup', '/b');
    expect([code, out]).toEqual([1, expect.stringContaining('does NOT add up')]);
    expect(out).toContain('S-1: one row is missing.');
  });
});

describe('ww restore', () => {
  it('makes the data directory from the backup', async () => {
    probe.parts.restoreBackup = async ({ folder, dataDir, onProgress }) => {
      expect([folder, dataDir]).toEqual([join(probe.dataDir, 'monday'), probe.dataDir]);
      onProgress({ step: 'verify', bytes: 0 });
      return SOUND_BACKUP;
    };
    expect(await probe.ww('restore', 'monday')).toMatchObject({
      code: 0,
      out: `Restored into ${probe.dataDir}\n${MADE}`,
      err: 'checking the backup\n',
    });
  });

  it('refuses while a server runs', async () => {
    await probe.startServer();
    const { code, err } = await probe.ww('restore', '/b');
    expect([code, err]).toEqual([1, expect.stringContaining('(already_running)')]);
  });
});
