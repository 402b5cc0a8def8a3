import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connectAsync } from 'mqtt';
import { expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { readiness } from '../harness/server-probes.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const STATION: StationSpec = {
  kind: 'station',
  id: 'POND-1' as ThingId,
  name: 'POND-1',
  datastreams: [
    {
      property: 'ponding_depth',
      intervalMs: 60_000,
      thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 },
    },
  ],
};
const RULES = {
  version: 1,
  validFrom: 0,
  rules: [
    {
      id: 'ponding',
      kind: 'ponding',
      name: '积水',
      nameEn: 'Ponding',
      source: 'proposal',
      subjects: { property: 'ponding_depth' },
    },
  ],
};

interface Alarm {
  readonly severity: string;
  readonly told: string | null;
  readonly state: string;
}

async function alarms(server: ServerProcess): Promise<readonly Alarm[]> {
  return ((await server.get('/api/v1/alarms')) as { items: readonly Alarm[] }).items;
}

const codes = async (server: ServerProcess) => (await readiness(server)).reasons.map(({ code }) => code);

it('acknowledges while the episodes cannot be kept, says so, and tells the warning live once they can, also after a kill', async () => {
  const dataDir = temporary.path;
  const rules = join(dataDir, 'rules.yaml');
  writeFileSync(rules, JSON.stringify(RULES));
  const start = () => startServer({ dataDir, allowFaults: true, env: { WW_RULES: rules } });
  let server = await start();
  const password = (await server.register([STATION]))[STATION.id]!;
  const publish = async (v: number): Promise<void> => {
    const { port } = server.addresses.mqtt;
    const device = await connectAsync({
      host: '127.0.0.1',
      port,
      protocolVersion: 4,
      clientId: STATION.id,
      username: STATION.id,
      password,
    });
    const t = Date.now();
    const payload = JSON.stringify({ sent: t, obs: [{ p: 'ponding_depth', t, v }] });
    await device.publishAsync(`ww/v1/${STATION.id}/obs`, payload, { qos: 1 });
    await device.endAsync();
  };
  const stored = async () => (await server.ledger()).readings.stored;

  await publish(0);
  await waitFor('the dry reading to be stored', stored, { until: count => count === 1 });
  await server.injectFault('episodes', 'query_only = ON');
  await publish(0.2);
  await waitFor('the server to say what is wrong', () => codes(server), {
    until: found => found.includes('episodes_unavailable'),
    timeoutMs: 20_000,
  });
  // The warning is not durable: so neither is its reading, which would hide that it is missing.
  expect(await stored()).toBe(1);
  expect(await alarms(server)).toEqual([]);
  await server.kill();

  server = await start();
  await waitFor('the warning', () => alarms(server), { until: found => found.length === 1 });
  expect(await alarms(server)).toMatchObject([{ severity: 'orange', told: 'orange', state: 'open' }]);
  await server.injectFault('episodes', 'query_only = ON');
  await publish(0.3);
  await waitFor('the server to say it again', () => codes(server), {
    until: found => found.includes('episodes_unavailable'),
    timeoutMs: 20_000,
  });
  await server.injectFault('episodes', 'query_only = OFF');
  await waitFor('the step', () => alarms(server), { until: ([alarm]) => alarm?.told === 'red' });
  await waitFor('the server to be ready', () => codes(server), {
    until: found => found.length === 0,
    timeoutMs: 20_000,
  });
  await waitFor('everything to be stored', stored, { until: count => count === 3 });
  expect(await server.stop()).toBe(0);
});
