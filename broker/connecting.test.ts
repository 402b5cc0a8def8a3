import { afterEach, describe, expect, it, vi } from 'vitest';

import { durationMs, epochMs } from '../domain/time/instant.ts';
import { BrokerRig } from '../test/harness/broker-rig.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { DISCONNECT, PING, connectFrame, frame, publishFrame } from '../test/harness/raw-mqtt.ts';
import { waitFor } from '../test/harness/wait-for.ts';

const NOW = epochMs(1_790_000_000_000);

let rig: BrokerRig;
afterEach(() => rig.stop());

describe('identity', () => {
  it('lets a registered thing in with its secret, under MQTT 3.1.1 and 3.1', async () => {
    rig = await BrokerRig.start();
    expect(await rig.connect('S-1').connack()).toBe(0);
    expect(await rig.connect('S-2', { protocol: { name: 'MQIsdp', level: 3 } }).connack()).toBe(0);
    expect([...rig.broker.connections().keys()].sort()).toEqual(['S-1', 'S-2']);
    expect(rig.refusals.all()).toEqual({});
  });

  it.each([
    { what: 'a wrong secret', id: 'S-1', options: { password: 'x' }, code: 4, counted: 'S-1 bad_secret' },
    { what: 'an unknown id', id: 'X-1', options: {}, code: 4, counted: '- unknown_identity' },
    {
      what: 'another user name',
      id: 'S-1',
      options: { username: 'S-2' },
      code: 5,
      counted: 'S-1 identity_mismatch',
    },
    {
      what: 'the id of a stranger',
      id: 'X-1',
      options: { username: 'S-2', password: 'secret-of-S-2' },
      code: 5,
      counted: 'S-2 identity_mismatch',
    },
    { what: 'no id at all', id: '', options: { username: 'S-1' }, code: 5, counted: 'S-1 identity_mismatch' },
    { what: 'no keep-alive', id: 'S-1', options: { keepAliveS: 0 }, code: 5, counted: 'S-1 keepalive_limit' },
    {
      what: 'a long keep-alive',
      id: 'S-1',
      options: { keepAliveS: 601 },
      code: 5,
      counted: 'S-1 keepalive_limit',
    },
    {
      what: 'MQTT 5',
      id: 'S-1',
      options: { protocol: { name: 'MQTT', level: 5 } },
      code: 1,
      counted: '- protocol_version',
    },
    {
      what: 'the bridge mode of mosquitto',
      id: 'S-1',
      options: { protocol: { name: 'MQTT', level: 0x84 } },
      code: 1,
      counted: '- protocol_version',
    },
  ])('refuses $what with CONNACK $code', async ({ id, options, code, counted }) => {
    rig = await BrokerRig.start();
    const client = rig.connect(id, options);
    expect(await client.connack()).toBe(code);
    await client.closed();
    expect(rig.refusals.all()).toEqual({ [counted]: 1 });
    expect(rig.broker.connections().size).toBe(0);
  });

  it('tells nobody whether an id exists', async () => {
    rig = await BrokerRig.start();
    rig.identities.revoke('S-2');
    rig.identities.forgetCredential('S-3');
    const answers = [];
    for (const [id, password] of [
      ['S-1', 'wrong'],
      ['S-2', 'secret-of-S-2'],
      ['S-2', 'wrong'],
      ['S-3', 'secret-of-S-3'],
      ['X-1', 'wrong'],
    ] as const) {
      const client = rig.connect(id, { password });
      await client.closed();
      answers.push(client.frames.map(({ body }) => body.toString('hex')));
    }
    expect(new Set(answers.map(String)).size).toBe(1);
    expect(rig.refusals.all()).toEqual({
      'S-1 bad_secret': 1,
      'S-2 revoked': 1,
      'S-2 bad_secret': 1,
      'S-3 unknown_identity': 1,
      '- unknown_identity': 1,
    });
  });

  it('answers a refused client that has already sent more, and is rid of it when it has read the answer', async () => {
    rig = await BrokerRig.start({ clock: new ManualClock(NOW), limits: { maxConnections: 1 } });
    const client = rig.open();
    const publish = publishFrame({ topic: 'ww/v1/S-1/obs', payload: 'x'.repeat(200) });
    const connect = connectFrame({ id: 'S-1', username: 'S-1', password: 'wrong' });
    client.send(connect, ...Array.from({ length: 400 }, () => publish));
    expect(await client.connack()).toBe(4);
    await client.closed();
    const isNextLetIn = async (): Promise<boolean> => (await rig.connect('S-1').connack()) === 0;
    expect(await waitFor('room for the next', isNextLetIn)).toBe(true);
    expect(await rig.journalled()).toEqual([]);
  });

  it('leaves the session of the real client alone when a CONNECT in its name is refused', async () => {
    rig = await BrokerRig.start();
    const real = await rig.online('S-1');
    expect(await rig.connect('S-1', { password: 'wrong' }).connack()).toBe(4);
    real.send(PING);
    await real.receive('pingresp');
    expect(rig.broker.connections().size).toBe(1);
  });

  it('closes the old connection when the same thing connects anew, and its will comes first', async () => {
    rig = await BrokerRig.start();
    const status = 'ww/v1/S-1/status';
    const old = await rig.online('S-1', {
      will: { topic: status, payload: 'offline', qos: 1, retain: true },
    });
    const since = rig.broker.connections().get('S-1')?.since;
    const young = rig.connect('S-1').send(publishFrame({ topic: status, payload: 'online' }));
    await young.receive('puback');
    await old.closed();
    expect(await rig.payloads()).toEqual(['offline', 'online']);
    expect(rig.broker.connections().get('S-1')?.since).toBeGreaterThanOrEqual(since ?? Infinity);
    expect(rig.broker.stats()).toMatchObject({ connections: 1, connectionsTotal: 2 });
    expect(rig.refusals.all()).toEqual({});
  });

  it('keeps the newest of many that connect at once with one id', async () => {
    rig = await BrokerRig.start();
    const clients = Array.from({ length: 20 }, () => rig.connect('S-1'));
    await waitFor('one connection', () => clients.filter(client => !client.isClosed).length === 1);
    const [last] = clients.filter(client => !client.isClosed);
    expect(await last?.connack()).toBe(0);
    last?.send(PING);
    await last?.receive('pingresp');
    expect(rig.broker.connections().size).toBe(1);
  });

  it.each(['revoke', 'rotate', 'remove'] as const)('ends the connection on %s', async how => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    const other = await rig.online('S-2');
    if (how === 'rotate') rig.identities.rotate('S-1', 'new');
    else rig.identities[how]('S-1');
    expect([...rig.broker.connections().keys()]).toEqual(['S-2']);
    await client.closed();
    expect(await rig.connect('S-1').connack()).toBe(4);
    if (how === 'rotate') expect(await rig.connect('S-1', { password: 'new' }).connack()).toBe(0);
    expect(other.isClosed).toBe(false);
  });

  it.each([
    { when: 'before the MQTT engine has it', soon: queueMicrotask },
    { when: 'in the MQTT engine', soon: setImmediate },
  ])('ends a client that is revoked between its CONNECT and its CONNACK, $when', async ({ soon }) => {
    rig = await BrokerRig.start();
    const { identities } = rig;
    const credential = identities.credential('S-1');
    identities.credential = () => {
      Reflect.deleteProperty(identities, 'credential');
      soon(() => identities.revoke('S-1'));
      return credential;
    };
    const client = rig.connect('S-1');
    await client.closed();
    expect(client.frames).toEqual([]);
    expect(rig.broker.stats()).toMatchObject({ connections: 0, connectionsTotal: 0 });
  });
});

