import type { Worker } from 'node:worker_threads';

import type { Remote } from './remote.ts';

/** Lets a worker stop in its own order and waits until its thread is gone; calls still open reject with `reason`. */
export async function endThread(worker: Worker, remote: Remote, reason: string): Promise<void> {
  const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  // A thread that is gone already has nothing to stop, and one that dies now does not answer any more.
  await Promise.race([remote.call('stop').catch(() => undefined), exited]);
  await exited;
  remote.fail(reason);
}
