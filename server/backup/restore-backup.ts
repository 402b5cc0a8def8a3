import { mkdtemp, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { JOURNAL_FILE } from '../../storage/sqlite/journal-schema.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import type { BackupProgress } from './backup-progress.ts';
import {
  contentOf,
  copyDurably,
  isMountPoint,
  isVacant,
  makeFolderOf,
  removeFolder,
  syncFolders,
  syncPath,
} from './durable-files.ts';
import { backupSummary } from './backup-summary.ts';
import type { BackupSummary } from './backup-summary.ts';
import { backupFailure } from './make-backup.ts';
import { MANIFEST_FILE, readManifest } from './manifest.ts';
import type { BackupManifest } from './manifest.ts';

/**
 * Puts a backup in the place of a data directory that is empty or absent. Every file is checked before anything is
 * written, and the directory appears in one step, when all of it is on stable storage. Where it is a file system of its
 * own, its files appear one by one, the journal last: a start before that is refused.
 *
 * @throws AppError `backup_invalid` with every damaged or missing file, `conflict` where the directory is not empty
 */
export async function restoreBackup(options: {
  /** The backup. */
  readonly folder: string;
  readonly dataDir: string;
  readonly onProgress: (progress: BackupProgress) => void;
  readonly clock?: Clock;
}): Promise<BackupSummary> {
  const { folder, dataDir, onProgress, clock = SYSTEM_CLOCK } = options;
  const beganMs = clock.monotonicMs();
  const manifest = await readManifest(folder);
  await verify(folder, manifest, onProgress);
  try {
    if (!(await isVacant(dataDir))) {
      throw new AppError('conflict', `${dataDir} is not empty; it stays as it is.`);
    }
    await makeFolderOf(dataDir);
    const isMount = await isMountPoint(dataDir);
    const copy = await mkdtemp(join(isMount ? dataDir : dirname(dataDir), `.${basename(dataDir)}.part-`));
    try {
      await copyAll(folder, copy, { manifest, onProgress });
      await syncFolders(copy);
      if (isMount) await moveInto(dataDir, copy);
      // Fails where somebody put something there meanwhile.
      else await rename(copy, dataDir);
    } catch (error) {
      await removeFolder(copy);
      throw error;
    }
    await syncPath(dirname(dataDir));
  } catch (error) {
    throw backupFailure(error);
  }
  return backupSummary(folder, manifest, clock.monotonicMs() - beganMs);
}

async function moveInto(dataDir: string, copy: string): Promise<void> {
  if ((await readdir(dataDir)).length > 1) {
    throw new AppError('conflict', `${dataDir} is not empty any more; it stays as it is.`);
  }
  const names = (await readdir(copy)).filter(name => name !== JOURNAL_FILE);
  for (const name of names) await rename(join(copy, name), join(dataDir, name));
  await syncPath(dataDir);
  await rename(join(copy, JOURNAL_FILE), join(dataDir, JOURNAL_FILE));
  await rmdir(copy);
  await syncPath(dataDir);
}

async function verify(
  folder: string,
  manifest: BackupManifest,
  onProgress: (progress: BackupProgress) => void,
): Promise<void> {
  const problems: string[] = [];
  let bytes = 0;
  for (const file of manifest.files) {
    onProgress({ step: 'verify', bytes });
    const problem = await problemOf(join(folder, file.path), file);
    if (problem !== undefined) problems.push(`${file.path} ${problem}`);
    bytes += file.bytes;
  }
  if (problems.length === 0) return;
  throw new AppError('backup_invalid', `${folder} is not as ${MANIFEST_FILE} says; nothing was restored.`, {
    problems,
  });
}

async function problemOf(
  path: string,
  { bytes, sha256 }: BackupManifest['files'][number],
): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return 'is missing';
  if (found.size !== bytes) return `has ${found.size} bytes instead of ${bytes}`;
  const content = await contentOf(path).catch(() => undefined);
  if (content === undefined) return 'cannot be read';
  return content.sha256 === sha256 ? undefined : 'has other content than it had: its SHA-256 differs';
}

async function copyAll(
  from: string,
  to: string,
  rest: { readonly manifest: BackupManifest; readonly onProgress: (progress: BackupProgress) => void },
): Promise<void> {
  let bytes = 0;
  for (const file of rest.manifest.files) {
    rest.onProgress({ step: 'restore', bytes });
    const copy = join(to, file.path);
    await makeFolderOf(copy);
    const { sha256 } = await copyDurably(join(from, file.path), copy);
    if (sha256 !== file.sha256) {
      throw new AppError('backup_invalid', 'The backup changed while it was restored.', {
        problems: [`${file.path} was read twice with different content`],
      });
    }
    bytes += file.bytes;
  }
}
