import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

import { Aedes } from 'aedes';
import type { AedesOptions } from 'aedes';
import { afterEach, describe, expect, it } from 'vitest';

import { PING, RawClient, connectFrame, publishFrame } from '../test/harness/raw-mqtt.ts';
import { waitFor } from '../test/harness/wait-for.ts';

/**
 * What we rely on in Aedes although its documentation does not promise it. These tests use the library alone; when
 * one fails after an upgrade, the broker's promise of durability has to be looked at anew.
 */
describe('Aedes, bare', () => {
  let aedes: Aedes;
  let server: Server;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await new Promise<void>(resolve => aedes.close(resolve));
    await new Promise(resolve => server.close(resolve));
  });
  const start = async (options: AedesOptions): Promise<void> => {
    aedes = await Aedes.createBroker(options);
    aedes.on('clientError', () => undefined);
    server = createServer(socket => {
      aedes.handle(socket);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    client = RawClient.to((server.address() as AddressInfo).port);
  };
  const connect = async (keepAliveS = 60): Promise<void> => {
    await client.send(connectFrame({ id: 'S-1', keepAliveS })).connack();
  };

  it.each([
    { qos: 1, answer: 'puback' },
    { qos: 2, answer: 'pubrec' },
  ] as const)('sends no $answer before the callback of authorizePublish', async ({ qos, answer }) => {
    const waiting: (() => void)[] = [];
    await start({ authorizePublish: (_client, _packet, done) => waiting.push(() => done()) });
    await connect();
    client.send(publishFrame({ topic: 'a', qos, id: 1 }), publishFrame({ topic: 'a', qos, id: 2 }));
    await waitFor('both hooks', () => waiting.length === 2);
    // A third client's round trip: whatever was to be sent has been sent by then.
    const other = RawClient.to((server.address() as AddressInfo).port);
    await other.send(connectFrame({ id: 'S-2' }), PING).receive('pingresp');
    other.destroy();
    expect(client.of(answer)).toEqual([]);
    for (const proceed of waiting) proceed();
    await client.receive(answer, 2);
    expect(client.ids(answer)).toEqual([1, 2]);
  });

  it.each([1, 2] as const)('closes without an answer when the hook has an error, QoS %s', async qos => {
    await start({ authorizePublish: (_client, _packet, done) => setImmediate(done, new Error('no')) });
    await connect();
    client.send(publishFrame({ topic: 'a', qos }));
    await client.closed();
    expect(client.frames.map(({ type }) => type)).toEqual(['connack']);
  });

  it('reads bytes by read() alone, and looks again on readable', async () => {
    await start({});
    let held: Buffer | null = null;
    server.removeAllListeners('connection');
    server.on('connection', socket => {
      const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
      let isOpen = true;
      socket.read = size => {
        if (size === 0 || isOpen) return read(size);
        held = read();
        return null;
      };
      aedes.on('connackSent', () => (isOpen = false));
      aedes.handle(socket);
    });
    await connect();
    client.send(PING);
    await waitFor('the ping', () => held !== null);
    expect(client.of('pingresp')).toEqual([]);
  });

  it('takes the keep-alive from the packet that preConnect has seen', async () => {
    const timers: unknown[] = [];
    await start({
      preConnect: (_client, packet, done) => {
        packet.keepalive = 0;
        done(null, true);
      },
    });
    aedes.on('clientReady', ready => timers.push(Reflect.get(ready, '_keepaliveTimer')));
    await connect(1);
    await waitFor('the client', () => timers.length === 1);
    expect(timers).toEqual([null]);
  });

  it('asks authorizePublish about a will when the client is closed already', async () => {
    const asked: (boolean | undefined)[] = [];
    await start({
      authorizePublish: (from, _packet, done) => {
        asked.push(from?.closed);
        done();
      },
    });
    await client.send(connectFrame({ id: 'S-1', will: { topic: 'a', payload: 'x' } })).connack();
    await client.send(publishFrame({ topic: 'a' })).receive('puback');
    client.destroy();
    await waitFor('the will', () => asked.length === 2);
    expect(asked).toEqual([false, true]);
  });

  it('publishes what clients send with the client, and its own news with a callback only', async () => {
    class Spy extends Aedes {
      readonly calls: string[] = [];
      override publish(packet: { topic: string }, second?: unknown, third?: unknown): void {
        this.calls.push(`${packet.topic.replace(this.id, 'id')} ${typeof second} ${typeof third}`);
        const done = typeof second === 'function' ? second : third;
        if (typeof done === 'function') done();
      }
    }
    await start({});
    const spy = new Spy();
    await spy.listen();
    server.removeAllListeners('connection');
    server.on('connection', socket => void spy.handle(socket));
    await connect();
    await client.send(publishFrame({ topic: 'a', qos: 1 })).receive('puback');
    await client.send(publishFrame({ topic: 'b', qos: 2 })).receive('pubrec');
    expect(spy.calls.filter(call => !call.startsWith('$SYS'))).toEqual([
      'a object function',
      'b object function',
    ]);
    expect(
      spy.calls.filter(call => call.startsWith('$SYS')).every(call => call.endsWith('function undefined')),
    ).toBe(true);
    client.destroy();
    await new Promise<void>(resolve => spy.close(resolve));
  });
});
