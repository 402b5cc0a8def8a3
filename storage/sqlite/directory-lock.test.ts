import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { DirectoryLock } from './directory-lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ww-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function problemOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

it('is held by one at a time and can be taken again after its release', () => {
  const first = DirectoryLock.acquire(directory);
  expect(
    isAppError(
      problemOf(() => DirectoryLock.acquire(directory)),
      'already_running',
    ),
  ).toBe(true);
  first.release();
  first.release();
  DirectoryLock.acquire(directory).release();
});

it('refuses a second process, and is free once the first was killed', async () => {
  const lock = new URL('../../dist/storage/sqlite/directory-lock.js', import.meta.url).href;
  const holder = `import(${JSON.stringify(lock)}).then(({ DirectoryLock }) => {
    globalThis.kept = DirectoryLock.acquire(${JSON.stringify(directory)});
    console.log('held');
    setInterval(() => undefined, 1000);
  })`;
  const child = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  expect(
    isAppError(
      problemOf(() => DirectoryLock.acquire(directory)),
      'already_running',
    ),
  ).toBe(true);
  child.kill('SIGKILL');
  await ended;
  DirectoryLock.acquire(directory).release();
});