describe('the first frame', () => {
  it('takes 10 KB that come right behind the CONNECT, whole and in order', async () => {
    rig = await BrokerRig.start();
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    const connect = connectFrame({ id: 'S-1', username: 'S-1', password: 'secret-of-S-1' });
    const frames = ids.map(id =>
      publishFrame({ topic: 'ww/v1/S-1/obs', payload: `${id}`.padEnd(200, '.'), id }),
    );
    const client = rig.open().send(connect, ...frames);
    await client.receive('puback', 50);
    expect(client.frames[0]?.type).toBe('connack');
    expect(client.ids('puback')).toEqual(ids);
    expect(await rig.payloads()).toEqual(ids.map(id => `${id}`.padEnd(200, '.')));
  });

  it('takes a CONNECT that comes byte by byte', async () => {
    rig = await BrokerRig.start();
    const client = rig.open();
    for (const byte of connectFrame({ id: 'S-1', username: 'S-1', password: 'secret-of-S-1' })) {
      client.send(Buffer.from([byte]));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await client.connack()).toBe(0);
  });

  it.each([
    { what: 'another frame', bytes: publishFrame({ topic: 'ww/v1/S-1/obs' }), reason: 'connect_too_large' },
    { what: 'text', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), reason: 'connect_too_large' },
    {
      what: '256 MiB announced',
      bytes: Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]),
      reason: 'connect_too_large',
    },
    {
      what: 'an endless length',
      bytes: Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80]),
      reason: 'connect_too_large',
    },
    { what: 'more than 4 KiB', bytes: Buffer.from([0x10, 0xfe, 0x1f]), reason: 'connect_too_large' },
    { what: 'no protocol', bytes: frame(0x10, [0, 1]), reason: 'protocol_error' },
    { what: 'an empty CONNECT', bytes: frame(0x10), reason: 'protocol_error' },
    {
      what: 'an unknown protocol',
      bytes: connectFrame({ id: 'S-1', protocol: { name: 'MQTX', level: 4 } }),
      reason: 'protocol_error',
    },
  ] as const)('closes on $what', async ({ bytes, reason }) => {
    rig = await BrokerRig.start();
    const client = rig.open().send(bytes);
    await client.closed();
    expect(client.frames).toEqual([]);
    expect(rig.refusals.all()).toEqual({ [`- ${reason}`]: 1 });
  });

  it('has no opinion of a client that leaves in the middle of its CONNECT', async () => {
    rig = await BrokerRig.start();
    const client = rig.open();
    client.stream.end(connectFrame({ id: 'S-1', username: 'S-1', password: 'wrong' }).subarray(0, 20));
    await client.closed();
    expect(rig.refusals.all()).toEqual({});
  });

  it('closes a socket with no or half a CONNECT after 10 s', async () => {
    const clock = new ManualClock(NOW);
    rig = await BrokerRig.start({ clock });
    const connect = connectFrame({ id: 'S-1', username: 'S-1', password: 'secret-of-S-1' });
    const silent = rig.open();
    const half = rig.open().send(connect.subarray(0, 20));
    const whole = await rig.online('S-2');
    clock.advance(durationMs(9_999));
    expect(rig.refusals.total).toBe(0);
    clock.advance(durationMs(1));
    await Promise.all([silent.closed(), half.closed()]);
    expect(rig.refusals.all()).toEqual({ '- connect_timeout': 2 });
    expect(whole.isClosed).toBe(false);
  });

  it('closes on a second CONNECT', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    client.send(connectFrame({ id: 'S-1', username: 'S-1', password: 'secret-of-S-1' }));
    await client.closed();
    expect(rig.refusals.all()).toEqual({ 'S-1 protocol_error': 1 });
  });
});

