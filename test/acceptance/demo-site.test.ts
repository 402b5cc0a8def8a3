import { fileURLToPath } from 'node:url';

import { connectAsync } from 'mqtt';
import { expect, it } from 'vitest';

import { settledLedger } from '../harness/acknowledged.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const DEMO = fileURLToPath(new URL('../../config/demo', import.meta.url));
/** Simulated, with a sump level every ten seconds. */
const PUMPING_STATION = 'LG-PS-001';

interface Latest {
  readonly items: readonly { station: string; property: string; t: number; v: number; quality: string }[];
}

interface Stations {
  readonly items: readonly { id: string; state: { data: string } }[];
}

it(
  'shows a new user a district that is alive, and leaves a station to its device',
  { timeout: 240_000 },
  async () => {
    const server = await startServer({ dataDir: temporary.path, site: DEMO });
    const ready = await fetch(`http://127.0.0.1:${server.addresses.http.port}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ ready: true, reasons: [], warnings: [] });

    const sump = async (): Promise<Latest['items'][number] | undefined> => {
      const { items } = (await server.get(`/api/v1/latest?station=${PUMPING_STATION}`)) as Latest;
      return items.find(({ property }) => property === 'sump_level');
    };
    const first = await waitFor('a first sump level', sump, { timeoutMs: 60_000 });
    await waitFor('the sump level to change', sump, {
      until: value => value !== undefined && value.t > (first?.t ?? 0) && value.v !== first?.v,
      timeoutMs: 60_000,
      intervalMs: 200,
    });
    const quiet = async (): Promise<readonly string[] | undefined> => {
      const { items } = (await server.get('/api/v1/stations')) as Stations;
      expect(items.length).toBeGreaterThanOrEqual(115);
      return items.filter(({ state }) => state.data !== 'good').map(({ id }) => id);
    };
    await waitFor('every station to report', quiet, {
      until: ids => ids?.length === 0,
      timeoutMs: 60_000,
      intervalMs: 200,
    });

    const { secret } = await server.control.call('enrol', { id: PUMPING_STATION });
    const device = await connectAsync({
      host: '127.0.0.1',
      port: server.addresses.mqtt.port,
      protocolVersion: 4,
      clientId: PUMPING_STATION,
      username: PUMPING_STATION,
      password: secret,
    });
    const t = Date.now();
    const payload = JSON.stringify({ sent: t, obs: [{ p: 'sump_level', t, v: 29.5, f: 'S' }] });
    await device.publishAsync(`ww/v1/${PUMPING_STATION}/obs`, payload, { qos: 1 });
    await waitFor('the value of the device', sump, { until: value => value?.t === t && value.v === 29.5 });
    await device.endAsync();

    const ledger = await settledLedger(server);
    expect(ledger.balanced).toBe(true);
    expect(ledger.readings.quarantined + ledger.readings.corrected).toBe(0);
    // The simulator had a connection under its own secret and gave the station up.
    expect(ledger.refused.filter(({ reason }) => reason !== 'http_unauthenticated')).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain('"level":"error"');
  },
);
