import { connectAsync } from 'mqtt';
import { afterEach, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { streamDelta, streamState } from '../../server/http/response-schemas.ts';
import { EventStreamReader } from '../harness/event-stream-reader.ts';
import type { ReceivedEvent } from '../harness/event-stream-reader.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();
let reader: EventStreamReader | undefined;
afterEach(() => reader?.close());

const gauge = (id: string): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [{ property: 'water_level', datum: '1985国家高程', intervalMs: 60_000 }],
});

it('tells each second what arrives by MQTT, and everything when the registry has changed', async () => {
  const server = await startServer({ dataDir: temporary.path });
  const secrets = await server.register([gauge('RIVER-1'), gauge('RIVER-2')]);
  const { token } = await server.control.call('createToken', { role: 'viewer' });
  const url = `http://127.0.0.1:${server.addresses.http.port}`;
  reader = await EventStreamReader.open(url, { token });
  const stream = reader;
  const heard = (what: string, look: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> =>
    waitFor(what, () => stream.events.find(look)) as Promise<ReceivedEvent>;

  const first = await stream.event(0);
  expect(streamState.parse(first.data)).toEqual(first.data);
  expect(first.data.stations).toMatchObject([
    { id: 'RIVER-1', state: { data: 'blind' }, connection: { state: 'unknown' } },
    { id: 'RIVER-2', state: { data: 'blind' }, connection: { state: 'unknown' } },
  ]);

  const device = await connectAsync({
    host: '127.0.0.1',
    port: server.addresses.mqtt.port,
    protocolVersion: 4,
    clientId: 'RIVER-1',
    username: 'RIVER-1',
    password: secrets['RIVER-1']!,
  });
  await heard('the connection', ({ data }) => data.stations[0]?.connection.state === 'connected');
  const t = Date.now();
  for (const [n, v] of [3.25, 3.5].entries()) {
    const payload = JSON.stringify({ sent: t + n, obs: [{ p: 'water_level', t: t + n, v }] });
    await device.publishAsync('ww/v1/RIVER-1/obs', payload, { qos: 1 });
    const { event, data } = await heard(`the value ${v}`, ({ data }) => data.points?.[0]?.v === v);
    expect(event).toBe('delta');
    expect(streamDelta.parse(data)).toEqual(data);
    expect(data.points).toMatchObject([{ station: 'RIVER-1', name: 'water_level', t: t + n }]);
    expect(data.stations).toMatchObject([{ id: 'RIVER-1', state: { data: data.points[0].state.data } }]);
  }
  await heard('an empty pipeline', ({ data }) => {
    const { acceptedReadings, outstandingReadings, oldestUnstoredMs, lagBatches } = data.ingest;
    return acceptedReadings === 2 && outstandingReadings + oldestUnstoredMs + lagBatches.live === 0;
  });
  await heard('a settled ledger', ({ data }) => data.ledger?.readings.stored === 2 && data.ledger.balanced);

  await device.endAsync();
  await heard('the end of the connection', ({ data }) =>
    data.stations.some(
      (station: { id: string; connection: { state: string } }) =>
        station.id === 'RIVER-1' && station.connection.state === 'disconnected',
    ),
  );
  await server.register([gauge('RIVER-3')]);
  const again = await heard('the new station', ({ data }) => data.stations.length === 3);
  expect(again.event).toBe('state');
  expect(again.data.stations[0].datastreams[0].latest).toMatchObject({ t: t + 1, v: 3.5 });

  expect(await server.stop()).toBe(0);
  await waitFor('the end of the stream', () => stream.isEnded);
  const ids = stream.events.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(server.output()).not.toContain('"level":"error"');
});
