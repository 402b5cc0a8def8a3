import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';

import { AppError, isAppError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { TELEMETRY_FILE } from '../../storage/duckdb/telemetry-client.ts';
import { freeSpace } from '../../storage/files/free-space.ts';
import { archiveFiles } from '../../storage/sqlite/database-copy.ts';
import { EPISODES_FILE } from '../../storage/sqlite/episodes-schema.ts';
import { JOURNAL_FILE } from '../../storage/sqlite/journal-schema.ts';
import { OPERATIONS_FILE } from '../../storage/sqlite/operations.ts';
import type { BackupProgress } from './backup-progress.ts';
import { backupSummary } from './backup-summary.ts';
import type { BackupSummary } from './backup-summary.ts';
import type { BackupWork } from './backup-work.ts';
import { isMountPoint, isVacant, removeFolder, syncPath } from './durable-files.ts';

/** The parts of a data directory that only their owner can copy. */
export interface BackupSources {
  /** Rows, ledger and cursors of one instant, on stable storage; the bytes so far go to `onProgress`. */
  copyStore(path: string, onProgress: (bytes: number) => void): Promise<void>;
  /** Runs work while nothing moves from the journal into the archive. */
  withArchiveHeld<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface BackupOptions {
  readonly dataDir: string;
  /** Absolute; where nothing is, or an empty folder. */
  readonly target: string;
  readonly program: string;
  readonly sources: BackupSources;
  readonly work: BackupWork;
  readonly clock: Clock;
  readonly onProgress: (progress: BackupProgress) => void;
}

/** What a full disk needs to stay usable, bytes. */
const SPARE_BYTES = 16 * 1024 * 1024;

/**
 * Copies a data directory at one position of its journal. The store first: it stands at a cursor, and what lies behind
 * that is in the journal, which is copied after it and from which nothing is archived away meanwhile. So the copy is
 * what a crash at the moment of the journal's copy would have left, and a server starts from it in the same way.
 *
 * The folder appears under its name in one step, when all of it is on stable storage. Rejects with `invalid_request` or
 * `conflict` for a target that cannot be taken, else with `backup_failed`; then nothing is left behind.
 */
export async function makeBackup(options: BackupOptions): Promise<BackupSummary> {
  const { dataDir, program, sources, work, clock, onProgress } = options;
  const beganMs = clock.monotonicMs();
  const target = await checkedTarget(options);
  const folder = await mkdtemp(join(dirname(target), `.${basename(target)}.part-`));
  try {
    const madeAt = await sources.withArchiveHeld(async () => {
      onProgress({ step: 'store', bytes: 0 });
      await sources.copyStore(join(folder, TELEMETRY_FILE), bytes => onProgress({ step: 'store', bytes }));
      const now = clock.now();
      await work.copyFiles({ dataDir, folder });
      return now;
    });
    const manifest = await work.seal({ folder, program, madeAt });
    await rename(folder, target);
    await syncPath(dirname(target));
    return backupSummary(target, manifest, clock.monotonicMs() - beganMs);
  } catch (error) {
    await removeFolder(folder);
    throw backupFailure(error);
  }
}

/** What went wrong, as it is told to whoever asked for the backup. */
export function backupFailure(error: unknown): AppError {
  if (isAppError(error) && error.code !== 'worker_failed') return error;
  return new AppError('backup_failed', messageOf(error), { cause: error, retryable: true });
}

async function checkedTarget({ dataDir, target }: BackupOptions): Promise<string> {
  if (!isAbsolute(target)) throw new AppError('invalid_request', `${target} is no absolute path.`);
  if (!existsSync(join(dataDir, JOURNAL_FILE))) {
    throw new AppError('not_found', `There is nothing to back up in ${dataDir}.`);
  }
  refuseInside(dataDir, target);
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const real = join(await realpath(dirname(target)), basename(target));
    refuseInside(await realpath(dataDir), real);
    if (!(await isVacant(real))) throw new AppError('conflict', `${target} is not empty; it stays as it is.`);
    if (await isMountPoint(real)) {
      throw new AppError('conflict', `${target} is a file system of its own; name a folder inside it.`);
    }
    const needed = sizeOf(dataDir) + SPARE_BYTES;
    const { freeBytes } = await freeSpace(dirname(real));
    if (freeBytes < needed) {
      throw new AppError(
        'conflict',
        `A backup takes ${needed} bytes, but ${freeBytes} are free at ${target}.`,
      );
    }
    return real;
  } catch (error) {
    throw backupFailure(error);
  }
}

function refuseInside(dataDir: string, target: string): void {
  const path = relative(dataDir, target);
  if (path.startsWith('..') || isAbsolute(path)) return;
  throw new AppError('invalid_request', `${target} lies in the data directory ${dataDir}.`);
}

/** Bytes of what is copied; snapshots are linked where that can be. */
function sizeOf(dataDir: string): number {
  return [TELEMETRY_FILE, EPISODES_FILE, JOURNAL_FILE, OPERATIONS_FILE, ...archiveFiles(dataDir)]
    .flatMap(name => [name, `${name}.wal`, `${name}-wal`])
    .reduce((sum, name) => sum + (statSync(join(dataDir, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
