import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import { DuckdbTelemetry, TELEMETRY_FILE } from '../../storage/duckdb/telemetry-client.ts';
import type { Config } from '../config/schema.ts';
import { workOffline } from '../offline.ts';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import type { BackupProgress } from './backup-progress.ts';
import { createBackupWork } from './backup-work.ts';
import { makeBackup } from './make-backup.ts';
import type { BackupSummary } from './backup-summary.ts';

/** Backs up a data directory while no server runs; see `makeBackup`. */
export function backupOffline(
  config: Config,
  options: {
    readonly target: string;
    readonly program: string;
    readonly onProgress: (progress: BackupProgress) => void;
  },
): Promise<BackupSummary> {
  const { dataDir } = config;
  return workOffline(config, () =>
    makeBackup({
      ...options,
      dataDir,
      sources: {
        copyStore: (path, onProgress) => copyStore(dataDir, path, onProgress),
        // No archiver runs.
        withArchiveHeld: work => work(),
      },
      work: createBackupWork(options),
      clock: SYSTEM_CLOCK,
    }),
  );
}

async function copyStore(
  directory: string,
  path: string,
  onProgress: (bytes: number) => void,
): Promise<void> {
  if (!existsSync(join(directory, TELEMETRY_FILE))) {
    throw new AppError(
      'store_corrupt',
      `${directory} has no telemetry store: make it anew first, ww rebuild.`,
    );
  }
  const telemetry = new DuckdbTelemetry({ directory });
  await telemetry.start();
  try {
    await telemetry.copyTo(path, onProgress);
  } finally {
    await telemetry.stop();
  }
}
