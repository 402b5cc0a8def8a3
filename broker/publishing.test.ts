import { createHash } from 'node:crypto';

import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '../domain/errors.ts';
import type { SnapshotFiles, SnapshotReference } from '../domain/ports/snapshot-files.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import { BrokerRig, gateway, station } from '../test/harness/broker-rig.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { PING, frame, publishFrame, pubrel } from '../test/harness/raw-mqtt.ts';
import type { RawClient } from '../test/harness/raw-mqtt.ts';
import { waitFor } from '../test/harness/wait-for.ts';

const NOW = epochMs(1_790_000_000_000);

let rig: BrokerRig;
afterEach(() => rig.stop());

/** Resolves when everything the client sent so far was handled: a ping is answered after it. */
async function handled(client: RawClient): Promise<void> {
  const before = client.of('pingresp').length;
  await client.send(PING).receive('pingresp', before + 1);
}

describe('the topic policy', () => {
  it.each([
    { who: 'S-1', topic: 'ww/v1/S-1/obs' },
    { who: 'S-1', topic: 'ww/v1/S-1/backlog' },
    { who: 'S-1', topic: 'ww/v1/S-1/status' },
    { who: 'S-1', topic: 'ww/v1/S-1/event' },
    { who: 'S-1', topic: 'ww/v1/S-1/cmd/ack' },
    { who: 'G-1', topic: 'ww/v1/G-1/obs' },
    { who: 'G-1', topic: 'ww/v1/S-2/obs' },
  ])('lets $who publish to $topic', async ({ who, topic }) => {
    rig = await BrokerRig.start();
    const client = await rig.online(who);
    await client.send(publishFrame({ topic, payload: 'x' })).receive('puback');
    const stream = topic.endsWith('backlog') ? 'backlog' : 'live';
    expect(await rig.journalled(stream)).toMatchObject([{ principal: who, topic, qos: 1 }]);
    expect(rig.refusals.all()).toEqual({});
  });

  it.each([
    { who: 'S-1', topic: 'ww/v1/S-2/obs', reason: 'station_forbidden' },
    { who: 'S-1', topic: 'ww/v1/X-9/obs', reason: 'station_forbidden' },
    { who: 'S-1', topic: 'ww/v1/S-1/snapshot/1', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'ww/v1/S-1/cmd', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'ww/v1/S-1/obs/x', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'ww/v1/alerts/river/red/1', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'ww/v1/-/clock', reason: 'topic_forbidden' },
    { who: 'S-1', topic: '$SYS/x', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'a', reason: 'topic_forbidden' },
    { who: 'G-1', topic: 'ww/v1/S-1/obs', reason: 'station_forbidden' },
    { who: 'A-1', topic: 'ww/v1/A-1/obs', reason: 'topic_forbidden' },
    { who: 'A-1', topic: 'ww/v1/alerts/river/red/1', reason: 'topic_forbidden' },
    { who: 'S-1', topic: 'ww/v1/S-1/+', reason: 'protocol_error' },
    { who: 'S-1', topic: '', reason: 'protocol_error' },
    { who: 'S-1', topic: '/'.repeat(200), reason: 'protocol_error' },
  ])('closes $who on a publish to "$topic"', async ({ who, topic, reason }) => {
    rig = await BrokerRig.start();
    const client = await rig.online(who);
    client.send(publishFrame({ topic }));
    await client.closed();
    expect(client.of('puback')).toEqual([]);
    expect(await rig.journalled()).toEqual([]);
    expect(rig.refusals.all()).toEqual({ [`${who} ${reason}`]: 1 });
  });

  it('follows the registry while a gateway is connected', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('G-1');
    await client.send(publishFrame({ topic: 'ww/v1/S-2/obs', id: 1 })).receive('puback');
    rig.identities.put(gateway('G-1', 'S-2', 'S-3'));
    await client.send(publishFrame({ topic: 'ww/v1/S-3/obs', id: 2 })).receive('puback', 2);
    rig.identities.put(gateway('G-1', 'S-2'));
    client.send(publishFrame({ topic: 'ww/v1/S-3/obs', id: 3 }));
    await client.closed();
    expect(rig.refusals.all()).toEqual({ 'G-1 station_forbidden': 1 });
  });

  it('ends the connection of a station that becomes a gateway', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    rig.identities.put(gateway('S-1'));
    await client.closed();
    rig.identities.put(station('S-1'));
    expect(await rig.connect('S-1').connack()).toBe(0);
  });

  it('strips and counts a retain flag elsewhere than on status', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    client.send(
      publishFrame({ topic: 'ww/v1/S-1/obs', retain: true, id: 1 }),
      publishFrame({ topic: 'ww/v1/S-1/status', retain: true, id: 2, payload: '{}' }),
      publishFrame({ topic: 'ww/v1/S-1/status', retain: true, id: 3 }),
    );
    await client.receive('puback', 3);
    expect(rig.broker.stats()).toMatchObject({ retainStripped: 1, publishes: { qos0: 0, qos1: 3, qos2: 0 } });
    // What clears a retained message is journalled as well: every message of an up topic is.
    expect(await rig.payloads()).toEqual(['', '{}', '']);
  });
});

