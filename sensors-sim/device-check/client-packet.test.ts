import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { connectFrame, frame, publishFrame, subscribeFrame } from '../../test/harness/raw-mqtt.ts';
import { DISCONNECT, PINGREQ, encodePubrel } from '../device/mqtt-packet.ts';
import { readClientPacket } from './client-packet.ts';
import { FrameReader, encodeField, encodeFrame, encodeNumber } from './mqtt-frame.ts';

const packets = (bytes: Buffer) => new FrameReader().read(bytes).map(readClientPacket);

describe('packets of a client', () => {
  it.each([
    [
      'a CONNECT with everything',
      connectFrame({
        id: 'S-1',
        username: 'u',
        password: 'p',
        keepAliveS: 601,
        will: { topic: 'w', payload: 'x', qos: 1, retain: true },
      }),
      {
        kind: 'connect',
        protocol: 'MQTT 4',
        clientId: 'S-1',
        username: 'u',
        password: 'p',
        keepAliveS: 601,
        will: { topic: 'w', payload: Buffer.from('x'), qos: 1, retain: true },
      },
    ],
    [
      'a bare CONNECT',
      connectFrame({ id: '', protocol: { name: 'MQIsdp', level: 3 } }),
      {
        kind: 'connect',
        protocol: 'MQIsdp 3',
        clientId: '',
        username: undefined,
        password: undefined,
        will: undefined,
      },
    ],
    [
      'a PUBLISH at QoS 1',
      publishFrame({ topic: 'a/b', payload: 'text', id: 513, retain: true }),
      { kind: 'publish', topic: 'a/b', qos: 1, retain: true, packetId: 513, payload: Buffer.from('text') },
    ],
    [
      'a PUBLISH at QoS 0',
      publishFrame({ topic: 'a', payload: 'text', qos: 0 }),
      { kind: 'publish', qos: 0, retain: false, packetId: 0, payload: Buffer.from('text') },
    ],
    ['a SUBSCRIBE', subscribeFrame(9, 'a', '#'), { kind: 'subscribe', packetId: 9, filters: ['a', '#'] }],
    [
      'an UNSUBSCRIBE',
      encodeFrame(0xa2, encodeNumber(3), encodeField('a')),
      { kind: 'unsubscribe', packetId: 3 },
    ],
    ['a PUBREL', encodePubrel(258), { kind: 'pubrel', packetId: 258 }],
    ['a PINGREQ', PINGREQ, { kind: 'ping' }],
    ['a DISCONNECT', DISCONNECT, { kind: 'disconnect' }],
    ['a PUBACK', encodeFrame(0x40, encodeNumber(1)), { kind: 'other' }],
    ['a type that only servers send', encodeFrame(0x20, encodeNumber(0)), { kind: 'malformed' }],
    ['a PUBLISH that is too short', frame(0x32, [0, 9, 65]), { kind: 'malformed' }],
    ['a CONNECT that is too short', frame(0x10, [0, 4, 77, 81]), { kind: 'malformed' }],
    ['a SUBSCRIBE that is too short', frame(0x82, [0, 1, 0, 5, 65]), { kind: 'malformed' }],
  ])('reads %s', (_name, bytes, expected) => {
    expect(packets(bytes)).toMatchObject([expected]);
  });

  it('come in any pieces', () => {
    const bytes = Buffer.concat([
      PINGREQ,
      publishFrame({ topic: 't', payload: 'x'.repeat(300) }),
      DISCONNECT,
    ]);
    for (const size of [1, 2, 3, 7, 100]) {
      const reader = new FrameReader();
      const kinds: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        kinds.push(...reader.read(bytes.subarray(at, at + size)).map(each => readClientPacket(each).kind));
      }
      expect(kinds).toEqual(['ping', 'publish', 'disconnect']);
    }
  });

  it('end at a length that MQTT forbids', () => {
    const reader = new FrameReader();
    expect(
      reader.read(Buffer.concat([PINGREQ, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1])])),
    ).toHaveLength(1);
    expect([reader.isBroken, reader.read(PINGREQ)]).toEqual([true, []]);
  });
});
