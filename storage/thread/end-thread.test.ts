import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';

import { expect, it } from 'vitest';

import { endThread } from './end-thread.ts';
import { Remote } from './remote.ts';

it('ends with a thread that dies before it answers, and rejects what was open', async () => {
  const worker = new EventEmitter() as Worker;
  worker.postMessage = () => undefined;
  const remote = new Remote(worker);
  const open = remote.call('append');
  const ended = endThread(worker, remote, 'it was stopped');
  worker.emit('exit', 1);
  await ended;
  await expect(open).rejects.toMatchObject({
    code: 'worker_failed',
    message: expect.stringContaining('it was stopped') as string,
  });
});
