import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach } from 'vitest';

/** A folder of the running test; `path` must only be read while a test or its hooks run. */
export interface TemporaryFolder {
  readonly path: string;
}

/**
 * Gives every test of the enclosing `describe` (or file) an empty folder and removes it after the test. A folder that
 * cannot be removed fails the test. Hooks run in reverse order of their declaration: call it before the `afterEach`
 * that closes what lies in the folder.
 */
export function temporaryFolder(): TemporaryFolder {
  let path: string | undefined;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'waterwarden-'));
  });
  afterEach(() => {
    if (path === undefined) return;
    const left = path;
    path = undefined;
    // Not forced: a folder that is gone already was removed by someone who should not have.
    rmSync(left, { recursive: true });
  });
  return {
    get path() {
      if (path === undefined) throw new Error('The temporary folder exists only while a test runs.');
      return path;
    },
  };
}
