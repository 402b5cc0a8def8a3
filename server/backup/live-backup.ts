import { AppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { DuckdbTelemetry } from '../../storage/duckdb/telemetry-client.ts';
import type { JournalClient } from '../../storage/sqlite/journal-client.ts';
import type { RefusalLedger } from '../refusal-ledger.ts';
import { BackupThread } from '../workers/backup-thread.ts';
import type { BackupProgress } from './backup-progress.ts';
import { makeBackup } from './make-backup.ts';
import type { BackupSummary } from './backup-summary.ts';

/** The running owners of what is copied. */
interface BackedUpParts {
  readonly refusals: Pick<RefusalLedger, 'flush'>;
  readonly journal: Pick<JournalClient, 'withArchiveHeld'>;
  readonly telemetry: Pick<DuckdbTelemetry, 'copyTo'>;
}

export interface LiveBackupOptions {
  readonly dataDir: string;
  readonly program: string;
  readonly parts: BackedUpParts;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  progress: BackupProgress;
  readonly thread: BackupThread;
  readonly abort: (error: AppError) => void;
  readonly aborted: Promise<never>;
  ended: Promise<void>;
}

/** Backups of a running server, one at a time. */
export class LiveBackup {
  readonly #options: LiveBackupOptions;
  #running: Running | undefined;
  #isStopped = false;

  constructor(options: LiveBackupOptions) {
    this.#options = options;
  }

  /** How far the backup is that is being made; undefined where none is. */
  get progress(): BackupProgress | undefined {
    return this.#running?.progress;
  }

  /** See `makeBackup`. Rejects with `conflict` while another is being made. */
  async make(target: string): Promise<BackupSummary> {
    if (this.#isStopped) throw new AppError('shutting_down', 'The server is stopping.');
    if (this.#running !== undefined) throw new AppError('conflict', 'A backup is being made already.');
    const running = this.#begin();
    const made = this.#make(target, running);
    running.ended = made.then(
      () => undefined,
      () => undefined,
    );
    return await made;
  }

  /** Gives up the backup that is being made; nothing of it stays. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = this.#running;
    if (running === undefined) return;
    running.abort(new AppError('shutting_down', 'The server stopped before the backup was made.'));
    await running.thread.abort();
    await running.ended;
  }

  #begin(): Running {
    let abort: (error: AppError) => void = () => undefined;
    const aborted = new Promise<never>((_resolve, reject) => (abort = reject));
    aborted.catch(() => undefined); // Nobody may be waiting for it.
    const running: Running = {
      progress: { step: 'store', bytes: 0 },
      thread: new BackupThread(progress => (running.progress = progress)),
      abort,
      aborted,
      ended: Promise.resolve(),
    };
    this.#running = running;
    return running;
  }

  async #make(target: string, running: Running): Promise<BackupSummary> {
    const { parts, log, ...options } = this.#options;
    try {
      const summary = await makeBackup({
        ...options,
        target,
        sources: {
          // The store itself ends its copy when it closes.
          copyStore: async (path, onProgress) => {
            await parts.refusals.flush();
            await Promise.race([parts.telemetry.copyTo(path, onProgress), running.aborted]);
          },
          withArchiveHeld: work => parts.journal.withArchiveHeld(work),
        },
        work: running.thread,
        onProgress: progress => (running.progress = progress),
      });
      const { folder, position, elapsedMs } = summary;
      log.info('A backup was made.', { folder, position, elapsedMs });
      return summary;
    } finally {
      await running.thread.stop();
      this.#running = undefined;
    }
  }
}
