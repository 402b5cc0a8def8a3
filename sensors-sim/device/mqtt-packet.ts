import { Buffer } from 'node:buffer';

import type { LinkMessage, LinkOptions } from './link.ts';

/** Control packet types that a publisher meets (MQTT 3.1.1, table 2.1). */
export const PACKET = { connack: 2, puback: 4, pubrec: 5, pubcomp: 7, pingresp: 13 } as const;

/** [MQTT-3.1.2]: the flags of a CONNECT with clean session, retained will at QoS 1, user name and password. */
const CONNECT_FLAGS = 0b1110_1110;

/** The PUBLISH of a message; `packetId` is left out at QoS 0. */
export function encodePublish(message: LinkMessage, packetId: number): Buffer {
  const topicBytes = Buffer.byteLength(message.topic);
  const length = 2 + topicBytes + (message.qos > 0 ? 2 : 0) + message.payload.byteLength;
  const header = lengthBytes(length);
  const packet = Buffer.allocUnsafe(1 + header + length);
  packet[0] = 0x30 | (message.qos << 1) | Number(message.retain);
  let at = writeLength(packet, length);
  at = packet.writeUInt16BE(topicBytes, at);
  at += packet.write(message.topic, at);
  if (message.qos > 0) at = packet.writeUInt16BE(packetId, at);
  packet.set(message.payload, at);
  return packet;
}

export function encodeConnect(options: LinkOptions): Buffer {
  const { id, secret, will, keepAliveS } = options;
  const fields = [
    Buffer.from(id),
    Buffer.from(will.topic),
    Buffer.from(will.payload),
    Buffer.from(id),
    Buffer.from(secret),
  ];
  const length = 10 + fields.reduce((sum, field) => sum + 2 + field.byteLength, 0);
  const packet = Buffer.alloc(1 + lengthBytes(length) + length);
  packet[0] = 0x10;
  let at = writeLength(packet, length);
  at = packet.writeUInt16BE(4, at);
  at += packet.write('MQTT', at);
  at = packet.writeUInt8(4, at);
  at = packet.writeUInt8(CONNECT_FLAGS, at);
  at = packet.writeUInt16BE(keepAliveS, at);
  for (const field of fields) {
    at = packet.writeUInt16BE(field.byteLength, at);
    packet.set(field, at);
    at += field.byteLength;
  }
  return packet;
}

/** [MQTT-3.6.1-1]: the fixed header of PUBREL carries the flags 0010. */
export function encodePubrel(packetId: number): Buffer {
  return Buffer.from([0x62, 2, packetId >> 8, packetId & 0xff]);
}

export const PINGREQ = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

/** Everything a server sends to a client that subscribed to nothing is two bytes long or less. */
const LONGEST_BODY = 2;

/** What the server said: the type and, where it has one, the 16-bit field of the body (packet id or CONNACK codes). */
export type PacketListener = (type: number, field: number) => void;

/**
 * Cuts the bytes from a server into packets. Answers `false` at the first byte that cannot be an answer to a
 * publisher; the connection is of no use then.
 */
export class AnswerReader {
  readonly #listener: PacketListener;
  #kept: Buffer = Buffer.alloc(0);

  constructor(listener: PacketListener) {
    this.#listener = listener;
  }

  read(chunk: Buffer): boolean {
    const bytes = this.#kept.byteLength === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    let at = 0;
    while (at + 2 <= bytes.byteLength) {
      const length = bytes.readUInt8(at + 1);
      if (length > LONGEST_BODY || length === 1) return false;
      const end = at + 2 + length;
      if (end > bytes.byteLength) break;
      this.#listener(bytes.readUInt8(at) >> 4, length === 0 ? 0 : bytes.readUInt16BE(at + 2));
      at = end;
    }
    this.#kept = bytes.subarray(at);
    return true;
  }
}

function lengthBytes(length: number): number {
  if (length < 128) return 1;
  if (length < 16_384) return 2;
  return length < 2_097_152 ? 3 : 4;
}

/** Writes the remaining length behind the first byte and answers the place after it (MQTT 3.1.1, section 2.2.3). */
function writeLength(packet: Buffer, length: number): number {
  let at = 1;
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    packet[at] = rest > 0 ? digit | 128 : digit;
    at += 1;
  } while (rest > 0);
  return at;
}