describe('the acknowledgement', () => {
  it('comes after the journal, and in the order of the messages', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    rig.journal.hold();
    const ids = Array.from({ length: 20 }, (_, index) => index + 1);
    client.send(
      ...ids.map(id =>
        publishFrame({
          topic: `ww/v1/S-1/${id % 3 === 0 ? 'backlog' : 'obs'}`,
          id,
          qos: id % 5 === 0 ? 2 : 1,
        }),
      ),
    );
    await waitFor('the messages', () => rig.journal.health().pendingEntries === 20);
    await handled(await rig.online('S-3'));
    expect(client.frames.filter(({ type }) => type.startsWith('pub'))).toEqual([]);
    rig.journal.release();
    await client.receive('puback', 16);
    await client.receive('pubrec', 4);
    expect(client.ids('puback')).toEqual(ids.filter(id => id % 5 !== 0));
    expect(client.ids('pubrec')).toEqual([5, 10, 15, 20]);
    expect(await rig.journalled('backlog')).toHaveLength(6);
  });

  it('does not come when the journal refuses: the connection ends and everything is counted', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    rig.journal.refuseWith(new AppError('journal_stalled', 'No.', { retryable: true }));
    client.send(...[1, 2, 3].map(id => publishFrame({ topic: 'ww/v1/S-1/obs', id, qos: id === 2 ? 2 : 1 })));
    await client.closed();
    await rig.refused('S-1', 'journal_unavailable', 3);
    expect(client.frames.map(({ type }) => type)).toEqual(['connack']);
    rig.journal.refuseWith(undefined);
    const again = await rig.online('S-1');
    await again.send(publishFrame({ topic: 'ww/v1/S-1/obs' })).receive('puback');
  });

  it('holds the time of arrival and the bytes', async () => {
    const clock = new ManualClock(NOW);
    rig = await BrokerRig.start({ clock });
    const client = await rig.online('S-1');
    clock.advance(durationMs(1_234));
    const payload = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await client.send(publishFrame({ topic: 'ww/v1/S-1/obs', payload, qos: 2 })).receive('pubrec');
    expect(await rig.journalled()).toEqual([
      {
        received: NOW + 1_234,
        principal: 'S-1',
        topic: 'ww/v1/S-1/obs',
        qos: 2,
        payload: new Uint8Array(payload),
        position: 1,
      },
    ]);
  });

  it('is given once more for a QoS 2 message that is sent again, which is not journalled twice', async () => {
    rig = await BrokerRig.start();
    const topic = 'ww/v1/S-1/obs';
    const first = await rig.online('S-1', { clean: false });
    await first.send(publishFrame({ topic, payload: 'a', qos: 2, id: 9 })).receive('pubrec');
    first.destroy();
    const second = await rig.online('S-1', { clean: false });
    await second.send(publishFrame({ topic, payload: 'a', qos: 2, id: 9, dup: true })).receive('pubrec');
    expect(await rig.payloads()).toEqual(['a']);
    await second.send(pubrel(9)).receive('pubcomp');
    // Released, the id is free for the next message; nor is one without DUP taken for a repetition.
    await second.send(publishFrame({ topic, payload: 'b', qos: 2, id: 9 })).receive('pubrec', 2);
    await second.send(publishFrame({ topic, payload: 'c', qos: 2, id: 9 })).receive('pubrec', 3);
    expect(await rig.payloads()).toEqual(['a', 'b', 'c']);
  });

  it('does not swallow a message of a new session whose id an old, clean one left open', async () => {
    rig = await BrokerRig.start();
    const topic = 'ww/v1/S-1/obs';
    const clean = await rig.online('S-1');
    rig.journal.hold();
    clean.send(publishFrame({ topic, payload: 'a', qos: 2, id: 9 }));
    await waitFor('the message', () => rig.journal.health().pendingEntries === 1);
    clean.destroy();
    await waitFor('its end', () => rig.broker.connections().size === 0);
    rig.journal.release();
    await rig.journal.committed();
    const next = await rig.online('S-1', { clean: false });
    await next.send(publishFrame({ topic, payload: 'b', qos: 2, id: 9, dup: true })).receive('pubrec');
    expect(await rig.payloads()).toEqual(['a', 'b']);
  });

  it('journals QoS 0 with best effort and counts what it drops', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    const obs = (payload: string) => publishFrame({ topic: 'ww/v1/S-1/obs', payload, qos: 0 });
    await handled(client.send(obs('a')));
    rig.journal.hold('journal_full');
    await handled(client.send(obs('b')));
    await rig.refused('S-1', 'qos0_dropped');
    rig.journal.release();
    rig.journal.refuseWith(new AppError('journal_stalled', 'No.'));
    await handled(client.send(obs('c')));
    await rig.refused('S-1', 'qos0_dropped', 2);
    rig.journal.refuseWith(undefined);
    await handled(client.send(obs('d')));
    await waitFor('the last', async () => (await rig.payloads()).length === 2);
    expect(await rig.payloads()).toEqual(['a', 'd']);
    expect(client.isClosed).toBe(false);
  });

  it('drops QoS 0 while too much waits for the journal', async () => {
    rig = await BrokerRig.start({ limits: { inFlightBytes: 1 } });
    const client = await rig.online('S-1');
    rig.journal.hold();
    const health = rig.journal.health();
    rig.journal.health = () => ({ ...health, state: 'ok' });
    const topic = 'ww/v1/S-1/obs';
    client.send(publishFrame({ topic, payload: 'a' }), publishFrame({ topic, payload: 'b', qos: 0 }));
    await rig.refused('S-1', 'qos0_dropped');
    rig.journal.release();
    await client.receive('puback');
    expect(await rig.payloads()).toEqual(['a']);
  });

  it('comes late for who sends too fast, never out of order and never lost', async () => {
    const clock = new ManualClock(NOW);
    rig = await BrokerRig.start({ clock, limits: { messagesPerS: 10, messageBurst: 5 } });
    const client = await rig.online('S-1', { keepAliveS: 1 });
    const other = await rig.online('S-2');
    const ids = Array.from({ length: 10 }, (_, index) => index + 1);
    client.send(...ids.map(id => publishFrame({ topic: 'ww/v1/S-1/obs', id })));
    await client.receive('puback', 5);
    await waitFor('all in the journal', async () => (await rig.journalled()).length === 10);
    await other.send(publishFrame({ topic: 'ww/v1/S-2/obs' })).receive('puback');
    expect(client.ids('puback')).toEqual([1, 2, 3, 4, 5]);
    clock.advance(durationMs(200));
    await client.receive('puback', 7);
    await handled(other);
    expect(client.ids('puback')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    // Its keep-alive passes while it waits for us, which is no fault of its own.
    clock.advance(durationMs(299));
    await client.receive('puback', 9);
    clock.advance(durationMs(1));
    await client.receive('puback', 10);
    expect(client.ids('puback')).toEqual(ids);
    expect(rig.refusals.all()).toEqual({});
  });

  it('gives no new allowance for a new connection', async () => {
    const clock = new ManualClock(NOW);
    rig = await BrokerRig.start({ clock, limits: { messagesPerS: 10, messageBurst: 5 } });
    const ids = [1, 2, 3, 4, 5];
    const publishes = ids.map(id => publishFrame({ topic: 'ww/v1/S-1/obs', id }));
    const first = await rig.online('S-1');
    await first.send(...publishes).receive('puback', 5);
    first.destroy();
    const second = await rig.online('S-1');
    second.send(...publishes);
    await waitFor('all in the journal', async () => (await rig.journalled()).length === 10);
    await handled(await rig.online('S-3'));
    expect(second.ids('puback')).toEqual([]);
    clock.advance(durationMs(500));
    await second.receive('puback', 5);
  });

  it.each([
    { what: 'packet id 0', bytes: publishFrame({ topic: 'ww/v1/S-1/obs', id: 0 }) },
    {
      what: 'no packet id',
      bytes: Buffer.concat([frame(0x32, Buffer.from([0, 13]), Buffer.from('ww/v1/S-1/obs')), PING]),
    },
    { what: 'QoS 3', bytes: frame(0x36, Buffer.from([0, 13]), Buffer.from('ww/v1/S-1/obs'), [0, 1]) },
  ])('does not come for a message with $what', async ({ bytes }) => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1');
    client.send(bytes);
    await client.closed();
    expect(await rig.journalled()).toEqual([]);
    expect(rig.refusals.all()).toEqual({ 'S-1 protocol_error': 1 });
  });
});

