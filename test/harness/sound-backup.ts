import type { BackupSummary } from '../../server/backup/backup-summary.ts';

export const NO_MESSAGES = { journalled: 0, decoded: 0, quarantined: 0, inFlight: 0 };
export const NO_READINGS = {
  decoded: 0,
  stored: 0,
  duplicate: 0,
  corrected: 0,
  quarantined: 0,
  rejected: 0,
  inFlight: 0,
};

/** What a backup of 1,000 messages, all of them stored, is told as. */
export const SOUND_BACKUP: BackupSummary = {
  folder: '/backups/sound',
  format: 'waterwarden-backup',
  version: 1,
  program: '1.2.3',
  madeAt: 1_790_000_000_000,
  position: 1_000,
  cursors: { live: 40, backlog: 2 },
  ledger: {
    messages: { ...NO_MESSAGES, journalled: 1_000, decoded: 990, inFlight: 10 },
    readings: { ...NO_READINGS, decoded: 5_000, stored: 5_000 },
    refused: [],
    balanced: true,
  },
  rows: 5_000,
  differences: [],
  files: 4,
  bytes: 123_456_789,
  elapsedMs: 1_234,
};
