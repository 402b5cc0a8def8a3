import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError } from '../../domain/errors.ts';
import { sendEvent, serveCalls } from '../../storage/thread/remote.ts';
import { createBackupWork } from '../backup/backup-work.ts';
import type { BackupWork } from '../backup/backup-work.ts';

/** Does the heavy part of one backup for the main thread. */
function serve(main: MessagePort): void {
  const ending = new AbortController();
  const work = createBackupWork({
    onProgress: progress => sendEvent(main, 'progress', progress),
    signal: ending.signal,
  });
  serveCalls(main, {
    copyFiles: (job: Parameters<BackupWork['copyFiles']>[0]) => work.copyFiles(job),
    seal: (job: Parameters<BackupWork['seal']>[0]) => work.seal(job),
    abort: () =>
      ending.abort(new AppError('shutting_down', 'The server stopped before the backup was made.')),
    // The thread ends by itself after this answer has left.
    stop: () => void setImmediate(() => main.unref()),
  });
}

if (parentPort !== null) serve(parentPort);
