import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { PlayAccount } from '../../sensors-sim/player/play-account.ts';
import { settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));
const temporary = temporaryFolder();
forbidLeftServers();

const KINDS: readonly (readonly object[])[] = [
  [{ property: 'water_level', datum: 'x' }, { property: 'discharge' }],
  [{ property: 'rainfall' }, { property: 'rainfall_counter' }],
  [{ property: 'ponding_depth' }],
  [
    { property: 'sump_level', datum: 'x' },
    { property: 'pump_running', instance: '1' },
  ],
  [{ property: 'dissolved_oxygen' }, { property: 'turbidity' }],
];

/** A site of 20 stations over the whole district, all with batteries, all speaking once a minute. */
function writeSite(folder: string): string {
  const stations = Array.from({ length: 20 }, (_, index) => ({
    id: `N-${index + 1}`,
    name: `N-${index + 1}`,
    simulated: true,
    basin: 'night-river',
    latitude: 22.6 + 0.009 * index,
    longitude: 114.1 + 0.013 * ((index * 7) % 20),
    datastreams: [...(KINDS[index % KINDS.length] ?? []), { property: 'battery_voltage' }].map(
      datastream => ({
        ...datastream,
        intervalMs: 60_000,
      }),
    ),
  }));
  mkdirSync(folder);
  writeFileSync(join(folder, 'site.yaml'), 'name: 夜\n');
  writeFileSync(join(folder, 'stations.yaml'), JSON.stringify({ stations }));
  return folder;
}

async function ww(
  dataDir: string,
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], WW_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}

describe('a storm night', () => {
  it('of twenty stations that misbehave in every way ends in a ledger that says what they did', async () => {
    const dataDir = temporary.path;
    const server = await startServer({ dataDir, site: writeSite(join(dataDir, 'site')) });
    const { code, out, err } = await ww(dataDir, 'sim', '--scenario', 'storm-night', '--json');
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const account = JSON.parse(out) as PlayAccount;
    const { messages, readings, balanced, refused } = await settledLedger(server);

    expect(Object.keys(account.affected).sort()).toEqual([
      'battery_death',
      'clock_skew',
      'drift',
      'duplicate',
      'missing',
      'reorder',
      'spike',
      'stuck',
    ]);
    expect(account).toMatchObject({ stations: 20, aborted: false, refusedStations: {} });
    expect(account.messages.backlog).toBeGreaterThan(20);
    expect(account.lostInDevices).toBeGreaterThan(0);
    const expected = account.expected!;
    expect(expected.futureMessages).toBeGreaterThan(100);
    expect(expected.duplicate).toBeGreaterThan(500);

    expect(balanced).toBe(true);
    expect(refused).toEqual([]);
    const { obs, backlog, status, unacknowledged } = account.messages;
    expect(unacknowledged).toBe(0);
    expect(messages.journalled).toBe(obs + backlog + status + account.cuts);
    expect(messages.quarantined).toBe(expected.futureMessages);
    expect(readings).toMatchObject({
      stored: expected.stored,
      duplicate: expected.duplicate,
      corrected: expected.corrected,
      quarantined: 0,
      rejected: 0,
    });
    const { items } = await server.control.call('quarantineList', { limit: 50 });
    expect(new Set(items.map(({ reason }) => reason))).toEqual(new Set(['sent_in_future']));

    printFigure(
      `storm night: ${account.readings} readings in ${obs + backlog} messages, ${(account.elapsedMs / 1_000).toFixed(1)} s`,
    );
    expect(await server.stop()).toBe(0);
  }, 60_000);

  it('takes over from the built-in simulator, which neither disturbs it nor is refused', async () => {
    const dataDir = temporary.path;
    const site = writeSite(join(dataDir, 'site'));
    const server = await startServer({ dataDir, site, env: { WW_SIMULATOR: 'on' } });
    await waitFor('the whole backlog of 56 datastreams', () => server.ledger(), {
      until: ({ readings }) => readings.stored > 56 * 178,
      timeoutMs: 30_000,
    });
    const scenario = join(dataDir, 'night.yaml');
    writeFileSync(scenario, 'name: night\nseed: 2\nstart: -20m\nduration: 20m\n');
    const { code, out } = await ww(dataDir, 'sim', '--scenario', scenario, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      stations: 20,
      messages: { obs: 20 * 20, unacknowledged: 0 },
      refusedStations: {},
    });
    const { readings, balanced, refused } = await settledLedger(server);
    expect(balanced).toBe(true);
    expect(refused).toEqual([]);
    // The same minutes were told before, of other water.
    expect(readings.corrected).toBeGreaterThan(0);
    expect(await server.stop()).toBe(0);
  }, 60_000);
});
