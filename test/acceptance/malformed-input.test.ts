import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { decodeObservations } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { MALFORMATIONS } from '../../sensors-sim/load/malformation.ts';
import { Random } from '../../sensors-sim/random.ts';
import { settledLedger } from '../harness/acknowledged.ts';
import { oddMessages } from '../harness/malformed-messages.ts';
import { readPacketVectors } from '../harness/mqtt-vectors.ts';
import type { PacketVector } from '../harness/mqtt-vectors.ts';
import { printFigure } from '../harness/print-figure.ts';
import { RawClient, connectFrame, publishFrame } from '../harness/raw-mqtt.ts';
import { readiness, residentMiB } from '../harness/server-probes.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { sharedData } from '../harness/shared-data.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';
import { waitFor } from '../harness/wait-for.ts';

const temporary = temporaryFolder();
forbidLeftServers();

const VECTORS = sharedData('protocol-vectors/mqtt-packets');
/** Messages a client has on the wire without an answer. */
const WINDOW = 200;

const STATIONS = Array.from({ length: 20 }, (_, index) => `S-${index + 1}`);
/** The only one whose messages come from the future: more than a few would accuse the server's clock. */
const AHEAD = 'S-ahead';

const station = (id: string, ...more: StationSpec['datastreams']): StationSpec => ({
  kind: 'station',
  id: id as ThingId,
  name: id,
  datastreams: [{ property: 'water_level', datum: '1985国家高程基准', intervalMs: 60_000 }, ...more],
});

interface Message {
  readonly channel: string;
  readonly payload: Uint8Array;
}

/** What the ledger has to say of what was sent. */
interface Tally {
  messages: number;
  quarantined: number;
  readings: number;
  readonly byReason: Record<string, number>;
}

let server: ServerProcess;
let secrets: Readonly<Record<string, string>>;
let tally: Tally;

