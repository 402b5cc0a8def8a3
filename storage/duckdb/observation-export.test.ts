import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { observation, storeBatch } from '../../test/harness/store-batch.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { Database } from './database.ts';
import { EXPORT_COLUMNS } from './observation-export.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';

const temporary = temporaryFolder();
let telemetry: DuckdbTelemetry;
let store: ReturnType<typeof createTelemetryStore>;

const JULY = Date.parse('2026-07-31T23:59:59.999Z');
const AUGUST = JULY + 1;
const ALL = { from: epochMs(0), to: epochMs(4_000_000_000_000) };
const HEAD = EXPORT_COLUMNS.map(({ name }) => name).join(',');

beforeEach(async () => {
  telemetry = new DuckdbTelemetry({ directory: join(temporary.path, 'data'), lingerMs: 60_000 });
  await telemetry.start();
  store = createTelemetryStore(telemetry.openStore());
});
afterEach(async () => {
  store.close();
  await telemetry.stop();
});

/** Taken and not yet durable: the store would wait a minute for company. */
async function take(): Promise<{ readonly durable: Promise<void> }> {
  const durable = store.append(
    storeBatch({
      newDatastreams: [
        { id: 1, station: 'S-2', property: 'water_level' },
        { id: 2, station: 'S-1', property: 'pump_running', instance: '2' },
        { id: 3, station: 'S-1', property: 'pump_running' },
      ],
      readings: [
        observation({ datastream: 1, t: epochMs(AUGUST), v: 3.25, deviceFlag: 1, quality: 3 }),
        observation({ datastream: 1, t: epochMs(JULY), v: null, quality: 9, position: 7 }),
        observation({ datastream: 2, t: epochMs(JULY), v: 1, source: 2 }),
        observation({ datastream: 3, t: epochMs(JULY), v: 0.1 }),
      ],
    }),
  );
  // Answered by the same port: the batch is there.
  await store.staged();
  return { durable };
}

const LINES = [
  'S-1,pump_running,,2026-07-31T23:59:59.999Z,0.1,1,N,device,2026-08-01T00:00:00.999Z,2026-08-01T00:00:01.999Z,1',
  'S-1,pump_running,2,2026-07-31T23:59:59.999Z,1.0,1,N,operator,2026-08-01T00:00:00.999Z,2026-08-01T00:00:01.999Z,1',
  'S-2,water_level,,2026-07-31T23:59:59.999Z,,9,N,device,2026-08-01T00:00:00.999Z,2026-08-01T00:00:01.999Z,7',
  'S-2,water_level,,2026-08-01T00:00:00.000Z,3.25,3,T,device,2026-08-01T00:00:01.000Z,2026-08-01T00:00:02.000Z,1',
];

async function csv(
  query: object = {},
): Promise<{ readonly rows: number; readonly lines: readonly string[] }> {
  const path = join(temporary.path, "it's.csv");
  const rows = await telemetry.exportTo({ ...ALL, path, format: 'csv', ...query });
  const [head, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(head).toBe(HEAD);
  return { rows, lines };
}

describe('an export of observations', () => {
  it('holds everything taken so far, in order, over months', async () => {
    const { durable } = await take();
    expect(await csv()).toEqual({ rows: 4, lines: LINES });
    await durable;
  });

  it('keeps to the range, its end excluded, and to the stations', async () => {
    const { durable } = await take();
    expect(await csv({ to: epochMs(AUGUST) })).toEqual({ rows: 3, lines: LINES.slice(0, 3) });
    expect(await csv({ from: epochMs(AUGUST) })).toEqual({ rows: 1, lines: LINES.slice(3) });
    expect(await csv({ stations: ['S-1', "it's"] })).toEqual({ rows: 2, lines: LINES.slice(0, 2) });
    await durable;
  });

  it('has its columns also where there is nothing', async () => {
    expect(await csv()).toEqual({ rows: 0, lines: [] });
  });

  it('has typed columns in Parquet', async () => {
    const { durable } = await take();
    const path = join(temporary.path, 'rows.parquet');
    expect(await telemetry.exportTo({ ...ALL, path, format: 'parquet' })).toBe(4);
    await durable;
    const reader = await Database.open(
      { directory: join(temporary.path, 'reader'), memoryLimitMiB: 64, threads: 1 },
      0,
    );
    try {
      const types = await reader.writer.rows(`DESCRIBE SELECT * FROM '${path}'`);
      expect(types.map(([name, type]) => `${String(name)} ${String(type)}`)).toEqual([
        'station VARCHAR',
        'property VARCHAR',
        'instance VARCHAR',
        'time TIMESTAMP',
        'value DOUBLE',
        'quality UTINYINT',
        'device_flag VARCHAR',
        'source VARCHAR',
        'sent TIMESTAMP',
        'received TIMESTAMP',
        'position BIGINT',
      ]);
      const rows = await reader.writer.rows(`SELECT epoch_ms(time)::DOUBLE, value FROM '${path}'`);
      expect(rows).toEqual([
        [JULY, 0.1],
        [JULY, 1],
        [JULY, null],
        [AUGUST, 3.25],
      ]);
    } finally {
      await reader.close();
    }
  });
});
