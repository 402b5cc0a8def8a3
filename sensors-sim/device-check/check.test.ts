import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { RawClient, connectFrame, frame, publishFrame, subscribeFrame } from '../../test/harness/raw-mqtt.ts';
import { checkDevice } from './check-device.ts';
import { checkServer } from './check-server.ts';

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => new Promise<void>(resolve => server.close(() => resolve())));

const host = '127.0.0.1';
const device = { id: 'S-1', host, clock: SYSTEM_CLOCK };
const subject = { id: 'S-1', secret: 'x', host, clock: SYSTEM_CLOCK };

describe('a check', () => {
  it('says so where it cannot listen', async () => {
    await expect(checkDevice({ ...device, port })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('says so where nothing answers', async () => {
    server.close();
    await once(server, 'close');
    await expect(checkServer({ ...subject, port })).rejects.toMatchObject({ code: 'conflict' });
    server.listen(0, host);
  });

  it('of a server that says nothing finds every point broken', async () => {
    server.on('connection', socket => socket.on('error', () => undefined).resume());
    const { points } = await checkServer({ ...subject, port, maxPatienceMs: 5 });
    expect(points.filter(({ verdict }) => verdict !== 'broken')).toEqual([]);
  });

  it('of a server that talks nonsense comes to its end', async () => {
    server.on('connection', socket => {
      socket.on('error', () => undefined).resume();
      socket.end(Buffer.from([0x20, 0, 0x40, 1, 7, 0x30, 0, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff]));
    });
    const { points } = await checkServer({ ...subject, port, maxPatienceMs: 200 });
    expect(points.find(({ id }) => id === 'accepts')?.verdict).toBe('broken');
  });

  it('that is ended has seen nothing of the server', async () => {
    const { points } = await checkServer({ ...subject, port, signal: AbortSignal.abort() });
    expect(new Set(points.map(({ verdict }) => verdict))).toEqual(new Set(['not seen']));
  });

  it('answers a device as a server does, and judges what it has seen when it is ended', async () => {
    const ending = new AbortController();
    let client: RawClient | undefined;
    const checked = checkDevice({
      ...device,
      port: 0,
      signal: ending.signal,
      onListening: bound => (client = RawClient.to(bound)),
    });
    await expect.poll(() => client).toBeDefined();
    client!.send(
      connectFrame({ id: 'S-1', username: 'S-1', password: 'any' }),
      subscribeFrame(3, 'ww/v1/S-1/cmd', '#'),
      publishFrame({ topic: 'ww/v1/S-1/event', payload: '{"type":"door","t":1}', id: 4 }),
      publishFrame({ topic: 'ww/v1/S-1/event', payload: '{"type":"door","t":2}', qos: 2, id: 5 }),
      frame(0x62, [0, 5]),
      frame(0xa2, [0, 6, 0, 1, 0x61]),
      Buffer.from([0xc0, 0]),
      frame(0xf0),
    );
    await client!.closed();
    const answers = client!.frames.map(({ type, body }) => `${type} ${[...body].join(' ')}`.trim());
    expect(answers).toEqual([
      'connack 0 0',
      'suback 0 3 1 128',
      'puback 0 4',
      'pubrec 0 5',
      'pubcomp 0 5',
      'unsuback 0 6',
      'pingresp',
    ]);
    ending.abort();
    const verdicts = Object.fromEntries((await checked).points.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toMatchObject({
      protocol: 'broken',
      client_id: 'holds',
      payload: 'holds',
      subscriptions: 'broken',
      resend: 'not seen',
      return: 'not seen',
    });
  });
});
