import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Log } from '../../domain/ports/log.ts';
import { SILENT_LOG } from '../../domain/ports/log.ts';
import { SqliteOperations } from '../../storage/sqlite/operations.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { Administration } from '../identity/administration.ts';
import type { Principal } from '../principal.ts';
import { loadSite } from './load-site.ts';
import { startSite } from './start-site.ts';

const ADMIN: Principal = { id: 'control', role: 'admin', organisation: 'operator', scope: [] };
const temporary = temporaryFolder();
let operations: SqliteOperations;
let administration: Administration;
let logged: string[];
let folder: string;

beforeEach(async () => {
  operations = new SqliteOperations(join(temporary.path, 'operations.db'));
  administration = new Administration({ operations, clock: new ManualClock() });
  await administration.load();
  logged = [];
  folder = join(temporary.path, 'site');
  mkdirSync(folder);
});
afterEach(() => operations.close());

function describeSite(site: string, ...basins: readonly string[]): void {
  writeFileSync(join(folder, 'site.yaml'), site);
  const entries = basins.map(id => `  - { id: ${id}, name: ${id} }\n`);
  writeFileSync(join(folder, 'basins.yaml'), `basins:\n${entries.join('')}`);
}

async function start() {
  const keep = (message: string) => void logged.push(message);
  const log: Log = { ...SILENT_LOG, warn: keep, error: keep };
  return await startSite(administration, { folder, log });
}

async function applyByHand(...basins: readonly string[]): Promise<void> {
  describeSite('name: by hand\n', ...basins);
  const { parts } = await loadSite(folder);
  await administration.district.apply(ADMIN, { parts });
}

const basinsNow = () => [...administration.registry.district().basins.keys()];

describe('startSite', () => {
  it('applies the folder at the first start', async () => {
    describeSite('name: x\n', 'a');
    const { isDemo, warning } = await start();
    expect([isDemo, warning()]).toEqual([false, undefined]);
    expect(basinsNow()).toEqual(['a']);
  });

  it('refuses the first start with a folder that cannot be used', async () => {
    describeSite('nam: x\n', 'a');
    await expect(start()).rejects.toMatchObject({ code: 'site_invalid' });
  });

  it('keeps the district of the registry where the folder has changed, and says so until one is applied', async () => {
    describeSite('name: x\n', 'a', 'b');
    await start();
    describeSite('name: x\n', 'a', 'c');
    const { warning } = await start();
    expect(basinsNow()).toEqual(['a', 'b']);
    expect(warning()?.code).toBe('site_differs');
    expect(warning()?.message).toContain('1 parts more, 0 changed, 1 fewer');
    expect(logged).toEqual([warning()?.message]);
    await applyByHand('a', 'c');
    expect(warning()).toBeUndefined();
  });

  it('starts with the district of the registry where the folder is damaged', async () => {
    describeSite('name: x\n', 'a');
    await start();
    describeSite('name: [\n', 'a');
    const { isDemo, warning } = await start();
    expect([isDemo, warning()?.code, basinsNow()]).toEqual([false, 'site_invalid', ['a']]);
    expect(logged).toHaveLength(1);
  });

  it('says nothing where the folder is what is used', async () => {
    describeSite('name: x\n', 'a');
    await start();
    const { warning } = await start();
    expect([warning(), logged, administration.siteVersion]).toEqual([undefined, [], 1]);
  });

  it('applies the folder of a demo at every start', async () => {
    describeSite('name: x\ndemo: true\n', 'a');
    await start();
    describeSite('name: x\ndemo: true\n', 'b');
    const { isDemo, warning } = await start();
    expect([isDemo, warning(), basinsNow()]).toEqual([true, undefined, ['b']]);
  });

  it('does not let the demo undo a district that somebody applied', async () => {
    describeSite('name: x\ndemo: true\n', 'a');
    await start();
    await applyByHand('mine');
    describeSite('name: x\ndemo: true\n', 'a');
    const { isDemo, warning } = await start();
    expect([isDemo, warning()?.code, basinsNow()]).toEqual([false, 'site_differs', ['mine']]);
  });
});