afterEach(async () => {
  await server.kill();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  server = await startServer({ dataDir: temporary.path, env });
  secrets = await server.register([...STATIONS, AHEAD].map(id => station(id)));
  tally = { messages: 0, quarantined: 0, readings: 0, byReason: {} };
}

function connected(id: string): RawClient {
  const { host, port } = server.addresses.mqtt;
  const frame = connectFrame({ id, username: id, password: secrets[id] });
  return RawClient.to(port, host).send(frame);
}

/** Publishes at QoS 1 and waits for every PUBACK. */
async function publish(id: string, messages: readonly Message[]): Promise<void> {
  const client = connected(id);
  for (let from = 0; from < messages.length; from += WINDOW) {
    const some = messages.slice(from, from + WINDOW);
    const frames = some.map(({ channel, payload }, index) =>
      publishFrame({ topic: `ww/v1/${id}/${channel}`, payload: Buffer.from(payload), id: index + 1 }),
    );
    client.send(...frames);
    await client.receive('puback', from + some.length);
  }
  client.destroy();
}

function expectWhole(reason: string, count = 1): void {
  tally.messages += count;
  tally.quarantined += count;
  tally.byReason[reason] = (tally.byReason[reason] ?? 0) + count;
}

function expectReadings(accepted: number, reasons: Readonly<Record<string, number>>): void {
  tally.messages += 1;
  tally.readings += accepted;
  for (const [reason, count] of Object.entries(reasons)) {
    tally.readings += count;
    tally.byReason[reason] = (tally.byReason[reason] ?? 0) + count;
  }
}

/** Every odd message once, from every station. */
async function sendOddMessages(): Promise<void> {
  const messages = oddMessages(Date.now());
  for (const _ of STATIONS) {
    for (const { quarantined, accepted, reasons } of messages) {
      if (quarantined === undefined) expectReadings(accepted, reasons);
      else expectWhole(quarantined);
    }
  }
  await Promise.all(STATIONS.map(id => publish(id, messages)));
}

/** Every kind of the simulator; those from the future from one station alone. */
async function sendMalformations(times: number): Promise<void> {
  const now = Date.now();
  const present: Message[] = [];
  const future: Message[] = [];
  for (const { quarantined, reason, payload } of Object.values(MALFORMATIONS)) {
    const into = reason === 'future' || reason === 'sent_in_future' ? future : present;
    for (let time = 0; time < times; time += 1) {
      into.push({ channel: 'obs', payload: payload(now) });
      if (quarantined === 'message') expectWhole(reason);
      else expectReadings(0, { [reason]: 1 });
    }
  }
  await Promise.all([publish('S-1', present), publish(AHEAD, future)]);
}

/** Bytes that are anything, mutated messages and any JSON; what they are to the codec they are to the server. */
async function sendFuzz(count: number, seed: number): Promise<void> {
  const now = Date.now();
  const valid = Buffer.from(JSON.stringify({ sent: now, obs: [{ p: 'water_level', t: now - 5_000, v: 1 }] }));
  const mutated = fc
    .array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
    .map(changes => {
      const bytes = Buffer.from(valid);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    mutated,
    fc.json().map(text => Buffer.from(text)),
  );
  const messages = fc.sample(any, { numRuns: count, seed }).filter(bytes => {
    const decoded = decodeObservations(bytes);
    if (!decoded.ok) expectWhole(decoded.reason);
    // A message that can be read has been hit by luck; its outcome depends on what the bytes became.
    return !decoded.ok;
  });
  const shares = STATIONS.map((_, index) => messages.filter((_each, at) => at % STATIONS.length === index));
  await Promise.all(
    STATIONS.map((id, index) =>
      publish(
        id,
        (shares[index] ?? []).map(payload => ({ channel: 'backlog', payload })),
      ),
    ),
  );
}

/** How many items lie in quarantine, by reason. */
async function quarantinedByReason(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = (await server.get(
      `/api/v1/quarantine?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )) as { items: { reason: string }[]; next: string | null };
    for (const { reason } of page.items) counts[reason] = (counts[reason] ?? 0) + 1;
    cursor = page.next;
  }
  return counts;
}

async function expectAllCounted(): Promise<Ledger> {
  const ledger = await settledLedger(server, 60_000);
  const quarantinedReadings =
    Object.values(tally.byReason).reduce((sum, n) => sum + n, 0) - tally.quarantined;
  expect(ledger.messages).toEqual({
    journalled: tally.messages,
    decoded: tally.messages - tally.quarantined,
    quarantined: tally.quarantined,
    inFlight: 0,
  });
  expect(ledger.readings).toMatchObject({ decoded: tally.readings, quarantined: quarantinedReadings });
  expect(ledger.balanced).toBe(true);
  return ledger;
}

/** A reading of a station that does nothing wrong arrives. */
async function expectService(): Promise<void> {
  const t = Date.now();
  const payload = Buffer.from(JSON.stringify({ sent: t, obs: [{ p: 'water_level', t, v: 4.5 }] }));
  await publish('S-20', [{ channel: 'obs', payload }]);
  await waitFor(
    'the reading of a good device',
    () => server.get(`/api/v1/datastreams/S-20/water_level/observations?from=${t}&to=${t + 1}`),
    { until: page => (page as { items: unknown[] }).items.length === 1 },
  );
  expect((await readiness(server)).status).toBe(200);
}

const refusals = ({ refused }: Ledger): number => refused.reduce((sum, { count }) => sum + count, 0);

describe('malformed messages of known stations', () => {
  it(
    'are counted one by one, by the thousand, and leave the server as it was',
    { timeout: 180_000 },
    async () => {
      await start({ WW_QUARANTINE_QUOTA_PER_HOUR: '1000000' });
      const resident: number[] = [];
      for (const seed of [1, 2]) {
        await sendOddMessages();
        await sendMalformations(50);
        await sendFuzz(4_000, seed);
        await expectAllCounted();
        resident.push(await residentMiB(server));
      }
      expect(await quarantinedByReason()).toEqual(tally.byReason);
      const [first = 0, second = 0] = resident;
      // A leak of the payloads alone, or of the clients, would be far more; the heap may grow once.
      expect(second).toBeLessThan(first + 150);
      await expectService();
      printFigure(
        `malformed input: ${tally.messages} messages in two equal rounds, ${tally.quarantined} quarantined whole, ` +
          `${tally.readings} readings in the others; resident MiB after each round: ${resident.join(' ')}`,
      );
      expect(await server.stop()).toBe(0);
    },
  );

  it('leave hash and count only, and readings a count only, above the quota', async () => {
    await start({ WW_QUARANTINE_QUOTA_PER_HOUR: '10' });
    const now = Date.now();
    const readings = Array.from({ length: 30 }, () => MALFORMATIONS.value_text.payload(now));
    const messages = Array.from({ length: 30 }, () => MALFORMATIONS.truncated.payload(now));
    await publish(
      'S-1',
      [...readings, ...messages].map(payload => ({ channel: 'obs', payload })),
    );
    const ledger = await settledLedger(server);
    expect(ledger).toMatchObject({
      balanced: true,
      messages: { journalled: 60, decoded: 30, quarantined: 30 },
      readings: { decoded: 30, quarantined: 10, rejected: 20 },
    });
    const { items } = await server.control.call('quarantineList', { reason: 'malformed_json', limit: 100 });
    expect(items.map(({ payloadBytes }) => payloadBytes > 0)).toEqual([
      ...Array.from({ length: 10 }, () => true),
      ...Array.from({ length: 20 }, () => false),
    ]);
    expect(await server.stop()).toBe(0);
  });
});

describe('quarantine', () => {
  it('shows what it holds and lets go of it once the registry knows the datastream', async () => {
    await start();
    const t = Date.now() - 1_000;
    const reading = { p: 'rainfall', t, v: 2.5, f: 'N' };
    const good = { p: 'water_level', t, v: 1 };
    const payload = Buffer.from(JSON.stringify({ sent: t, obs: [good, reading] }));
    await publish('S-1', [{ channel: 'obs', payload }]);
    const held = await settledLedger(server);
    expect(held.readings).toMatchObject({ decoded: 2, stored: 1, quarantined: 1 });
    const { items } = await server.control.call('quarantineList', { station: 'S-1', limit: 10 });
    expect(items).toMatchObject([{ reason: 'unknown_datastream', item: 1, released: false }]);
    const [item] = items;
    const shown = await server.control.call('quarantineShow', { position: item!.position, item: 1 });
    expect(JSON.parse(shown.payload)).toEqual({ sent: t, obs: [reading] });
    const nothing = { tried: 1, released: 0, stillQuarantined: 1 };
    expect(await server.control.call('quarantineReplay', { station: 'S-1' })).toEqual(nothing);
    await server.register([station('S-1', { property: 'rainfall', intervalMs: 60_000 })]);
    const released = { tried: 1, released: 1, stillQuarantined: 0 };
    expect(await server.control.call('quarantineReplay', { reason: 'unknown_datastream' })).toEqual(released);
    const ledger = await settledLedger(server);
    expect(ledger).toMatchObject({
      balanced: true,
      messages: { journalled: 1, decoded: 1 },
      readings: { decoded: 2, stored: 2, quarantined: 0 },
    });
    const rows = await server.get(`/api/v1/datastreams/S-1/rainfall/observations?from=${t}&to=${t + 1}`);
    expect((rows as { items: unknown[] }).items).toEqual([{ t, v: 2.5, flag: 1, deviceFlag: 'N' }]);
    const again = { tried: 0, released: 0, stillQuarantined: 0 };
    expect(await server.control.call('quarantineReplay', {})).toEqual(again);
    expect(await server.control.call('ledgerAudit', {})).toEqual({ agrees: true, differences: [] });
    expect(await server.stop()).toBe(0);
  });
});

/** Sends bytes and the end of the stream; resolves when the server has closed too. */
async function throwAtServer(bytes: Buffer): Promise<void> {
  const { host, port } = server.addresses.mqtt;
  const socket: Socket = connect({ host, port, noDelay: true });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.resume();
  socket.end(bytes);
  await closed;
}

/** In groups as large as there are stations, so that no two use the same id at once. */
async function throwAll(all: readonly Buffer[]): Promise<void> {
  for (let from = 0; from < all.length; from += STATIONS.length) {
    await Promise.all(all.slice(from, from + STATIONS.length).map(throwAtServer));
  }
}

/** What the vectors want to see punished and we let pass, since it changes nothing. */
const HARMLESS = [
  /unsolicited mid 0$/,
  /UNSUBSCRIBE: A2 (topic with|invalid topic|zero mid)/,
  // Ends the connection because the client wants it.
  /DISCONNECT: E0 valid$/,
];

/** Sends each after a CONNECT; answers the names of those that should have been refused and were not. */
async function leftUnpunished(vectors: readonly PacketVector[]): Promise<readonly string[]> {
  const names: string[] = [];
  let refused = refusals(await server.ledger());
  for (const { name, bytes, endsConnection } of vectors) {
    await throwAtServer(Buffer.concat([connectOf(0), bytes]));
    const before = refused;
    refused = refusals(await server.ledger());
    const isExpected = endsConnection && !HARMLESS.some(pattern => pattern.test(name));
    if (isExpected && refused === before) names.push(name);
  }
  return names;
}

const connectOf = (index: number): Buffer => {
  const id = STATIONS[index % STATIONS.length] ?? '';
  return connectFrame({ id, username: id, password: secrets[id] });
};

describe('bytes on the MQTT port that are no MQTT', () => {
  beforeEach(() => start());

  it('end their connection, are counted and disturb nobody', { timeout: 120_000 }, async () => {
    const random = new Random(5);
    const noise = () => Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
    const strangers = Array.from({ length: 400 }, noise);
    await Promise.all(strangers.map(throwAtServer));
    const afterStrangers = await settledLedger(server);
    const known = Array.from({ length: 400 }, (_, index) => Buffer.concat([connectOf(index), noise()]));
    await throwAll(known);
    const ledger = await settledLedger(server);
    printFigure(
      `noise: ${refusals(afterStrangers)} of 400 strangers and ` +
        `${refusals(ledger) - refusals(afterStrangers)} of 400 known stations refused`,
    );
    expect(refusals(afterStrangers)).toBe(strangers.length);
    // Some noise is a packet, or the beginning of one.
    expect(refusals(ledger) - refusals(afterStrangers)).toBeGreaterThan(350);
    expect(ledger).toMatchObject({ balanced: true, messages: { inFlight: 0 } });
    await expectService();
    expect(await server.stop()).toBe(0);
  });

  it.skipIf(VECTORS === undefined)(
    'from the packet tests of mosquitto do the same',
    { timeout: 120_000 },
    async () => {
      const vectors = readPacketVectors(VECTORS ?? '');
      const strangers = vectors.filter(({ isConnected }) => !isConnected);
      await Promise.all(strangers.map(({ bytes }) => throwAtServer(bytes)));
      expect(refusals(await server.ledger())).toBe(strangers.length);
      const known = vectors.filter(({ isConnected }) => isConnected);
      expect(await leftUnpunished(known.filter(({ version }) => version < 5))).toEqual([]);
      const resident: number[] = [];
      for (let round = 0; round < 2; round += 1) {
        await throwAll(known.map(({ bytes }, index) => Buffer.concat([connectOf(index), bytes])));
        resident.push(await residentMiB(server));
      }
      const ledger = await settledLedger(server);
      expect(ledger).toMatchObject({ balanced: true, messages: { journalled: 0 } });
      const reasons: Record<string, number> = {};
      for (const { reason, count } of ledger.refused) reasons[reason] = (reasons[reason] ?? 0) + count;
      printFigure(
        `${vectors.length} packet vectors: ${JSON.stringify(reasons)}; resident MiB: ${resident.join(' ')}`,
      );
      await expectService();
      expect(await server.stop()).toBe(0);
    },
  );
});
