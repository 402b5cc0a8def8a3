import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';

import { isAppError } from '../domain/errors.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import { BrokerRig, subscriber } from '../test/harness/broker-rig.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { DISCONNECT, field, frame, publishFrame, subscribeFrame, uint16 } from '../test/harness/raw-mqtt.ts';
import type { RawClient } from '../test/harness/raw-mqtt.ts';
import { waitFor } from '../test/harness/wait-for.ts';

const RED = 'ww/v1/alerts/river/red/a1';
const COMMAND = 'ww/v1/S-1/cmd';

let rig: BrokerRig;
afterEach(() => rig.stop());

const text = (value: string): Uint8Array => Buffer.from(value);
const send = (topic: string, payload: string, retain = false): Promise<void> =>
  rig.broker.publish({ topic, payload: text(payload), retain });
const puback = (id: number): Buffer => frame(0x40, uint16(id));

async function granted(client: RawClient, ...filters: readonly string[]): Promise<number[]> {
  const before = client.of('suback').length;
  const suback = await client.send(subscribeFrame(1, ...filters)).receive('suback', before + 1);
  return [...suback.body.subarray(2)];
}

describe('subscriptions', () => {
  it('are granted one by one: own commands, alerts of own basins', async () => {
    rig = await BrokerRig.start();
    const station = await rig.online('S-1');
    const stationFilters = [
      COMMAND,
      'ww/v1/S-2/cmd',
      'ww/v1/S-1/+',
      'ww/v1/S-1/#',
      '#',
      '+',
      RED,
      '$SYS/#',
      `$share/g/${COMMAND}`,
      'ww/v1/S-1/obs',
      '$SYS',
    ];
    expect(await granted(station, ...stationFilters)).toEqual([1, ...stationFilters.slice(1).map(() => 128)]);
    const account = await rig.online('A-1');
    const allowed = ['ww/v1/alerts/river/#', 'ww/v1/alerts/river/+/+', 'ww/v1/alerts/river/red/#', RED];
    const refused = [
      'ww/v1/alerts/#',
      'ww/v1/alerts/+/red/a1',
      'ww/v1/alerts/lake/#',
      'ww/v1/alerts/river',
      'ww/v1/alerts/riverside/#',
      COMMAND,
      'ww/v1/A-1/cmd',
      'ww/#',
    ];
    expect(await granted(account, ...allowed, ...refused)).toEqual([1, 1, 1, 1, ...refused.map(() => 128)]);
    expect(rig.refusals.all()).toEqual({ 'S-1 subscription_forbidden': 10, 'A-1 subscription_forbidden': 8 });
    expect(rig.broker.connections().size).toBe(2);
  });

  it('end the connection when they are no filters at all', async () => {
    rig = await BrokerRig.start();
    for (const filter of ['ww/v1/alerts/river/#/x', '']) {
      const account = await rig.online('A-1');
      account.send(subscribeFrame(1, filter));
      await account.closed();
    }
    expect(rig.refusals.all()).toEqual({ 'A-1 protocol_error': 2 });
  });

  it('are bounded in number for one client', async () => {
    rig = await BrokerRig.start({ limits: { subscriptionsPerClient: 2 } });
    const account = await rig.online('A-1');
    const [a, b, c] = ['a', 'b', 'c'].map(alarm => `ww/v1/alerts/river/red/${alarm}`) as [
      string,
      string,
      string,
    ];
    expect(await granted(account, a, b, c)).toEqual([1, 1, 128]);
    account.send(frame(0xa2, uint16(2), field(a)));
    await account.receive('unsuback');
    expect(await granted(account, b, c)).toEqual([1, 1]);
  });

  it('bring a message of the server once, although several match', async () => {
    rig = await BrokerRig.start();
    const account = await rig.online('A-1', { clean: false });
    await granted(account, 'ww/v1/alerts/river/#', 'ww/v1/alerts/river/+/+', RED);
    await send(RED, 'one');
    await send('ww/v1/alerts/river/blue/a1', 'two');
    await send('ww/v1/alerts/lake/red/a1', 'elsewhere');
    await send('ww/v1/alerts/river/blue/a1/b', 'three');
    await account.receive('publish', 3);
    expect(account.delivered().map(({ payload }) => payload)).toEqual(['one', 'two', 'three']);
  });

  it('bring what is retained, until it is cleared', async () => {
    rig = await BrokerRig.start();
    await send(RED, 'open', true);
    await send('ww/v1/alerts/lake/red/a2', 'elsewhere', true);
    const account = await rig.online('A-1');
    await granted(account, 'ww/v1/alerts/river/#');
    await account.receive('publish');
    expect(account.delivered()).toMatchObject([{ topic: RED, payload: 'open' }]);
    await send(RED, '', true);
    await account.receive('publish', 2);
    const late = await rig.online('A-1');
    await granted(late, 'ww/v1/alerts/river/#');
    await send(RED, 'last');
    await late.receive('publish');
    expect(late.delivered().map(({ payload }) => payload)).toEqual(['last']);
  });

  it('keep the order of retained and other messages', async () => {
    rig = await BrokerRig.start();
    const account = await rig.online('A-1');
    await granted(account, 'ww/v1/alerts/river/#');
    const payloads = Array.from({ length: 40 }, (_, index) => `${index}`);
    await Promise.all(payloads.map((payload, index) => send(RED, payload, index % 2 === 0)));
    await account.receive('publish', 40);
    expect(account.delivered().map(({ payload }) => payload)).toEqual(payloads);
  });

  it('bring nothing any more of a basin that was taken away', async () => {
    rig = await BrokerRig.start();
    rig.identities.put(subscriber('A-1', 'river', 'lake'));
    const account = await rig.online('A-1', { clean: false });
    await granted(account, 'ww/v1/alerts/river/#', 'ww/v1/alerts/lake/#');
    rig.identities.put(subscriber('A-1', 'lake'));
    await send(RED, 'secret');
    await send('ww/v1/alerts/lake/red/a1', 'open');
    await account.receive('publish');
    expect(account.delivered().map(({ payload }) => payload)).toEqual(['open']);
    account.send(puback(account.delivered()[0]!.id!), DISCONNECT);
    await account.closed();
    const again = await rig.online('A-1', { clean: false });
    await send('ww/v1/alerts/lake/red/a1', 'more');
    await again.receive('publish');
    expect(again.delivered().map(({ payload }) => payload)).toEqual(['more']);
  });

  it('of telemetry do not exist: what a station publishes goes to nobody', async () => {
    rig = await BrokerRig.start();
    const account = await rig.online('A-1');
    await granted(account, 'ww/v1/alerts/river/#');
    const station = await rig.online('S-1');
    await granted(station, COMMAND);
    await station
      .send(publishFrame({ topic: 'ww/v1/S-1/status', payload: 'x', retain: true }))
      .receive('puback');
    await send(RED, 'end');
    await send(COMMAND, 'end');
    await account.receive('publish');
    await station.receive('publish');
    expect([...account.delivered(), ...station.delivered()].map(({ payload }) => payload)).toEqual([
      'end',
      'end',
    ]);
  });

  it('work for the usual client library', async () => {
    rig = await BrokerRig.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${rig.port}`, {
      clientId: 'S-1',
      username: 'S-1',
      password: 'secret-of-S-1',
      reconnectPeriod: 0,
    });
    const arrived = new Promise<string>(resolve =>
      client.on('message', (_topic, body) => resolve(body.toString())),
    );
    await client.subscribeAsync(COMMAND, { qos: 1 });
    await client.publishAsync('ww/v1/S-1/obs', 'reading', { qos: 2 });
    await send(COMMAND, 'open the gate');
    expect(await arrived).toBe('open the gate');
    await client.endAsync();
    expect(await rig.payloads()).toEqual(['reading']);
    expect(rig.refusals.all()).toEqual({});
  });
});

describe('sessions', () => {
  it('hold messages for an absent client, in order and without those that were acknowledged', async () => {
    rig = await BrokerRig.start();
    const first = await rig.online('S-1', { clean: false });
    await granted(first, COMMAND);
    await send(COMMAND, 'a');
    await send(COMMAND, 'b');
    await first.receive('publish', 2);
    first.send(puback(first.delivered()[0]!.id!), DISCONNECT);
    await first.closed();
    await send(COMMAND, 'c');
    const second = await rig.online('S-1', { clean: false });
    await second.receive('publish', 2);
    expect(second.frames[0]!.body[0]).toBe(1);
    expect(second.delivered().map(({ payload }) => payload)).toEqual(['b', 'c']);
  });

  it('drop the oldest message of a full queue, and count it', async () => {
    rig = await BrokerRig.start({ limits: { offlineMessages: 3 } });
    const first = await rig.online('S-1', { clean: false });
    await granted(first, COMMAND);
    first.send(DISCONNECT);
    await first.closed();
    for (const payload of ['a', 'b', 'c', 'd', 'e']) await send(COMMAND, payload);
    expect(rig.refusals.all()).toEqual({ 'S-1 offline_queue_full': 2 });
    const second = await rig.online('S-1', { clean: false });
    await second.receive('publish', 3);
    expect(second.delivered().map(({ payload }) => payload)).toEqual(['c', 'd', 'e']);
    // More at once than the queue holds breaks nothing for a client that is there.
    await Promise.all(Array.from({ length: 10 }, (_, index) => send(COMMAND, `${index}`)));
    await second.receive('publish', 13);
    expect(second.isClosed).toBe(false);
  });

  it('do not hold what was refused together with something granted', async () => {
    rig = await BrokerRig.start();
    const first = await rig.online('A-1', { clean: false });
    expect(await granted(first, RED, 'ww/v1/alerts/lake/#')).toEqual([1, 128]);
    first.send(DISCONNECT);
    await first.closed();
    // Even when it would be granted now: it was not when it was asked for.
    rig.identities.put(subscriber('A-1', 'river', 'lake'));
    await send('ww/v1/alerts/lake/red/a1', 'secret');
    await send(RED, 'open');
    const second = await rig.online('A-1', { clean: false });
    await second.receive('publish');
    await send(RED, 'end');
    await second.receive('publish', 2);
    expect(second.delivered().map(({ payload }) => payload)).toEqual(['open', 'end']);
  });

  it('end when the thing is revoked or removed', async () => {
    rig = await BrokerRig.start();
    for (const how of ['revoke', 'remove'] as const) {
      const id = how === 'revoke' ? 'S-1' : 'S-2';
      const first = await rig.online(id, { clean: false });
      await granted(first, `ww/v1/${id}/cmd`);
      rig.identities[how](id);
      await first.closed();
      await send(`ww/v1/${id}/cmd`, 'stale');
      if (how === 'revoke') rig.identities.rotate(id, `secret-of-${id}`);
      else rig.identities.put({ kind: 'station', id: id as never, name: id, datastreams: [] });
      const second = await rig.online(id, { clean: false });
      expect(second.frames[0]!.body[0]).toBe(0);
      await granted(second, `ww/v1/${id}/cmd`);
      await send(`ww/v1/${id}/cmd`, 'fresh');
      await second.receive('publish');
      expect(second.delivered().map(({ payload }) => payload)).toEqual(['fresh']);
    }
  });

  it('end with a clean one', async () => {
    rig = await BrokerRig.start();
    const first = await rig.online('S-1', { clean: false });
    await granted(first, COMMAND);
    first.send(DISCONNECT);
    await first.closed();
    (await rig.online('S-1')).destroy();
    await waitFor('its end', () => rig.broker.connections().size === 0);
    await send(COMMAND, 'x');
    const third = await rig.online('S-1', { clean: false });
    expect(third.frames[0]!.body[0]).toBe(0);
  });
});

describe('a client that does not read', () => {
  it('is closed when too much waits for it, and holds up nobody', async () => {
    rig = await BrokerRig.start({ limits: { writeBufferBytes: 256 * 1024 } });
    rig.identities.put(subscriber('A-2', 'river'));
    const frozen = await rig.online('A-1', { clean: false });
    const healthy = await rig.online('A-2');
    for (const client of [frozen, healthy]) await granted(client, 'ww/v1/alerts/river/#');
    frozen.stream.pause();
    const payload = 'x'.repeat(50_000);
    let sent = 0;
    while (rig.refusals.of('A-1', 'slow_client') === 0) {
      await send(RED, payload);
      sent += 1;
      await healthy.receive('publish', sent);
    }
    expect(rig.refusals.all()).toEqual({ 'A-1 slow_client': 1 });
    expect(rig.broker.connections().has('A-1')).toBe(false);
    // Nothing of it is lost: the session has what was not acknowledged.
    frozen.destroy();
    const again = await rig.online('A-1', { clean: false });
    await again.receive('publish', sent);
    expect(rig.refusals.total).toBe(1);
  });

  it('is not read from until it reads, and closed after ten seconds', async () => {
    const clock = new ManualClock(epochMs(1_790_000_000_000));
    rig = await BrokerRig.start({ clock, limits: { writeBufferBytes: Infinity } });
    const frozen = await rig.online('S-1');
    await granted(frozen, COMMAND);
    const payload = 'x'.repeat(60_000);
    const fill = async (): Promise<void> => {
      frozen.stream.pause();
      for (let count = 0; count < 300; count += 1) await send(COMMAND, payload);
      // They are written in the next turn of the event loop.
      await new Promise(resolve => setImmediate(() => setImmediate(resolve)));
    };
    await fill();
    frozen.send(publishFrame({ topic: 'ww/v1/S-1/obs', payload: 'waits' }));
    const other = await rig.online('S-2');
    await other.send(publishFrame({ topic: 'ww/v1/S-2/obs', payload: 'first' })).receive('puback');
    clock.advance(durationMs(9_000));
    frozen.stream.resume();
    await frozen.receive('puback');
    await frozen.receive('publish', 300);
    expect(await rig.payloads()).toEqual(['first', 'waits']);
    clock.advance(durationMs(1_000));
    await fill();
    clock.advance(durationMs(10_000));
    expect(rig.refusals.all()).toEqual({});
    clock.advance(durationMs(1_000));
    expect(rig.refusals.all()).toEqual({ 'S-1 slow_client': 1 });
  });
});

describe('publishing by the server', () => {
  it('is refused while the broker does not run', async () => {
    rig = await BrokerRig.start();
    await rig.broker.stop();
    await expect(send(COMMAND, 'x')).rejects.toSatisfy(error => isAppError(error, 'shutting_down'));
  });
});