describe('last wills', () => {
  const topic = 'ww/v1/S-1/status';

  it.each([
    { who: 'S-1', topic: 'ww/v1/S-2/status' },
    { who: 'S-1', topic: 'ww/v1/S-1/cmd' },
    { who: 'S-1', topic: '' },
    { who: 'A-1', topic: 'ww/v1/A-1/status' },
    { who: 'G-1', topic: 'ww/v1/G-1/snapshot/1' },
  ])('refuses the CONNECT of $who with a will for "$topic"', async ({ who, topic }) => {
    rig = await BrokerRig.start();
    expect(await rig.connect(who, { will: { topic } }).connack()).toBe(5);
    expect(rig.refusals.all()).toEqual({ [`${who} will_forbidden`]: 1 });
  });

  it('journals the will of a connection that ends without DISCONNECT, and only of that', async () => {
    rig = await BrokerRig.start();
    const will = { topic, payload: '{"state":"offline"}', qos: 1, retain: true };
    const orderly = await rig.online('S-1', { will });
    orderly.send(Buffer.from([0xe0, 0]));
    await orderly.closed();
    const broken = await rig.online('S-1', { will: { ...will, topic: 'ww/v1/S-1/event' } });
    broken.destroy();
    await waitFor('the will', async () => (await rig.journalled()).length === 1);
    expect(await rig.journalled()).toMatchObject([{ principal: 'S-1', topic: 'ww/v1/S-1/event', qos: 1 }]);
    expect(rig.broker.stats().retainStripped).toBe(1);
  });

  it('checks it again when it fires', async () => {
    rig = await BrokerRig.start();
    const lost = await rig.online('G-1', { will: { topic: 'ww/v1/S-2/status', payload: 'x' } });
    rig.identities.put(gateway('G-1', 'S-3'));
    lost.destroy();
    await rig.refused('G-1', 'will_forbidden');
    const revoked = await rig.online('S-1', { will: { topic, payload: 'x' } });
    rig.identities.revoke('S-1');
    await revoked.closed();
    await rig.refused('S-1', 'will_forbidden');
    expect(await rig.journalled()).toEqual([]);
  });

  it('counts a will that the journal does not take', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1', { will: { topic, payload: 'x' } });
    rig.journal.refuseWith(new AppError('journal_full', 'No.'));
    client.destroy();
    await rig.refused('S-1', 'journal_unavailable');
    expect(rig.refusals.total).toBe(1);
  });

  it('does not fire when the broker stops', async () => {
    rig = await BrokerRig.start();
    const client = await rig.online('S-1', { will: { topic, payload: 'x' } });
    await rig.broker.stop();
    await client.closed();
    await rig.journal.committed();
    expect(await rig.journalled()).toEqual([]);
  });
});

