import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, it, vi } from 'vitest';

import { sharedData } from './shared-data.ts';
import { temporaryFolder } from './temp-dir.ts';

const folder = temporaryFolder();
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('finds a file in the folder that the environment names', () => {
  const path = join(folder.path, 'river', 'day.csv');
  mkdirSync(join(folder.path, 'river'));
  writeFileSync(path, 't,v\n');
  vi.stubEnv('WW_SHARED_DATA', folder.path);
  expect(sharedData('river/day.csv')).toBe(path);
});

it('refuses a folder that was named and lacks the file', () => {
  expect(() => sharedData('river/day.csv', folder.path)).toThrow('WW_SHARED_DATA is set');
});

it('answers nothing and says so once where the usual folder lacks the file', () => {
  vi.stubEnv('WW_SHARED_DATA', undefined);
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
  expect(sharedData('no-such-series/day.csv')).toBeUndefined();
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^SKIPPED: .*\/shared\/data\/no-such-series\/day\.csv\. Set WW_SHARED_DATA/)],
  ]);
});
