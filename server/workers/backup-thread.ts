import { Worker } from 'node:worker_threads';

import { builtModule } from '../../storage/thread/built-module.ts';
import { Remote } from '../../storage/thread/remote.ts';
import type { BackupProgress } from '../backup/backup-progress.ts';
import type { BackupWork } from '../backup/backup-work.ts';
import type { BackupManifest } from '../backup/manifest.ts';

/** The work of one backup in a thread of its own. Where the thread fails, so does the backup, and nothing else. */
export class BackupThread implements BackupWork {
  readonly #worker: Worker;
  readonly #remote: Remote;
  readonly #ended: Promise<void>;

  constructor(onProgress: (progress: BackupProgress) => void) {
    const worker = new Worker(builtModule(import.meta.url, 'backup-worker', '../..'), { name: 'backup' });
    this.#worker = worker;
    this.#remote = new Remote(worker);
    this.#remote.on('progress', onProgress);
    this.#ended = new Promise(resolve => worker.once('exit', () => resolve()));
    worker.on('error', error => this.#remote.fail(error));
    worker.on('exit', code => this.#remote.fail(`exit code ${code}`));
  }

  copyFiles(job: Parameters<BackupWork['copyFiles']>[0]): Promise<void> {
    return this.#remote.call('copyFiles', job);
  }

  seal(job: Parameters<BackupWork['seal']>[0]): Promise<BackupManifest> {
    return this.#remote.call('seal', job);
  }

  /** What it does ends with `shutting_down` after its present file. */
  async abort(): Promise<void> {
    await this.#remote.call('abort').catch(() => undefined); // A thread that is gone does nothing any more.
  }

  /** Call it when nothing is under way. */
  async stop(): Promise<void> {
    if (this.#worker.threadId === -1) return;
    await this.#remote.call('stop').catch(() => undefined);
    await this.#ended;
  }
}
