import { resolve } from 'node:path';

import { AppError } from '../../../domain/errors.ts';
import { BACKUP_STEPS } from '../../backup/backup-progress.ts';
import type { BackupProgress } from '../../backup/backup-progress.ts';
import type { BackupSummary } from '../../backup/backup-summary.ts';
import type { ControlClient } from '../../control/control-client.ts';
import { findServer } from '../administration.ts';
import type { Command, Invocation, Outcome } from '../command.ts';
import { figure, labelled, localTime } from '../text-table.ts';

/** How often the progress of a server is asked for, milliseconds. */
const PROGRESS_MS = 1_000;

/** Copies everything at one instant. */
export const backup: Command = {
  name: 'backup',
  summary: 'Copy journal, arrival log, registry, store and snapshots at one instant, also under load.',
  details: [
    'The folder must be empty or absent, and lie outside the data directory. It appears when all of it is on disk.',
    'A running server makes it, in its own file system; ending this command does not end the backup.',
  ],
  arguments: [{ name: 'dir', description: 'The folder to make.' }],
  run: async call => {
    const config = call.config();
    const target = resolve(call.host.workingFolder, call.arguments[0] ?? '');
    const client = await findServer(config.dataDir);
    if (client !== undefined)
      return outcome('Backed up to', target, await backUpServer(call, client, target));
    call.host.err(`No server runs; copying the files in ${config.dataDir}.\n`);
    const summary = await call.host.parts.backupOffline(config, {
      target,
      program: call.host.program.version,
      onProgress: progressTeller(call),
    });
    return outcome('Backed up to', target, summary);
  },
};

/** Makes a data directory from a backup. */
export const restore: Command = {
  name: 'restore',
  summary: 'Make the data directory from a backup, while no server runs.',
  details: [
    'The data directory must be empty or absent. Every file is checked first; a damaged backup is refused.',
    'What was acknowledged after the backup is not in it, and devices will not send it again.',
  ],
  arguments: [{ name: 'dir', description: 'The backup.' }],
  run: async call => {
    const { dataDir } = call.config();
    if ((await findServer(dataDir)) !== undefined) {
      throw new AppError('already_running', `Stop the server first; it holds ${dataDir}.`);
    }
    const summary = await call.host.parts.restoreBackup({
      folder: resolve(call.host.workingFolder, call.arguments[0] ?? ''),
      dataDir,
      onProgress: progressTeller(call),
    });
    return outcome('Restored into', dataDir, summary);
  },
};

async function backUpServer(call: Invocation, client: ControlClient, target: string): Promise<BackupSummary> {
  const tell = progressTeller(call);
  const timer = setInterval(() => {
    // Without an answer there is nothing to tell; the backup itself says what went wrong.
    client.call('backupProgress', {}).then(
      ({ progress }) => progress !== null && tell(progress),
      () => undefined,
    );
  }, PROGRESS_MS);
  try {
    return await client.call('backup', { target });
  } finally {
    clearInterval(timer);
  }
}

/** Says each step once, and its bytes from time to time. */
function progressTeller(call: Invocation): (progress: BackupProgress) => void {
  const { host } = call;
  let told: BackupProgress['step'] | undefined;
  let toldAt = host.now();
  return ({ step, bytes }) => {
    if (step === told && (bytes === 0 || host.now() - toldAt < PROGRESS_MS)) return;
    told = step;
    toldAt = host.now();
    host.err(`${BACKUP_STEPS[step]}${bytes === 0 ? '' : `: ${megabytes(bytes)}`}\n`);
  };
}

function outcome(title: string, folder: string, summary: BackupSummary): Outcome {
  const { position, ledger, rows, differences, files, bytes, elapsedMs, madeAt } = summary;
  const isSound = ledger.balanced && differences.length === 0;
  return {
    data: summary,
    lines: [
      `${title} ${folder}`,
      ...labelled([
        ['as of', localTime(madeAt)],
        [
          'messages',
          `${figure(position)}, ${figure(ledger.messages.inFlight)} of them to be stored at the next start`,
        ],
        ['readings stored', figure(ledger.readings.stored)],
        ['rows', figure(rows)],
        ['size', `${megabytes(bytes)} in ${figure(files)} files`],
        ['time', `${(elapsedMs / 1_000).toFixed(1)} s`],
      ]),
      ...(isSound
        ? ['Its ledger balances and agrees with the rows.']
        : ['Its ledger does NOT add up, as in what was copied. See: ww ledger --audit', ...differences]),
    ],
    failed: !isSound,
  };
}

function megabytes(bytes: number): string {
  return `${figure(Math.round(bytes / 100_000) / 10)} MB`;
}
