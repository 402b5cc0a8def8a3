import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { NO_MESSAGES, NO_READINGS } from '../../test/harness/sound-backup.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { MANIFEST_FILE, readManifest, writeManifest } from './manifest.ts';
import type { ManifestContent } from './manifest.ts';

const temporary = temporaryFolder();

function content(path = 'archive/arrival-2026-07.db'): ManifestContent {
  return {
    program: '1.2.3',
    madeAt: 1_790_000_000_000,
    position: 7,
    cursors: { live: 1, backlog: 0 },
    ledger: { messages: NO_MESSAGES, readings: NO_READINGS, refused: [], balanced: true },
    rows: 3,
    differences: [],
    files: [{ path, bytes: 10, sha256: '0'.repeat(64) }],
  };
}

const reading = () =>
  readManifest(temporary.path).then(
    () => 'ok',
    (error: unknown) => (isAppError(error) ? error.code : error),
  );

describe('the manifest of a backup', () => {
  it('is read as it was written', async () => {
    const written = await writeManifest(temporary.path, content());
    expect(await readManifest(temporary.path)).toEqual(written);
  });

  it('is refused with any character of it changed', async () => {
    await writeManifest(temporary.path, content());
    const file = join(temporary.path, MANIFEST_FILE);
    const text = readFileSync(file, 'utf8');
    for (let at = 0; at < text.length; at += 1) {
      const changed = text[at] === '1' ? '2' : '1';
      if (/\s/.test(text[at] ?? ' ')) continue;
      writeFileSync(file, text.slice(0, at) + changed + text.slice(at + 1));
      expect([at, await reading()]).toEqual([at, 'backup_invalid']);
    }
    writeFileSync(file, text.slice(0, -10));
    expect(await reading()).toBe('backup_invalid');
    rmSync(file);
    expect(await reading()).toBe('backup_invalid');
  });

  it.each(['../etc/passwd', '/etc/passwd', 'a/../../b', 'a//b', '.', 'a/./b', ''])(
    'is refused when it names a file outside of the backup: "%s"',
    async path => {
      await writeManifest(temporary.path, content(path));
      expect(await reading()).toBe('backup_invalid');
    },
  );

  it.each(['journal.db', 'snapshots/GW-1/2026-07-01/1-ch..1-0f.jpg'])('may name "%s"', async path => {
    await writeManifest(temporary.path, content(path));
    expect(await reading()).toBe('ok');
  });

  it('of a later version is told from a damaged one', async () => {
    const later = { format: 'waterwarden-backup', version: 2, more: true };
    const sha256 = createHash('sha256').update(JSON.stringify(later)).digest('hex');
    writeFileSync(join(temporary.path, MANIFEST_FILE), JSON.stringify({ ...later, sha256 }));
    expect(await reading()).toBe('unsupported');
  });
});
