import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DirectoryLock } from './directory-lock.ts';

const temporary = temporaryFolder();

function problemOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

it('is held by one at a time and can be taken again after its release', () => {
  const first = DirectoryLock.acquire(temporary.path);
  expect(
    isAppError(
      problemOf(() => DirectoryLock.acquire(temporary.path)),
      'already_running',
    ),
  ).toBe(true);
  first.release();
  first.release();
  DirectoryLock.acquire(temporary.path).release();
});

it('refuses a second process, and is free once the first was killed', async () => {
  const lock = new URL('../../dist/storage/sqlite/directory-lock.js', import.meta.url).href;
  const holder = `import(${JSON.stringify(lock)}).then(({ DirectoryLock }) => {
    globalThis.kept = DirectoryLock.acquire(${JSON.stringify(temporary.path)});
    console.log('held');
    setInterval(() => undefined, 1000);
  })`;
  const child = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  expect(
    isAppError(
      problemOf(() => DirectoryLock.acquire(temporary.path)),
      'already_running',
    ),
  ).toBe(true);
  child.kill('SIGKILL');
  await ended;
  DirectoryLock.acquire(temporary.path).release();
});
