import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DuckdbTelemetry, TELEMETRY_FILE } from '../../storage/duckdb/telemetry-client.ts';
import { EPISODES_FILE } from '../../storage/sqlite/episodes-schema.ts';
import { SqliteEpisodes } from '../../storage/sqlite/episodes.ts';
import { JournalClient } from '../../storage/sqlite/journal-client.ts';
import { changeOf, episodeBatch } from '../../test/harness/episode-batch.ts';
import { appendDurably, journalEntry } from '../../test/harness/journal-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { createBackupWork } from './backup-work.ts';
import type { BackupManifest } from './manifest.ts';

const temporary = temporaryFolder();
let dataDir: string;
let folder: string;
let journal: JournalClient;
let telemetry: DuckdbTelemetry;
const steps: string[] = [];

beforeEach(async () => {
  dataDir = join(temporary.path, 'data');
  folder = join(temporary.path, 'copy');
  for (const each of [dataDir, folder]) mkdirSync(each);
  steps.length = 0;
  journal = new JournalClient({ directory: dataDir, consumers: ['test'] });
  await journal.start();
  telemetry = new DuckdbTelemetry({ directory: dataDir, memoryLimitMiB: 128, threads: 1 });
  await telemetry.start();
});
afterEach(async () => {
  await telemetry.stop();
  await journal.stop();
});

async function backUp(onStep: (step: string) => void = () => undefined): Promise<BackupManifest> {
  const work = createBackupWork({
    onProgress: ({ step }) => {
      if (steps.at(-1) !== step) steps.push(step);
      onStep(step);
    },
  });
  await telemetry.copyTo(join(folder, TELEMETRY_FILE), () => undefined);
  await work.copyFiles({ dataDir, folder });
  return await work.seal({ folder, program: '1', madeAt: 5 });
}

const raise = (store: SqliteEpisodes, id: string, live: number) =>
  store.append(
    episodeBatch(1, { changes: [changeOf('raised', id, { begin: 1 })], through: { live, backlog: 0 } }),
  );

describe('createBackupWork', () => {
  it('copies the episodes before the journal, while they are written', async () => {
    const episodes = new SqliteEpisodes(join(dataDir, EPISODES_FILE));
    await appendDurably(journal, 'live', journalEntry('S-1', 'a'));
    await raise(episodes, 'before', 1);
    const after: Promise<void>[] = [];
    const manifest = await backUp(step => {
      if (step === 'journal' && after.length === 0) after.push(raise(episodes, 'after', 1));
    });
    await Promise.all(after);
    episodes.close();
    expect(steps).toEqual(['episodes', 'journal', 'operations', 'check', 'seal']);
    const names = ['episodes.db', 'journal.db', 'operations.db', 'telemetry.duckdb'];
    expect(manifest.files.map(({ path }) => path)).toEqual(names);
    expect(manifest.differences).toEqual([]);
    expect(readdirSync(folder).toSorted()).toEqual(['archive', 'backup.json', ...names]);
    const copy = new SqliteEpisodes(join(folder, EPISODES_FILE));
    expect((await copy.changes({ afterSeq: 0, limit: 9 })).map(({ change }) => change.id)).toEqual([
      'before',
    ]);
    copy.close();
  });

  it('tells where the episodes rest on what the journal never had', async () => {
    const episodes = new SqliteEpisodes(join(dataDir, EPISODES_FILE));
    await appendDurably(journal, 'live', journalEntry('S-1', 'a'));
    await raise(episodes, 'a', 7);
    episodes.close();
    expect((await backUp()).differences).toEqual([
      'The episodes rest on live batch 7, but the journal ends at 1.',
    ]);
  });

  it('needs no episodes', async () => {
    const manifest = await backUp();
    expect(manifest.differences).toEqual([]);
    expect(existsSync(join(folder, EPISODES_FILE))).toBe(false);
  });
});
