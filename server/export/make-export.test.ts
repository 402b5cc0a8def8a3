import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { ExportQuery } from '../../storage/duckdb/observation-export.ts';
import { createFakeApplication } from '../../test/harness/fake-application.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { makeExport } from './make-export.ts';
import type { ExportRequest } from './make-export.ts';

const temporary = temporaryFolder();

async function run(
  change: Partial<ExportRequest> = {},
  exportStore = async ({ path }: ExportQuery): Promise<number> => {
    writeFileSync(path, 'station\nRIVER-1\n');
    return 1;
  },
): ReturnType<typeof makeExport> {
  return await makeExport(
    {
      target: join(temporary.path, 'exports', 'july'),
      format: 'csv',
      from: epochMs(1_000),
      to: epochMs(2_000),
      ...change,
    },
    { registry: createFakeApplication().registry(), clock: new ManualClock(), exportStore },
  );
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (isAppError(error) ? error.code : error),
  );

describe('makeExport', () => {
  it('writes observations, stations as GeoJSON and what the columns mean', async () => {
    const target = join(temporary.path, 'exports', 'july');
    expect(await run()).toEqual({ folder: target, rows: 1, stations: 2, bytes: 16, elapsedMs: 0 });
    expect(readdirSync(join(temporary.path, 'exports'))).toEqual(['july']);
    expect(readdirSync(target).toSorted()).toEqual([
      'dictionary.json',
      'observations.csv',
      'stations.geojson',
    ]);
    const stations: unknown = JSON.parse(readFileSync(join(target, 'stations.geojson'), 'utf8'));
    expect(stations).toMatchObject({
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          id: 'RIVER-1',
          geometry: { type: 'Point', coordinates: [113.9, 22.6] },
          properties: {
            name: '沙河水文站',
            datastreams: [{ property: 'water_level', datum: '1985国家高程', unit: 'm' }, { unit: 'mm' }],
          },
        },
        { id: 'PUMP-1', geometry: null },
      ],
    });
    const dictionary = JSON.parse(readFileSync(join(target, 'dictionary.json'), 'utf8')) as {
      deviceFlags: object;
      columns: readonly { name: string }[];
    };
    expect(dictionary).toMatchObject({ file: 'observations.csv', rows: 1, from: 1_000, to: 2_000 });
    expect(dictionary.columns[0]).toEqual({
      name: 'station',
      type: 'text',
      description: 'Id of the station.',
    });
    expect(Object.keys(dictionary.deviceFlags)).toEqual([...DEVICE_FLAGS]);
  });

  it('passes on the range, the format and the stations', async () => {
    const asked: ExportQuery[] = [];
    await run({ format: 'parquet', stations: ['PUMP-1'] }, async query => {
      asked.push(query);
      writeFileSync(query.path, '');
      return 0;
    });
    expect(asked).toMatchObject([{ format: 'parquet', from: 1_000, to: 2_000, stations: ['PUMP-1'] }]);
    expect(asked[0]?.path).toMatch(/observations\.parquet$/);
  });

  it('refuses what cannot be asked, and touches nothing', async () => {
    const full = join(temporary.path, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'a'), '');
    expect(await codeOf(run({ to: epochMs(1_000) }))).toBe('invalid_request');
    expect(await codeOf(run({ target: 'july' }))).toBe('invalid_request');
    expect(await codeOf(run({ stations: ['PUMP-1', 'NOBODY'] }))).toBe('not_found');
    expect(await codeOf(run({ target: full }))).toBe('conflict');
    expect(readdirSync(temporary.path)).toEqual(['full']);
  });

  it('leaves nothing behind where the store cannot write', async () => {
    const failing = run({}, () => Promise.reject(new Error('No space left on device')));
    expect(await codeOf(failing)).toBe('export_failed');
    expect(readdirSync(join(temporary.path, 'exports'))).toEqual([]);
  });
});
