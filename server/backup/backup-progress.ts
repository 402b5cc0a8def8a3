/** What a backup or a restore does, in order. */
export const BACKUP_STEPS = {
  store: 'copying the telemetry store',
  episodes: 'copying the episodes',
  journal: 'copying the journal',
  operations: 'copying the registry',
  archive: 'copying the arrival log',
  snapshots: 'copying snapshots',
  check: 'opening and counting the copy',
  seal: 'hashing the copy',
  verify: 'checking the backup',
  restore: 'restoring',
} as const;

/** How far it is. */
export interface BackupProgress {
  readonly step: keyof typeof BACKUP_STEPS;
  /** Bytes done in this step; 0 where none are counted. */
  readonly bytes: number;
}