describe('caps', () => {
  it('refuses sockets beyond the total', async () => {
    rig = await BrokerRig.start({ limits: { maxConnections: 2 } });
    const first = await rig.online('S-1');
    await rig.online('S-2');
    await rig.open().closed();
    expect(rig.refusals.all()).toEqual({ '- connection_limit': 1 });
    first.send(DISCONNECT);
    await waitFor('room', () => rig.broker.connections().size === 1);
    await rig.online('S-3');
  });

  it('closes the oldest half-open socket when there are too many', async () => {
    rig = await BrokerRig.start({ limits: { maxHalfOpen: 3 } });
    const flood = Array.from({ length: 3 }, () => rig.open());
    await waitFor('the sockets', () => flood.every(client => !client.stream.destroyed));
    await rig.online('S-1');
    await flood[0]?.closed();
    expect(rig.refusals.all()).toEqual({ '- connection_limit': 1 });
    expect(flood.slice(1).map(client => client.isClosed)).toEqual([false, false]);
  });

  it('sets no timer of its own for each client', async () => {
    rig = await BrokerRig.start();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await rig.online('S-1', { keepAliveS: 123 });
    expect(timers.mock.calls.map(([, spanMs]) => spanMs)).not.toContain(123_000 * 1.5 + 1);
    timers.mockRestore();
  });

  it('closes a client after one and a half times its keep-alive without a byte', async () => {
    const clock = new ManualClock(NOW);
    rig = await BrokerRig.start({ clock });
    const silent = await rig.online('S-1', { keepAliveS: 20 });
    const pinging = await rig.online('S-2', { keepAliveS: 20 });
    clock.advance(durationMs(20_000));
    pinging.send(PING);
    await pinging.receive('pingresp');
    clock.advance(durationMs(10_000));
    await silent.closed();
    expect(rig.refusals.all()).toEqual({ 'S-1 keepalive_timeout': 1 });
    clock.advance(durationMs(19_000));
    expect(rig.broker.connections().size).toBe(1);
  });
});
