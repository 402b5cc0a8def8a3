import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { temporaryFolder } from './temp-dir.ts';

describe('temporaryFolder', () => {
  const folder = temporaryFolder();
  const other = temporaryFolder();
  const earlier: string[] = [];
  const inLaterHook: string[] = [];
  // Hooks declared later run earlier: the folder is still there, to close what lies in it.
  afterEach(() => void inLaterHook.push(...readdirSync(folder.path)));

  for (const test of ['one', 'another']) {
    it(`gives ${test} test an empty folder and removes it afterwards`, () => {
      expect(readdirSync(folder.path)).toEqual([]);
      expect(folder.path).not.toBe(other.path);
      expect(earlier.filter(path => existsSync(path))).toEqual([]);
      expect(inLaterHook).toEqual(earlier.length === 0 ? [] : ['left-behind']);
      earlier.push(folder.path, other.path);
      writeFileSync(join(folder.path, 'left-behind'), 'x');
    });
  }

  let outsideOfTests: unknown;
  try {
    outsideOfTests = folder.path;
  } catch (error) {
    outsideOfTests = error;
  }
  it('has no path outside of a test', () => {
    expect(outsideOfTests).toMatchObject({ message: 'The temporary folder exists only while a test runs.' });
  });
});
