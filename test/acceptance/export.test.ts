import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { epochMs } from '../../domain/time/instant.ts';
import { settledLedger } from '../harness/acknowledged.ts';
import { loadStarter } from '../harness/background-load.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const temporary = temporaryFolder();
forbidLeftServers();
const startLoad = loadStarter();

it('an export holds what the ledger calls stored, with the values that were sent', async () => {
  const server = await startServer({ dataDir: join(temporary.path, 'data') });
  const load = await startLoad(server, {
    plan: {
      seed: 5,
      stations: 10,
      properties: 2,
      ratePerStation: 50,
      readingsPerMessage: 4,
      durationMs: 3_000,
    },
  });
  await load.finished;
  const ledger = await settledLedger(server);
  const target = join(temporary.path, 'export');
  const everything = { from: epochMs(0), to: epochMs(4_000_000_000_000) };
  const summary = await server.control.call('export', { target, format: 'csv', ...everything });
  expect(summary).toMatchObject({ rows: ledger.readings.stored, stations: 10 });

  const [, ...lines] = readFileSync(join(target, 'observations.csv'), 'utf8').trimEnd().split('\n');
  const exported = lines.map(line => line.split(',').slice(0, 5));
  expect(exported).toHaveLength(ledger.readings.stored);
  const keys = new Set(
    exported.map(([station, property, instance, time]) => [station, property, instance, time].join()),
  );
  expect(keys.size).toBe(exported.length);
  const [station, property, instance] = exported[0] ?? [];
  const name = instance === '' ? property : `${property}.${instance}`;
  const { items } = (await server.get(
    `/api/v1/datastreams/${station}/${name}/observations?from=0&to=4000000000000&limit=50000`,
  )) as { items: { t: number; v: number | null }[] };
  const own = exported.filter(row => row[0] === station && row[1] === property && row[2] === instance);
  expect(own.map(row => ({ t: Date.parse(row[3] ?? ''), v: row[4] === '' ? null : Number(row[4]) }))).toEqual(
    items.map(({ t, v }) => ({ t, v })),
  );
  expect(await server.stop()).toBe(0);
});
