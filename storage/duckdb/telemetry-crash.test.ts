import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';

const CHILD = fileURLToPath(new URL('./telemetry-crash-child.mjs', import.meta.url));
const KILLS = 12;
const SIZE = 200;
const T0 = Date.UTC(2026, 5, 1);

/** Runs the child until it is killed, some time after its first batch was durable; answers the last durable one. */
async function runAndKill(directory: string): Promise<number> {
  const child = spawn(process.execPath, [CHILD, directory, String(T0)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = new Promise<NodeJS.Signals | null>(resolve => {
    child.on('close', (_code, signal) => resolve(signal));
  });
  let durable = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (durable === 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * 300);
    durable = Number(line.split(' ')[1]);
  }
  expect([await ended, errors]).toEqual(['SIGKILL', '']);
  return durable;
}

describe('the telemetry store of a process that is killed again and again', () => {
  const folder = temporaryFolder();

  it('has every durable batch whole, and nothing beyond its cursor', async () => {
    let total = 0;
    for (let run = 0; run < KILLS; run += 1) {
      const durable = await runAndKill(folder.path);
      const telemetry = new DuckdbTelemetry({ directory: folder.path });
      await telemetry.start();
      const store = createTelemetryStore(telemetry.openStore());
      const { cursors, stationStates, latest } = await store.resume();
      const { live } = cursors;
      expect(live).toBeGreaterThanOrEqual(durable);
      expect(live).toBeGreaterThan(total);
      total = live;
      const late = Math.floor(live / 3);
      const counts = (await store.ledger()).stations.get('S-1');
      expect(counts?.messages.decoded).toBe(live);
      expect(counts?.readings).toMatchObject({
        decoded: live * (SIZE + 1) + late,
        stored: live * SIZE + late,
        duplicate: live,
        corrected: 0,
      });
      expect((await store.countRows()).get('S-1')).toBe(live * SIZE + late);
      expect(stationStates).toEqual([{ station: 'S-1', state: String(live) }]);
      expect(latest.map(row => row.v)).toEqual([(live + 1) * SIZE - 1]);
      const rows = await store.range({
        datastream: 1,
        from: epochMs(T0 + SIZE * 60_000),
        to: epochMs(4e12),
        limit: 1e6,
      });
      expect(rows.map(row => row.v)).toEqual(Array.from({ length: live * SIZE }, (_, index) => SIZE + index));
      await telemetry.stop();
      store.close();
    }
  }, 120_000);
});
