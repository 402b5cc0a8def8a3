import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { requireServer } from './debian-servers.ts';
import { temporaryFolder } from './temp-dir.ts';

const folder = temporaryFolder();
let searchPath: string;
let sbin: string;
beforeEach(() => {
  sbin = join(folder.path, 'sbin');
  mkdirSync(join(folder.path, 'bin', 'influxd'), { recursive: true });
  mkdirSync(sbin);
  writeFileSync(join(sbin, 'influxd'), '#!/bin/sh\n');
  searchPath = `${join(folder.path, 'bin')}:${sbin}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('finds the first executable file of that name and passes by folders', () => {
  chmodSync(join(sbin, 'influxd'), 0o755);
  expect(requireServer('influxd', { searchPath })).toBe(join(sbin, 'influxd'));
});

it('says in one line what is absent and lets the suite be skipped', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
  vi.stubEnv('CI', undefined);
  expect(requireServer('influxd', { searchPath })).toBeUndefined();
  expect(warn.mock.calls).toEqual([['SKIPPED: influxd is not installed; run scripts/install-test-servers.']]);
});

it('fails the suite instead where the environment says CI=true', () => {
  vi.stubEnv('CI', 'true');
  expect(() => requireServer('chromium', { searchPath })).toThrow(
    'chromium is not installed; run scripts/install-test-servers. With CI=true no suite may be skipped.',
  );
});
