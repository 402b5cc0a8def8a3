import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

import { afterEach, describe, expect, it } from 'vitest';

import { isAppError } from '../domain/errors.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import { BrokerRig, station } from '../test/harness/broker-rig.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { RawClient, connectFrame, frame, publishFrame, remainingLength } from '../test/harness/raw-mqtt.ts';
import { waitFor } from '../test/harness/wait-for.ts';

const OBS = 'ww/v1/S-1/obs';

let rig: BrokerRig;
afterEach(() => rig.stop());

describe('frames after the CONNACK', () => {
  /** A PUBLISH whose frame is exactly so long. */
  const sized = (bytes: number, topic: string, id: number): Buffer => {
    const overhead = publishFrame({ topic }).length - 1;
    const length = remainingLength(bytes).length;
    return publishFrame({ topic, id, payload: Buffer.alloc(bytes - overhead - length) });
  };

  it.each([
    { who: 'S-1', topic: OBS, limit: 72 * 1024 },
    { who: 'G-1', topic: 'ww/v1/S-2/obs', limit: 320 * 1024 },
  ])('of $who may have $limit bytes and not one more', async ({ who, topic, limit }) => {
    rig = await BrokerRig.start();
    const client = await rig.online(who);
    expect(sized(limit, topic, 1)).toHaveLength(limit);
    await client.send(sized(limit, topic, 1)).receive('puback');
    client.send(sized(limit + 1, topic, 2).subarray(0, 5));
    await client.closed();
    expect(rig.refusals.all()).toEqual({ [`${who} frame_too_large`]: 1 });
    expect((await rig.journalled()).length).toBe(1);
  });

  it.each([
    { what: 'a packet only servers send', bytes: frame(0x20, [0, 0]) },
    { what: 'a reserved type', bytes: frame(0x00) },
    { what: 'AUTH', bytes: frame(0xf0) },
    { what: 'a PUBACK without packet id', bytes: frame(0x40) },
    { what: 'a PINGREQ with a body', bytes: frame(0xc0, [0]) },
    { what: 'a SUBSCRIBE without filter', bytes: frame(0x82, [0, 1]) },
    { what: 'a SUBSCRIBE cut short', bytes: frame(0x82, [0, 1, 0, 9, 65]) },
    { what: 'wrong header flags', bytes: frame(0x80, [0, 1, 0, 1, 65, 0]) },
    { what: 'a length of five bytes', bytes: Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0]) },
    { what: 'a PUBREC for nothing', bytes: frame(0x50, [0, 1]) },
  ])('close the connection on $what', async ({ bytes }) => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1', { clean: false });
    client.send(bytes);
    await client.closed();
    expect(rig.refusals.all()).toEqual({ 'S-1 protocol_error': 1 });
  });

  it('may come in pieces of any size', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    const bytes = Buffer.concat(
      [1, 2, 3].map(id => publishFrame({ topic: OBS, id, payload: `${id}`.repeat(70) })),
    );
    for (const byte of bytes) {
      client.send(Buffer.from([byte]));
      await new Promise(resolve => setImmediate(resolve));
    }
    await client.receive('puback', 3);
    expect(await rig.payloads()).toEqual(['1'.repeat(70), '2'.repeat(70), '3'.repeat(70)]);
  });
});

