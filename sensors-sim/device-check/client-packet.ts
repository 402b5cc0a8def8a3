import type { Buffer } from 'node:buffer';

import type { Frame } from './mqtt-frame.ts';

export interface ConnectPacket {
  readonly kind: 'connect';
  /** Name and level as sent, such as `MQTT 4` for MQTT 3.1.1. */
  readonly protocol: string;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly keepAliveS: number;
  readonly will: WillPacket | undefined;
}

export interface WillPacket {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: Uint8Array;
}

export interface PublishPacket {
  readonly kind: 'publish';
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly payload: Uint8Array;
}

/** What a client says to a server. */
export type ClientPacket =
  | ConnectPacket
  | PublishPacket
  | { readonly kind: 'subscribe'; readonly packetId: number; readonly filters: readonly string[] }
  | { readonly kind: 'unsubscribe' | 'pubrel'; readonly packetId: number }
  | { readonly kind: 'ping' | 'disconnect' | 'other' }
  | { readonly kind: 'malformed'; readonly detail: string };

const TYPE = { connect: 1, publish: 3, pubrel: 6, subscribe: 8, unsubscribe: 10, ping: 12, disconnect: 14 };
/** PUBACK, PUBREC and PUBCOMP, which answer what a server has sent. */
const ANSWERS = new Set([4, 5, 7]);

/** Reads a frame of a client. Never throws. */
export function readClientPacket({ type, flags, body }: Frame): ClientPacket {
  const fields = new Fields(body);
  const packet = ((): ClientPacket => {
    switch (type) {
      case TYPE.connect:
        return readConnect(fields);
      case TYPE.publish: {
        const topic = fields.text();
        const qos = (flags >> 1) & 3;
        const packetId = qos === 0 ? 0 : fields.number();
        return { kind: 'publish', topic, qos, retain: (flags & 1) === 1, packetId, payload: fields.rest() };
      }
      case TYPE.subscribe: {
        const packetId = fields.number();
        const filters: string[] = [];
        while (fields.hasMore) {
          filters.push(fields.text());
          fields.byte();
        }
        return { kind: 'subscribe', packetId, filters };
      }
      case TYPE.unsubscribe:
        return { kind: 'unsubscribe', packetId: fields.number() };
      case TYPE.pubrel:
        return { kind: 'pubrel', packetId: fields.number() };
      case TYPE.ping:
        return { kind: 'ping' };
      case TYPE.disconnect:
        return { kind: 'disconnect' };
      default:
        return ANSWERS.has(type)
          ? { kind: 'other' }
          : { kind: 'malformed', detail: `a packet of type ${type}` };
    }
  })();
  return fields.isShort
    ? { kind: 'malformed', detail: `a packet of type ${type} that is too short` }
    : packet;
}

function readConnect(fields: Fields): ConnectPacket {
  const protocol = `${fields.text()} ${fields.byte()}`;
  const flags = fields.byte();
  const keepAliveS = fields.number();
  const clientId = fields.text();
  const will: WillPacket | undefined =
    (flags & 0x04) === 0
      ? undefined
      : {
          topic: fields.text(),
          payload: fields.bytes(),
          qos: (flags >> 3) & 3,
          retain: (flags & 0x20) !== 0,
        };
  const username = (flags & 0x80) === 0 ? undefined : fields.text();
  const password = (flags & 0x40) === 0 ? undefined : fields.text();
  return { kind: 'connect', protocol, clientId, username, password, keepAliveS, will };
}

/** Reads field after field; what is missing reads as nothing and is remembered. */
class Fields {
  readonly #body: Buffer;
  #at = 0;
  isShort = false;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get hasMore(): boolean {
    return !this.isShort && this.#at < this.#body.byteLength;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  number(): number {
    return this.byte() * 256 + this.byte();
  }

  bytes(): Buffer {
    return this.#take(this.number());
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  rest(): Buffer {
    return this.#take(this.#body.byteLength - this.#at);
  }

  #take(length: number): Buffer {
    const part = this.#body.subarray(this.#at, this.#at + length);
    if (part.byteLength < length) this.isShort = true;
    this.#at += length;
    return part;
  }
}
