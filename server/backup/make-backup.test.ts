import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { AppError, isAppError } from '../../domain/errors.ts';
import { NO_MESSAGES, NO_READINGS } from '../../test/harness/sound-backup.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { makeBackup } from './make-backup.ts';
import type { BackupOptions } from './make-backup.ts';
import type { BackupManifest } from './manifest.ts';

const temporary = temporaryFolder();
let dataDir: string;
let did: string[];
/** The step that fails. */
let failing: { readonly step: string; readonly error: Error } | undefined;

const MANIFEST: BackupManifest = {
  format: 'waterwarden-backup',
  version: 1,
  program: '1',
  madeAt: 5,
  position: 7,
  cursors: { live: 1, backlog: 0 },
  ledger: { messages: NO_MESSAGES, readings: NO_READINGS, refused: [], balanced: true },
  rows: 3,
  differences: [],
  files: [
    { path: 'journal.db', bytes: 10, sha256: '0'.repeat(64) },
    { path: 'telemetry.duckdb', bytes: 20, sha256: '0'.repeat(64) },
  ],
};

beforeEach(() => {
  dataDir = join(temporary.path, 'data');
  did = [];
  failing = undefined;
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'journal.db'), '');
});

async function step(name: string): Promise<void> {
  did.push(name);
  await Promise.resolve();
  if (failing?.step === name) throw failing.error;
}

function backup(target: string, change: Partial<BackupOptions> = {}): ReturnType<typeof makeBackup> {
  return makeBackup({
    dataDir,
    target,
    program: '1',
    clock: new ManualClock(),
    onProgress: () => undefined,
    sources: {
      copyStore: async path => {
        await step('store');
        writeFileSync(path, 'rows');
      },
      withArchiveHeld: async work => {
        await step('hold');
        try {
          return await work();
        } finally {
          did.push('release');
        }
      },
    },
    work: {
      copyFiles: () => step('files'),
      seal: async () => {
        await step('seal');
        return MANIFEST;
      },
    },
    ...change,
  });
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (isAppError(error) ? error.code : error),
  );

describe('makeBackup', () => {
  it('copies the store before the journal, both while the archive is held, and appears at the end', async () => {
    const target = join(temporary.path, 'backups', 'monday');
    const summary = await backup(target);
    expect(did).toEqual(['hold', 'store', 'files', 'release', 'seal']);
    const { files: _files, ...content } = MANIFEST;
    expect(summary).toEqual({ ...content, folder: target, files: 2, bytes: 30, elapsedMs: 0 });
    expect(readdirSync(join(temporary.path, 'backups'))).toEqual(['monday']);
    expect(readdirSync(target)).toEqual(['telemetry.duckdb']);
  });

  it('takes the place of an empty folder', async () => {
    mkdirSync(join(temporary.path, 'empty'));
    expect(await codeOf(backup(join(temporary.path, 'empty')))).toBe('ok');
  });

  it.each(['hold', 'store', 'files', 'seal'])('leaves nothing behind where "%s" fails', async name => {
    const target = join(temporary.path, 'backups', 'monday');
    failing = { step: name, error: new Error('ENOSPC: no space left on device') };
    expect(await codeOf(backup(target))).toBe('backup_failed');
    expect(readdirSync(join(temporary.path, 'backups'))).toEqual([]);
    expect(did.includes('release')).toBe(name !== 'hold');
    failing = { step: name, error: new AppError('store_unavailable', 'No space for the checkpoint.') };
    expect(await codeOf(backup(target))).toBe('store_unavailable');
  });

  it('refuses a target that holds something, lies in the data directory, or is no absolute path', async () => {
    const full = join(temporary.path, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'a'), '');
    symlinkSync(dataDir, join(temporary.path, 'link'));
    for (const [target, code] of [
      [full, 'conflict'],
      [join(full, 'a'), 'conflict'],
      [join(full, 'a', 'b'), 'backup_failed'],
      [dataDir, 'invalid_request'],
      [join(dataDir, 'backups', 'monday'), 'invalid_request'],
      [join(temporary.path, 'link', 'monday'), 'invalid_request'],
      ['monday', 'invalid_request'],
    ] as const) {
      expect([target, await codeOf(backup(target))]).toEqual([target, code]);
    }
    expect(did).toEqual([]);
    expect(readdirSync(dataDir)).toEqual(['journal.db']);
  });

  it('refuses where there is nothing to back up', async () => {
    const target = join(temporary.path, 'backup');
    expect(await codeOf(backup(target, { dataDir: join(temporary.path, 'none') }))).toBe('not_found');
  });
});