describe('back-pressure', () => {
  it('keeps what waits for a stalled journal bounded, and takes it all afterwards', async () => {
    const limit = 64 * 1024;
    const ids = Array.from({ length: 12 }, (_, index) => `S-${index}`);
    rig = await BrokerRig.start({ limits: { inFlightBytes: limit } }, ids.map(station));
    const clients = await Promise.all(ids.map(id => rig.online(id)));
    rig.journal.hold();
    const count = 500;
    const packetIds = Array.from({ length: count }, (_, index) => index + 1);
    for (const [index, client] of clients.entries()) {
      const topic = `ww/v1/S-${index}/${index % 2 === 0 ? 'obs' : 'backlog'}`;
      client.send(...packetIds.map(id => publishFrame({ topic, id, payload: 'x'.repeat(400) })));
    }
    // No event says that nothing more comes: it is over when a tenth of a second has brought nothing.
    let before = -1;
    const quiet = (bytes: number): boolean => bytes > 0 && bytes === before;
    const look = (): number => rig.journal.health().pendingBytes;
    await waitFor('the end of the flood', look, {
      until: bytes => quiet(bytes) || (before = bytes) === -1,
      intervalMs: 100,
    });
    // The last read before the gate closed was one chunk; each of the twelve for itself would have had that much.
    expect(look()).toBeGreaterThan(limit / 4);
    expect(look()).toBeLessThan(limit + 80 * 1024);
    rig.journal.release();
    await Promise.all(clients.map(client => client.receive('puback', count)));
    for (const client of clients) expect(client.ids('puback')).toEqual(packetIds);
    expect(rig.refusals.all()).toEqual({});
  });

  it('does not let the keep-alive of a client pass while it waits for us', async () => {
    const clock = new ManualClock(epochMs(1_790_000_000_000));
    rig = await BrokerRig.start({ clock });
    const client = await rig.online('S-1', { keepAliveS: 1 });
    rig.journal.hold();
    client.send(publishFrame({ topic: OBS }));
    await waitFor('the message', () => rig.journal.health().pendingEntries === 1);
    clock.advance(durationMs(60_000));
    rig.journal.release();
    await client.receive('puback');
    clock.advance(durationMs(3_000));
    await client.closed();
    expect(rig.refusals.all()).toEqual({ 'S-1 keepalive_timeout': 1 });
  });
});