describe('snapshots', () => {
  const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100_000, 7)]);
  const snapshot = { topic: 'ww/v1/S-2/snapshot/cam-1', payload: JPEG, id: 1 };

  class HeldSnapshots implements SnapshotFiles {
    readonly pictures: Parameters<SnapshotFiles['save']>[0][] = [];
    readonly waiting: ((error?: Error) => void)[] = [];

    save(picture: Parameters<SnapshotFiles['save']>[0]): Promise<SnapshotReference> {
      this.pictures.push(picture);
      const sha256 = createHash('sha256').update(picture.bytes).digest('hex');
      const reference = { name: `n${this.pictures.length}`, sha256, bytes: picture.bytes.byteLength };
      return new Promise((resolve, reject) => {
        this.waiting.push(error => (error === undefined ? resolve(reference) : reject(error)));
      });
    }
  }

  it('are saved first; the journal holds the reference that the ingest reads', async () => {
    const snapshots = new HeldSnapshots();
    rig = await BrokerRig.start({ snapshots });
    const client = await rig.online('G-1');
    client.send(publishFrame(snapshot), publishFrame({ topic: 'ww/v1/S-2/obs', id: 2, payload: 'x' }));
    await waitFor('the reading', async () => (await rig.journalled()).length === 1);
    expect(snapshots.pictures).toMatchObject([{ gateway: 'G-1', channel: 'cam-1' }]);
    expect(Buffer.from(snapshots.pictures[0]!.bytes).equals(JPEG)).toBe(true);
    // The reading is durable, but the picture came before it.
    await handled(await rig.online('S-3'));
    expect(client.ids('puback')).toEqual([]);
    snapshots.waiting[0]!();
    await client.receive('puback', 2);
    expect(client.ids('puback')).toEqual([1, 2]);
    const entry = (await rig.journalled()).find(({ topic }) => topic === snapshot.topic);
    expect(JSON.parse(new TextDecoder().decode(entry!.payload))).toEqual({
      name: 'n1',
      sha256: createHash('sha256').update(JPEG).digest('hex'),
      bytes: JPEG.length,
    });
  });

  it('are not acknowledged when they cannot be saved', async () => {
    const snapshots = new HeldSnapshots();
    rig = await BrokerRig.start({ snapshots });
    const client = await rig.online('G-1');
    client.send(publishFrame(snapshot));
    await waitFor('the picture', () => snapshots.waiting.length === 1);
    snapshots.waiting[0]!(new Error('disk full'));
    await client.closed();
    expect(client.of('puback')).toEqual([]);
    expect(rig.refusals.all()).toEqual({ 'G-1 snapshot_failed': 1 });
    expect(await rig.journalled()).toEqual([]);
  });

  it('may have 256 KiB and not a byte more', async () => {
    const snapshots = new HeldSnapshots();
    rig = await BrokerRig.start({ snapshots });
    const client = await rig.online('G-1');
    client.send(publishFrame({ ...snapshot, payload: Buffer.alloc(256 * 1024) }));
    await waitFor('the picture', () => snapshots.waiting.length === 1);
    snapshots.waiting[0]!();
    await client.receive('puback');
    client.send(publishFrame({ ...snapshot, payload: Buffer.alloc(256 * 1024 + 1) }));
    await client.closed();
    expect(rig.refusals.all()).toEqual({ 'G-1 frame_too_large': 1 });
  });
});
