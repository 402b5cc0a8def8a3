import type { BackupManifest } from './manifest.ts';

/** What was made, or put back. */
export interface BackupSummary extends Omit<BackupManifest, 'files'> {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** The manifest without its list of files. */
export function backupSummary(
  folder: string,
  { files, ...content }: BackupManifest,
  elapsedMs: number,
): BackupSummary {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { folder, ...content, files: files.length, bytes, elapsedMs: Math.round(elapsedMs) };
}