describe('TLS', () => {
  const pem = (name: string): string =>
    readFileSync(new URL(`../test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
  const tls = { port: 0, certificate: pem('server'), key: pem('server-key'), ca: pem('authority') };
  const open = (options: ConnectionOptions = {}): RawClient => {
    const { port } = rig.broker.tlsAddress()!;
    return new RawClient(
      connectTls({ port, host: '127.0.0.1', ca: tls.ca, servername: 'localhost', ...options }),
    );
  };
  const STATION = { cert: pem('station'), key: pem('station-key') };
  const connect = (id: string): Buffer => connectFrame({ id, username: id, password: `secret-of-${id}` });

  it('lets in who has the certificate and the secret of its id', async () => {
    rig = await BrokerRig.start({ tls });
    const client = open(STATION).send(
      connect('S-1'),
      publishFrame({ topic: OBS, payload: 'x'.repeat(60_000) }),
    );
    await client.receive('puback');
    expect((await rig.journalled())[0]?.payload.byteLength).toBe(60_000);
    expect(rig.broker.connections().has('S-1')).toBe(true);
    client.destroy();
    await waitFor('its end', () => rig.broker.connections().size === 0);
    expect(rig.refusals.all()).toEqual({});
  });

  it('refuses the id of another thing, although its secret is right', async () => {
    rig = await BrokerRig.start({ tls });
    expect(await open(STATION).send(connect('S-2')).connack()).toBe(5);
    expect(rig.refusals.all()).toEqual({ 'S-2 identity_mismatch': 1 });
  });

  it.each([
    { what: 'no certificate', options: {} },
    { what: 'one of another authority', options: { cert: pem('untrusted'), key: pem('untrusted-key') } },
  ])('refuses a client with $what', async ({ options }) => {
    rig = await BrokerRig.start({ tls });
    const client = open(options).send(connect('S-1'));
    await client.closed();
    expect(client.frames).toEqual([]);
    expect(rig.refusals.all()).toEqual({ '- certificate_required': 1 });
  });

  it('closes on bytes that are no handshake, and on none at all after 10 s', async () => {
    const clock = new ManualClock(epochMs(1_790_000_000_000));
    rig = await BrokerRig.start({ tls, clock });
    const { port } = rig.broker.tlsAddress()!;
    const plain = RawClient.to(port).send(connect('S-1'));
    await plain.closed();
    expect(rig.refusals.all()).toEqual({ '- protocol_error': 1 });
    const silent = RawClient.to(port);
    await rig.online('S-1');
    clock.advance(durationMs(10_000));
    await silent.closed();
    expect(rig.refusals.of('-', 'connect_timeout')).toBe(1);
  });
});

describe('starting and stopping', () => {
  it('opens nothing before start, and the same ports again after stop', async () => {
    rig = await BrokerRig.start();
    const { port } = rig;
    await rig.broker.stop();
    await rig.broker.stop();
    expect(rig.broker.address()).toBeUndefined();
    await RawClient.to(port).closed();
    await rig.broker.start();
    expect(rig.broker.address()).toMatchObject({ host: '127.0.0.1' });
    expect(await rig.connect('S-1').connack()).toBe(0);
  });

  it('leaves nothing open when a port is taken', async () => {
    rig = await BrokerRig.start();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const other = BrokerRig.start({ port });
    await expect(other).rejects.toSatisfy(error => isAppError(error, 'config_invalid'));
    taken.close();
  });

  it('answers what waits for the journal before it closes', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    const silent = rig.open();
    rig.journal.hold();
    client.send(...[1, 2, 3].map(id => publishFrame({ topic: OBS, id, qos: id === 3 ? 2 : 1 })));
    await waitFor('the messages', () => rig.journal.health().pendingEntries === 3);
    const stopped = rig.broker.stop();
    await silent.closed();
    client.send(publishFrame({ topic: OBS, id: 4 }));
    rig.journal.release();
    await stopped;
    await client.closed();
    expect(client.ids('puback')).toEqual([1, 2]);
    expect(client.ids('pubrec')).toEqual([3]);
    expect(await rig.journalled()).toHaveLength(3);
    expect(rig.broker.connections().size).toBe(0);
  });

  it('does not make acknowledgements wait for their rate', async () => {
    const clock = new ManualClock(epochMs(1_790_000_000_000));
    rig = await BrokerRig.start({ clock, limits: { messagesPerS: 1, messageBurst: 1 } });
    const client = await rig.online('S-1');
    client.send(...[1, 2, 3].map(id => publishFrame({ topic: OBS, id })));
    await client.receive('puback');
    await waitFor('the messages', async () => (await rig.journalled()).length === 3);
    await rig.broker.stop();
    await client.closed();
    expect(client.ids('puback')).toEqual([1, 2, 3]);
  });

  it('waits no longer than it should for a journal that does not answer', async () => {
    const clock = new ManualClock(epochMs(1_790_000_000_000));
    rig = await BrokerRig.start({ clock, limits: { stopMs: 5_000 } });
    const client = await rig.online('S-1');
    rig.journal.hold();
    client.send(publishFrame({ topic: OBS }));
    await waitFor('the message', () => rig.journal.health().pendingEntries === 1);
    const stopped = rig.broker.stop();
    clock.advance(durationMs(5_000));
    await stopped;
    expect(client.of('puback')).toEqual([]);
  });
});

describe('an error in our own code', () => {
  it('ends its connection and nothing else', async () => {
    rig = await BrokerRig.start();
    const [victim, other] = await Promise.all(['S-1', 'S-2'].map(id => rig.online(id)));
    const { identities } = rig;
    const current = identities.current.bind(identities);
    identities.current = () => {
      throw new Error('a mistake');
    };
    victim!.send(publishFrame({ topic: OBS }));
    await victim!.closed();
    const stranger = rig.connect('S-3');
    await stranger.closed();
    identities.current = current;
    await other!.send(publishFrame({ topic: 'ww/v1/S-2/obs' })).receive('puback');
    expect(rig.refusals.all()).toEqual({ 'S-1 hook_failed': 1, '- hook_failed': 1 });
  });

  it('in the journal counts as a journal that refuses', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    const append = rig.journal.append.bind(rig.journal);
    rig.journal.append = () => {
      throw new Error('a mistake');
    };
    client.send(publishFrame({ topic: OBS }));
    await client.closed();
    rig.journal.append = append;
    expect(rig.refusals.all()).toEqual({ 'S-1 hook_failed': 1 });
    await (await rig.online('S-1')).send(publishFrame({ topic: OBS })).receive('puback');
  });
});
