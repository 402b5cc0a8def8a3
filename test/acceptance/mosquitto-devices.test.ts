import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { GatewaySpec, StationSpec, SubscriberSpec } from '../../domain/model/registry.ts';
import { settledLedger } from '../harness/acknowledged.ts';
import { requireServer } from '../harness/debian-servers.ts';
import { startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { waitFor } from '../harness/wait-for.ts';

const publisher = requireServer('mosquitto_pub');
const listener = requireServer('mosquitto_sub');

const station = (id: string): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [{ property: 'water_level', datum: '1985国家高程基准', intervalMs: 60_000 }],
});
const GATEWAY: GatewaySpec = {
  kind: 'gateway',
  id: 'G-1' as ThingId,
  name: 'G-1',
  stations: ['S-2' as ThingId],
};
const SUBSCRIBER: SubscriberSpec = {
  kind: 'subscriber',
  id: 'A-1' as ThingId,
  name: 'A-1',
  basins: ['shahe'],
};

let folder: string;
let server: ServerProcess;
let secrets: Readonly<Record<string, string>>;
/** The ledger before the test: all tests share one server. */
let before: Ledger;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs one of mosquitto's clients to its end. `hold` leaves it running until the test ends it. */
async function run(program: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: child.exitCode, output };
}

interface Publish {
  readonly as?: string;
  readonly user?: string;
  readonly secret?: string;
  readonly topic: string;
  readonly message: string;
  readonly more?: readonly string[];
}

function publish({ as = 'S-1', user = as, secret, topic, message, more = [] }: Publish): Promise<Ended> {
  const { host, port } = server.addresses.mqtt;
  return run(publisher ?? '', [
    ...login(as, user, secret ?? secrets[user] ?? ''),
    ...`-h ${host} -p ${port} -V mqttv311 -q 1 -t ${topic}`.split(' '),
    '-m',
    message,
    ...more,
  ]);
}

function login(id: string, user: string, secret: string): readonly string[] {
  return ['-i', id, '-u', user, '-P', secret];
}

function obs(v: number, t = Date.now()): string {
  return JSON.stringify({ sent: Date.now(), obs: [{ p: 'water_level', t, v }] });
}

/** How often something was refused, by principal and reason. */
async function refused(principal: string, reason: string): Promise<number> {
  const countIn = ({ refused }: Ledger): number =>
    refused.find(entry => entry.principal === principal && entry.reason === reason)?.count ?? 0;
  return countIn(await server.ledger()) - countIn(before);
}

/** What the test has added to the ledger, with nothing in flight any more. */
async function added(): Promise<Pick<Ledger, 'messages' | 'readings' | 'balanced'>> {
  const { messages, readings, balanced } = await settledLedger(server);
  return {
    messages: difference(messages, before.messages),
    readings: difference(readings, before.readings),
    balanced,
  };
}

function difference<Counts extends object>(now: Counts, then: Counts): Counts {
  const entries = Object.entries(now) as [keyof Counts, number][];
  return Object.fromEntries(entries.map(([name, count]) => [name, count - Number(then[name])])) as Counts;
}

