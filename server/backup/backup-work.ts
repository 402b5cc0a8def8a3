import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { JOURNAL_STREAMS } from '../../domain/ports/journal.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import { reportLedger } from '../../ingest/ledger-report.ts';
import { archiveFiles, copyDatabaseFile, makeArchiveFolder } from '../../storage/sqlite/database-copy.ts';
import { examineEpisodes } from '../../storage/sqlite/episodes-examination.ts';
import { EPISODES_FILE } from '../../storage/sqlite/episodes-schema.ts';
import { JOURNAL_FILE } from '../../storage/sqlite/journal-schema.ts';
import { createJournalReader } from '../../storage/sqlite/journal-reader.ts';
import { OPERATIONS_FILE } from '../../storage/sqlite/operations.ts';
import { auditStored } from '../ledger-audit.ts';
import { workOffline } from '../offline.ts';
import { SNAPSHOT_FOLDER } from '../snapshot-folder.ts';
import type { BackupProgress } from './backup-progress.ts';
import {
  contentOf,
  filesIn,
  linkOrCopy,
  makeFolderOf,
  removeFolder,
  syncFolders,
  syncPath,
} from './durable-files.ts';
import { writeManifest } from './manifest.ts';
import type { BackupManifest, ManifestContent } from './manifest.ts';

/** The part of a backup that is not the store's own: heavy, so a server has it done in a thread. */
export interface BackupWork {
  /** Copies everything but the store, after it. Nothing may move from the journal into the archive meanwhile. */
  copyFiles(job: { readonly dataDir: string; readonly folder: string }): Promise<void>;
  /** Opens the copy as a server would, counts what is in it, and makes it a backup. */
  seal(job: SealJob): Promise<BackupManifest>;
}

export interface SealJob {
  readonly folder: string;
  readonly program: string;
  /** Epoch milliseconds. */
  readonly madeAt: number;
}

export interface BackupWorkOptions {
  readonly onProgress: (progress: BackupProgress) => void;
  /** Ends the work with its reason. */
  readonly signal?: AbortSignal;
}

/** A server beside it needs the memory more. */
const CHECK_ENGINE = { memoryLimitMiB: 128, threads: 1 } as const;
/** What opening the copy leaves in it. */
const LEFT_BY_CHECK = ['lock.db', 'telemetry.tmp', 'journal.db-shm', 'operations.db-shm'];
/** Endings of snapshots that are not whole yet. */
const UNFINISHED = '.part';

/** The work in the calling thread. */
export function createBackupWork({ onProgress, signal }: BackupWorkOptions): BackupWork {
  const begin = (step: BackupProgress['step'], bytes = 0): void => {
    signal?.throwIfAborted();
    onProgress({ step, bytes });
  };
  return {
    copyFiles: async ({ dataDir, folder }) => {
      // Before the journal, so that no episode rests on a message that the copy lacks.
      begin('episodes');
      if (existsSync(join(dataDir, EPISODES_FILE))) copyDatabaseFile(dataDir, folder, EPISODES_FILE);
      begin('journal');
      copyDatabaseFile(dataDir, folder, JOURNAL_FILE);
      // After the journal, so that whoever has a message in it is registered in the copy too.
      begin('operations');
      if (existsSync(join(dataDir, OPERATIONS_FILE))) copyDatabaseFile(dataDir, folder, OPERATIONS_FILE);
      makeArchiveFolder(folder);
      for (const name of archiveFiles(dataDir)) {
        begin('archive');
        copyDatabaseFile(dataDir, folder, name);
      }
      for (const name of await filesIn(join(dataDir, SNAPSHOT_FOLDER))) {
        if (name.endsWith(UNFINISHED)) continue;
        begin('snapshots');
        const copy = join(folder, SNAPSHOT_FOLDER, name);
        await makeFolderOf(copy);
        await linkOrCopy(join(dataDir, SNAPSHOT_FOLDER, name), copy);
      }
    },
    seal: async ({ folder, program, madeAt }) => {
      begin('check');
      const counted = await countCopy(folder);
      for (const name of LEFT_BY_CHECK) await removeFolder(join(folder, name));
      const files: ManifestContent['files'] = [];
      let bytes = 0;
      for (const path of await filesIn(folder)) {
        begin('seal', bytes);
        const file = join(folder, path);
        const content = await contentOf(file, () => signal?.throwIfAborted());
        await syncPath(file);
        files.push({ path, ...content });
        bytes += content.bytes;
      }
      const manifest = await writeManifest(folder, { program, madeAt, ...counted, files });
      await syncFolders(folder);
      return manifest;
    },
  };
}

/** What a start from the copy would find. Rejects where a server could not start from it. */
async function countCopy(
  folder: string,
): Promise<Pick<ManifestContent, 'position' | 'cursors' | 'ledger' | 'rows' | 'differences'>> {
  return await workOffline({ dataDir: folder, site: '', rules: '' }, async directory => {
    const journal = await directory.journal();
    const reader = createJournalReader(journal.openReader());
    const refused = await directory.refusals();
    const { lastSeq } = await journal.stats();
    return await directory
      .withStore(
        folder,
        async store => {
          const ledger = await reportLedger({ store, reader }, refused);
          const { cursors } = await store.ledger();
          const { differences } = await auditStored(store);
          const rows = [...(await store.countRows()).values()].reduce((sum, each) => sum + each, 0);
          return {
            position: ledger.messages.journalled,
            cursors,
            ledger: { ...ledger, refused: [...ledger.refused] },
            rows,
            differences: [...differences, ...episodeDifferences(folder, lastSeq)],
          };
        },
        CHECK_ENGINE,
      )
      .finally(() => reader.close());
  });
}

function episodeDifferences(folder: string, journalEnd: Cursors): readonly string[] {
  const through = examineEpisodes(folder)?.through;
  if (through === undefined) return [];
  return JOURNAL_STREAMS.filter(stream => through[stream] > journalEnd[stream]).map(
    stream =>
      `The episodes rest on ${stream} batch ${through[stream]}, but the journal ends at ${journalEnd[stream]}.`,
  );
}
