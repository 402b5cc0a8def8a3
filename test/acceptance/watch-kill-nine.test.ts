import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { settledLedger } from '../harness/acknowledged.ts';
import { episodesAtRest } from '../harness/episodes-at-rest.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));
const temporary = temporaryFolder();
forbidLeftServers();

/** Readings stored when the server is killed; the night has some 170,000. */
const KILLS = [8_000, 30_000, 80_000];

/** Plays the storm night until it ends, or the server does. */
function playNight(dataDir: string): ChildProcess {
  const env = { PATH: process.env['PATH'], WW_DATA_DIR: dataDir };
  return spawn(process.execPath, [MAIN, 'sim', '--scenario', 'storm-night'], { env, stdio: 'ignore' });
}

/** Resolves once everything journalled is judged, what came late included. */
async function judged(server: ServerProcess): Promise<void> {
  await settledLedger(server);
  await waitFor('everything to be judged', () => openWork(server), {
    until: open => open === 0,
    timeoutMs: 120_000,
  });
}

async function openWork(server: ServerProcess): Promise<number> {
  const { host, port } = server.addresses.http;
  const { token } = await server.control.call('createToken', { role: 'viewer' });
  const response = await fetch(`http://${host}:${port}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const open = /^(?:ww_watch_\w+|ww_quality_stale_datastreams) (\d+)$/gm;
  const values = [...(await response.text()).matchAll(open)].map(([, value]) => Number(value));
  expect(values).toHaveLength(3);
  return values.reduce((sum, value) => sum + value, 0);
}

it(
  `judges a storm night as if nothing had happened, killed ${KILLS.length} times in the middle of it`,
  { timeout: 480_000 },
  async () => {
    const dataDir = temporary.path;
    const options = { dataDir, site: DEMO, env: { WW_SIMULATOR: 'off' } };
    for (const stored of KILLS) {
      const server = await startServer(options);
      const player = playNight(dataDir);
      const ended = once(player, 'exit');
      await waitFor(`${stored} stored readings`, () => server.ledger(), {
        until: ({ readings }) => readings.stored >= stored,
        timeoutMs: 120_000,
        intervalMs: 5,
      });
      await server.kill();
      player.kill('SIGKILL');
      await ended;
    }
    const server = await startServer(options);
    const [code] = (await once(playNight(dataDir), 'exit')) as [number];
    expect(code).toBe(0);
    await judged(server);
    expect(await server.stop()).toBe(0);
    const { tracks, episodes, differences, mistold } = await episodesAtRest(dataDir);
    printFigure(
      `${KILLS.length} kills in a storm night: ${tracks} tracks, ${episodes} episodes, none other than judged at once`,
    );
    expect(differences).toEqual([]);
    expect(mistold).toEqual([]);
    expect(episodes).toBeGreaterThan(200);

    // Everything stored made anew from the arrival log, flags included, leads to the same episodes bit by bit.
    const rebuild = spawn(process.execPath, [MAIN, 'rebuild'], {
      env: { PATH: process.env['PATH'], WW_DATA_DIR: dataDir, WW_SITE: DEMO },
      stdio: 'ignore',
    });
    expect((await once(rebuild, 'exit'))[0]).toBe(0);
    const replayed = await episodesAtRest(dataDir);
    expect(replayed.differences).toEqual([]);
    expect(replayed.episodes).toBe(episodes);
  },
);
