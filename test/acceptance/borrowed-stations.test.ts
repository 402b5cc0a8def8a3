import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const temporary = temporaryFolder();
forbidLeftServers();

const BUILT_IN = { WW_SIMULATOR: 'on' };
const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `B-${from + index}`);

/** A site of simulated stations that speak every five seconds. */
function writeSite(folder: string, stations: readonly string[]): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'site.yaml'), 'name: 借\n');
  const entries = stations.map((id, index) => ({
    id,
    name: id,
    simulated: true,
    latitude: 22.6 + 0.01 * index,
    longitude: 114.1 + 0.02 * index,
    datastreams: [{ property: 'water_level', datum: 'x', intervalMs: 5_000 }],
  }));
  writeFileSync(join(folder, 'stations.yaml'), JSON.stringify({ stations: entries }));
  return folder;
}

/** Waits until every station has a reading from after an instant. */
async function allSpeak(server: ServerProcess, stations: readonly string[], after: number): Promise<void> {
  const silent = async (): Promise<readonly string[]> => {
    const { items } = (await server.get('/api/v1/latest')) as { items: { station: string; t: number }[] };
    const newest = new Map(items.map(({ station, t }) => [station, t]));
    return stations.filter(id => (newest.get(id) ?? 0) <= after);
  };
  await waitFor('every station to speak', silent, {
    until: ({ length }) => length === 0,
    timeoutMs: 60_000,
    intervalMs: 100,
  });
}

/** Every reading of a built-in simulator is new: nothing is sent twice, and nothing that was sent is contradicted. */
async function expectNothingTwice(
  server: ServerProcess,
  before: { readonly duplicate: number; readonly corrected: number } = { duplicate: 0, corrected: 0 },
): Promise<void> {
  const { readings, balanced, refused } = await settledLedger(server);
  expect(balanced).toBe(true);
  // A station that the site retires is disconnected, and may not speak its last will any more.
  expect(refused.filter(({ reason }) => reason !== 'will_forbidden')).toEqual([]);
  expect(readings).toMatchObject({ duplicate: before.duplicate, corrected: before.corrected });
}

describe('stations of the built-in simulator', () => {
  it('are lent to `ww sim` and speak again afterwards, also after a restart', async () => {
    const dataDir = temporary.path;
    const site = writeSite(join(dataDir, 'site'), ids(1, 11));
    const server = await startServer({ dataDir, site, env: BUILT_IN });
    await server.control.call('enrol', { id: 'B-11' });
    await allSpeak(server, ids(1, 10), Date.now() - 10_000);
    const scenario = join(dataDir, 'short.yaml');
    writeFileSync(scenario, 'name: short\nseed: 2\nstart: -20m\nduration: 1h\n');
    for (const _run of [1, 2]) {
      const { code, out, err } = await runWw(['sim', '--scenario', scenario, '--json'], dataDir);
      const endedAt = Date.now();
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      expect(err).toContain('Not played: B-11 is enrolled: a device has its secret.\n');
      expect(JSON.parse(out)).toMatchObject({
        stations: 10,
        messages: { unacknowledged: 0 },
        refusedStations: {},
        notLent: { 'B-11': 'enrolled' },
      });
      const { readings } = await settledLedger(server);
      expect(readings.corrected).toBeGreaterThan(0);
      await allSpeak(server, ids(1, 10), endedAt);
      printFigure(`stations lent out spoke again ${Date.now() - endedAt} ms after their play`);
      await expectNothingTwice(server, readings);
    }
    expect(await server.stop()).toBe(0);
    const again = await startServer({ dataDir, site, env: BUILT_IN });
    await allSpeak(again, ids(1, 10), Date.now());
    expect(await again.stop()).toBe(0);
    expect(server.output() + again.output()).not.toContain('"level":"error"');
  }, 120_000);

  it('come back by themselves where `ww sim` was killed', async () => {
    const dataDir = temporary.path;
    const site = writeSite(join(dataDir, 'site'), ids(1, 10));
    const server = await startServer({ dataDir, site, env: BUILT_IN });
    const scenario = join(dataDir, 'endless.yaml');
    writeFileSync(scenario, 'name: endless\nseed: 2\nstart: -1m\nduration: 1h\n');
    const child = spawn(process.execPath, [MAIN, 'sim', '--scenario', scenario, '--follow'], {
      env: { PATH: process.env['PATH'], WW_DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    await once(child.stderr, 'data');
    child.kill('SIGKILL');
    await ended;
    const killedAt = Date.now();
    const { readings } = await settledLedger(server);
    await allSpeak(server, ids(1, 10), killedAt);
    printFigure(`stations of a killed play spoke again after ${Date.now() - killedAt} ms`);
    await expectNothingTwice(server, readings);
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('are those of the registry, also after it has changed', async () => {
    const dataDir = temporary.path;
    const site = writeSite(join(dataDir, 'site'), ids(1, 10));
    const server = await startServer({ dataDir, site, env: BUILT_IN });
    await allSpeak(server, ids(1, 10), Date.now() - 10_000);
    const { code } = await runWw(['site', 'apply', writeSite(join(dataDir, 'next'), ids(2, 12))], dataDir);
    expect(code).toBe(0);
    const appliedAt = Date.now();
    await allSpeak(server, ids(2, 12), appliedAt + 2_000);
    await server.control.call('siteRollback', { version: 1 });
    const rolledBackAt = Date.now();
    await allSpeak(server, ids(1, 10), rolledBackAt + 2_000);
    await expectNothingTwice(server);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain('"level":"error"');
  }, 120_000);
});