describe.skipIf(publisher === undefined || listener === undefined)('mosquitto as an outside device', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'waterwarden-mosquitto-devices-'));
    server = await startServer({ dataDir: folder });
    secrets = await server.register([
      ...['S-1', 'S-2', 'S-3', 'S-4', 'S-5'].map(station),
      GATEWAY,
      SUBSCRIBER,
    ]);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    before = await settledLedger(server);
  });

  it('publishes as the enrolled station, and the value can be read at once', async () => {
    const t = Date.now();
    expect(await publish({ topic: 'ww/v1/S-1/obs', message: obs(3.217, t) })).toMatchObject({ code: 0 });
    const page = (await waitFor(
      'the value',
      () => server.get(`/api/v1/datastreams/S-1/water_level/observations?from=${t}&to=${t + 1}`),
      { until: value => (value as { items: unknown[] }).items.length > 0 },
    )) as { items: unknown[] };
    expect(page.items).toEqual([{ t, v: 3.217, flag: 1, deviceFlag: 'N' }]);
    expect(await added()).toMatchObject({
      balanced: true,
      messages: { journalled: 1, decoded: 1 },
      readings: { decoded: 1, stored: 1 },
    });
  });

  it('publishes as a gateway for its own stations and for no other', async () => {
    expect(await publish({ as: 'G-1', topic: 'ww/v1/S-2/obs', message: obs(1) })).toMatchObject({ code: 0 });
    const foreign = await publish({ as: 'G-1', topic: 'ww/v1/S-3/obs', message: obs(1) });
    expect(foreign.code).not.toBe(0);
    expect(await refused('G-1', 'station_forbidden')).toBe(1);
    expect((await added()).messages.journalled).toBe(1);
  });

  it('leaves the picture of a gateway in a file, and its hash in the journal', async () => {
    const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(100_000, 7)]);
    const file = join(folder, 'picture.jpg');
    writeFileSync(file, picture);
    const { host, port } = server.addresses.mqtt;
    const ended = await run(publisher ?? '', [
      ...login('G-1', 'G-1', secrets['G-1'] ?? ''),
      ...`-h ${host} -p ${port} -q 1 -t ww/v1/G-1/snapshot/cam-1 -f ${file}`.split(' '),
    ]);
    expect(ended).toMatchObject({ code: 0 });
    expect(await added()).toMatchObject({ balanced: true, messages: { journalled: 1, decoded: 1 } });
    const kept = readdirSync(join(folder, 'snapshots'), { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.jpg'),
    );
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(folder, 'snapshots', kept[0] ?? '')).equals(picture)).toBe(true);
  });

  it.each([
    ['a wrong secret', { secret: 'wrong', topic: 'ww/v1/S-1/obs' }, ['S-1', 'bad_secret']],
    [
      'the client id of another station',
      { user: 'S-3', topic: 'ww/v1/S-1/obs' },
      ['S-1', 'identity_mismatch'],
    ],
    [
      'an id nobody registered',
      { as: 'X-9', secret: 'any', topic: 'ww/v1/X-9/obs' },
      ['-', 'unknown_identity'],
    ],
    ['a wrong topic', { topic: 'ww/v1/S-1/readings' }, ['S-1', 'topic_forbidden']],
    ['a command of its own', { topic: 'ww/v1/S-1/cmd' }, ['S-1', 'topic_forbidden']],
    ['a foreign station', { topic: 'ww/v1/S-2/obs' }, ['S-1', 'station_forbidden']],
    ['an alert', { topic: 'ww/v1/alerts/shahe/red/1' }, ['S-1', 'topic_forbidden']],
    ['a subscriber account', { as: 'A-1', topic: 'ww/v1/A-1/obs' }, ['A-1', 'topic_forbidden']],
    [
      'a will on a foreign topic',
      { topic: 'ww/v1/S-1/obs', more: ['--will-topic', 'ww/v1/S-2/status', '--will-payload', '{}'] },
      ['S-1', 'will_forbidden'],
    ],
  ] as const)('is refused and counted with %s', async (_name, how, [principal, reason]) => {
    const ended = await publish({ message: obs(1), ...how });
    expect(ended.code).not.toBe(0);
    expect(await refused(principal, reason)).toBeGreaterThanOrEqual(1);
    expect((await added()).messages.journalled).toBe(0);
  });

  it('is cut off with a frame that is too large, and the counters say who it was', async () => {
    const ended = await publish({ topic: 'ww/v1/S-1/obs', message: 'x'.repeat(80 * 1024) });
    expect(ended.code).not.toBe(0);
    expect(await refused('S-1', 'frame_too_large')).toBeGreaterThanOrEqual(1);
  });

  it('is cut off with a CONNECT that is too large', async () => {
    const ended = await publish({
      topic: 'ww/v1/S-1/obs',
      message: obs(1),
      more: ['--will-topic', 'ww/v1/S-1/status', '--will-payload', 'x'.repeat(8 * 1024)],
    });
    expect(ended.code).not.toBe(0);
    expect(await refused('-', 'connect_too_large')).toBeGreaterThanOrEqual(1);
  });

  it('gets an acknowledgement for malformed JSON, which lies in quarantine with its bytes', async () => {
    expect(await publish({ topic: 'ww/v1/S-1/obs', message: '{"sent":' })).toMatchObject({ code: 0 });
    expect(await added()).toMatchObject({ balanced: true, messages: { journalled: 1, quarantined: 1 } });
    const { items } = await server.control.call('quarantineList', { limit: 10 });
    expect(items).toMatchObject([
      { station: 'S-1', reason: 'malformed_json', payload: '{"sent":', topic: 'ww/v1/S-1/obs' },
    ]);
  });

  it.each([
    ['a shared subscription', 'S-1', '$share/group/ww/v1/S-1/cmd'],
    ['a wildcard', 'S-1', 'ww/v1/+/cmd'],
    ['everything', 'S-1', '#'],
    ['$SYS', 'S-1', '$SYS/#'],
    ['readings of its own', 'S-1', 'ww/v1/S-1/obs'],
    ["another station's commands", 'S-1', 'ww/v1/S-2/cmd'],
    ['the alerts of a basin that was not granted', 'A-1', 'ww/v1/alerts/other/#'],
    ['the alerts of all basins', 'A-1', 'ww/v1/alerts/+/red/+'],
  ])('may not subscribe to %s', async (_name, as, filter) => {
    const ended = await subscribe(as, filter);
    expect(ended.output).toContain('All subscription requests were denied');
    expect(await refused(as, 'subscription_forbidden')).toBe(1);
  });

  it.each([
    ['its own commands', 'S-1', 'ww/v1/S-1/cmd'],
    ['the alerts of a granted basin', 'A-1', 'ww/v1/alerts/shahe/#'],
  ])('may subscribe to %s', async (_name, as, filter) => {
    const ended = await subscribe(as, filter);
    // 27: it was subscribed and ended by its own time limit.
    expect(ended).toEqual({ code: 27, output: 'Timed out\n' });
    expect(await refused(as, 'subscription_forbidden')).toBe(0);
  });

  it('is disconnected by a revocation and cannot come back', async () => {
    const { host, port } = server.addresses.mqtt;
    const held = run(listener ?? '', [
      ...login('S-4', 'S-4', secrets['S-4'] ?? ''),
      ...`-h ${host} -p ${port} -q 1 -t ww/v1/S-4/cmd`.split(' '),
    ]);
    await waitFor('the station to be connected', async () => {
      const view = (await server.get('/api/v1/stations/S-4')) as { connection: { state: string } };
      return view.connection.state === 'connected';
    });
    await server.control.call('revoke', { id: 'S-4' });
    const ended = await held;
    expect(ended.code).not.toBe(0);
    expect(await refused('S-4', 'revoked')).toBeGreaterThanOrEqual(1);
  });

  it('loses nothing of 10 KB that follow right behind CONNECT', async () => {
    const count = 60;
    const t0 = Date.now() - 60_000;
    const packets = [connectPacket('S-5', secrets['S-5'] ?? '')];
    for (let index = 0; index < count; index += 1) {
      const filler = 'f'.repeat(64);
      const payload = JSON.stringify({
        seq: index,
        sent: t0,
        obs: [{ p: 'water_level', t: t0 + index, v: index }],
      });
      packets.push(publishPacket('ww/v1/S-5/obs', payload + ' '.repeat(filler.length), index + 1));
    }
    const bytes = Buffer.concat(packets);
    expect(bytes.length).toBeGreaterThan(10_000);
    const { host, port } = server.addresses.mqtt;
    const socket = connect(port, host);
    let received = Buffer.alloc(0);
    socket.on('data', chunk => (received = Buffer.concat([received, chunk])));
    socket.write(bytes);
    // CONNACK takes four bytes, each PUBACK another four.
    await waitFor('every PUBACK', () => received.length >= 4 + 4 * count);
    socket.end(Buffer.from([0xe0, 0]));
    await once(socket, 'close');
    expect((await added()).readings.stored).toBe(count);
  });
});

function subscribe(as: string, filter: string): Promise<Ended> {
  const { host, port } = server.addresses.mqtt;
  return run(listener ?? '', [
    ...login(as, as, secrets[as] ?? ''),
    ...`-h ${host} -p ${port} -V mqttv311 -W 1 -q 1 -t ${filter}`.split(' '),
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function frame(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push((left & 127) | (left > 127 ? 128 : 0));
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** MQTT 3.1.1, clean session, user name and password, keep-alive 60 s. */
function connectPacket(id: string, secret: string): Buffer {
  const header = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 60])]);
  return frame(0x10, Buffer.concat([header, text(id), text(id), text(secret)]));
}

function publishPacket(topic: string, payload: string, id: number): Buffer {
  return frame(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(payload)]));
}
