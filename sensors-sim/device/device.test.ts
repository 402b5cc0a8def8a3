import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { DurationMs } from '../../domain/time/instant.ts';
import { SYSTEM_CLOCK } from '../../test/harness/machine-clock.ts';
import { MqttIntake } from '../../test/harness/mqtt-intake.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { Random } from '../random.ts';
import { Device } from './device.ts';
import type { Delivery, DeviceEnd, DeviceMessage, DeviceOptions } from './device.ts';
import { openLeanLink } from './lean-link.ts';
import { openMqttJsLink } from './mqttjs-link.ts';

interface Note extends DeviceMessage {
  readonly text: string;
}

function note(text: string, rest: Partial<DeviceMessage> = {}): Note {
  return {
    channel: 'obs',
    qos: 1,
    text,
    payload: sent => Buffer.from(JSON.stringify({ text, sent })),
    ...rest,
  };
}

const texts = (payloads: unknown[]) => payloads.map(payload => (payload as { text: string }).text);

describe.each([
  ['the lean publisher', openLeanLink],
  ['mqtt.js', openMqttJsLink],
])('a device on %s', (_name, openLink) => {
  const intake = new MqttIntake();
  const acknowledged: { readonly text: string; readonly delivery: Delivery }[] = [];
  const ends: DeviceEnd[] = [];
  let device: Device<Note>;

  const create = (options: Partial<DeviceOptions<Note>> = {}) => {
    device = new Device<Note>({
      id: 'S-1' as ThingId,
      secret: 'secret-of-S-1',
      host: '127.0.0.1',
      port: intake.port,
      clock: SYSTEM_CLOCK,
      random: new Random(1),
      openLink,
      backOff: { baseMs: 20, maxMs: 20 },
      events: {
        onAcknowledged: ({ text }, delivery) => acknowledged.push({ text, delivery }),
        onDisconnected: end => ends.push(end),
      },
      ...options,
    });
    device.start();
  };
  const online = () => waitFor('the connection', () => device.online);
  const settled = () => waitFor('all acknowledgements', () => device.pending === 0);

  beforeEach(async () => {
    acknowledged.length = 0;
    ends.length = 0;
    intake.published.length = 0;
    intake.taken.length = 0;
    intake.decide = () => 'take';
    await intake.start();
  });
  afterEach(async () => {
    await device.stop();
    await intake.stop();
  });

  it('says online when it comes and offline when it goes, retained', async () => {
    create();
    await online();
    await device.stop();
    const status = intake.taken.map(({ topic, retain, payload }) => [topic, retain, String(payload)]);
    expect(status).toEqual([
      ['ww/v1/S-1/status', true, '{"state":"online","fw":"sim-1"}'],
      ['ww/v1/S-1/status', true, '{"state":"offline","fw":"sim-1"}'],
    ]);
  });

  it('leaves a will that speaks when the connection is cut', async () => {
    create();
    await online();
    await waitFor('the first status', () => intake.taken.length === 1);
    device.cut();
    const will = await waitFor('the will', () => intake.taken[1]);
    expect([will?.retain, String(will?.payload)]).toEqual([true, '{"state":"offline","fw":"sim-1"}']);
    expect(ends).toEqual([{ kind: 'cut' }]);
  });

  it('knows which messages of which QoS were acknowledged', async () => {
    create();
    await online();
    for (const qos of [0, 1, 2] as const) device.send(note(`qos ${qos}`, { qos }));
    await settled();
    await waitFor('all three', () => intake.takenJson('S-1', 'obs').length === 3);
    expect(acknowledged.map(({ text }) => text)).toEqual(['qos 1', 'qos 2']);
    expect(intake.taken.filter(({ topic }) => topic.endsWith('obs')).map(({ qos }) => qos)).toEqual([
      0, 1, 2,
    ]);
  });

  it('finishes the handshake of every QoS 2 message', async () => {
    create();
    await online();
    for (let index = 0; index < 200; index++) device.send(note(`${index}`, { qos: 2 }));
    await settled();
    expect([acknowledged.length, ends]).toEqual([200, []]);
  });

  it('sends again, byte for byte and in order, what was not acknowledged', async () => {
    intake.decide = ({ topic }) => {
      const publishes = intake.published.filter(message => message.topic.endsWith('/obs'));
      return topic.endsWith('/obs') && publishes.length === 2 ? 'hang up' : 'take';
    };
    create();
    await online();
    device.send(note('a'));
    await settled();
    device.send(note('b'));
    device.send(note('c'));
    await settled();
    expect(
      texts(intake.takenJson('S-1', 'obs')).filter((text, index, all) => all[index - 1] !== text),
    ).toEqual(acknowledged.map(({ text }) => text));
    const attempts = intake.published.filter(({ payload }) => String(payload).includes('"b"'));
    expect(attempts.length).toBeGreaterThan(1);
    expect(new Set(attempts.map(({ payload }) => String(payload))).size).toBe(1);
    expect(acknowledged.find(({ text }) => text === 'b')?.delivery.attempts).toBe(attempts.length);
    expect(intake.takenJson('S-1', 'backlog')).toEqual([]);
  });

  it('sends as backlog what had to wait too long for a connection', async () => {
    create({ freshMs: 0 });
    await online();
    device.cut();
    device.send(note('buffered'));
    device.start();
    await settled();
    device.send(note('fresh'));
    await settled();
    expect(texts(intake.takenJson('S-1', 'backlog'))).toEqual(['buffered']);
    expect(texts(intake.takenJson('S-1', 'obs'))).toEqual(['fresh']);
  });

  it('sends as fresh what waited for a connection for a moment', async () => {
    create();
    device.send(note('early'));
    await settled();
    expect(texts(intake.takenJson('S-1', 'obs'))).toEqual(['early']);
  });

  it('ends at once where the server has not answered yet, and soon where it acknowledges nothing', async () => {
    const mute = createServer(socket => void sockets.push(socket.resume()));
    const sockets: Socket[] = [];
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    create({ port });
    const socket = await waitFor('the connection', () => sockets[0]);
    await device.stop();
    await waitFor('its end', () => socket!.destroyed);
    expect(device.online).toBe(false);
    mute.close();

    intake.decide = () => 'hold';
    const shortened = {
      ...SYSTEM_CLOCK,
      after: (_span: DurationMs, run: () => void) => SYSTEM_CLOCK.after(durationMs(20), run),
    };
    create({ clock: shortened });
    await online();
    device.send(note('unanswered'));
    await device.stop();
    await waitFor('the end of the connection', () => intake.connections === 0);
    intake.release();
  });

  it('comes back when the server was gone', async () => {
    create();
    await online();
    const { port } = intake;
    await intake.stop();
    await waitFor('the loss', () => !device.online);
    device.send(note('waiting'));
    await intake.start(port);
    await settled();
    expect(acknowledged.map(({ text }) => text)).toEqual(['waiting']);
  });

  it('reports a refusal with its return code and tries again', async () => {
    create({ secret: 'wrong' });
    await waitFor('two refusals', () => ends.length >= 2);
    expect(ends.slice(0, 2)).toEqual([
      { kind: 'refused', returnCode: 5 },
      { kind: 'refused', returnCode: 5 },
    ]);
  });

  it('keeps no more on the wire than its window and refuses what it cannot keep', async () => {
    let open: (() => void) | undefined;
    intake.decide = ({ topic }) => (topic.endsWith('/obs') && open === undefined ? 'hold' : 'take');
    create({ window: 3, capacity: 5 });
    await online();
    const taken = Array.from({ length: 7 }, (_, index) => device.send(note(`${index}`)));
    expect(taken).toEqual([true, true, true, true, true, false, false]);
    await waitFor(
      'a full window',
      () => intake.published.filter(({ topic }) => topic.endsWith('/obs')).length === 3,
    );
    open = () => undefined;
    intake.release();
    await settled();
    expect(acknowledged.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
  });
});
