import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

import { waitFor } from './wait-for.ts';

/** MQTT frames by hand, so that a test can also write those that no library would. */

export function frame(firstByte: number, ...parts: readonly (Buffer | number[])[]): Buffer {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)));
  return Buffer.concat([Buffer.from([firstByte, ...remainingLength(body.length)]), body]);
}

export function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

export function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

export interface ConnectOptions {
  readonly id: string;
  readonly username?: string | undefined;
  readonly password?: string | Buffer | undefined;
  readonly clean?: boolean;
  readonly keepAliveS?: number;
  readonly will?: { topic: string; payload?: string; qos?: number; retain?: boolean };
  readonly protocol?: { name: string; level: number };
}

export function connectFrame(options: ConnectOptions): Buffer {
  const { id, username, password, will, clean = true, keepAliveS = 60 } = options;
  const { name, level } = options.protocol ?? { name: 'MQTT', level: 4 };
  const flags =
    (clean ? 2 : 0) |
    (will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3) | (will.retain === true ? 32 : 0)) |
    (password === undefined ? 0 : 64) |
    (username === undefined ? 0 : 128);
  return frame(
    0x10,
    field(name),
    [level, flags],
    uint16(keepAliveS),
    level === 5 ? [0] : [],
    field(id),
    ...(will === undefined
      ? []
      : [...(level === 5 ? [[0]] : []), field(will.topic), field(will.payload ?? '')]),
    ...(username === undefined ? [] : [field(username)]),
    ...(password === undefined ? [] : [field(Buffer.from(password))]),
  );
}

export interface PublishOptions {
  readonly topic: string;
  readonly payload?: string | Buffer;
  readonly qos?: 0 | 1 | 2;
  readonly id?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
}

export function publishFrame(options: PublishOptions): Buffer {
  const { topic, payload = '', qos = 1, id = 1, retain = false, dup = false } = options;
  const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  return frame(first, field(topic), qos === 0 ? [] : uint16(id), Buffer.from(payload));
}

export function subscribeFrame(id: number, ...filters: readonly string[]): Buffer {
  return frame(0x82, uint16(id), ...filters.flatMap(filter => [field(filter), [1]]));
}

export const PING = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

export function pubrel(id: number): Buffer {
  return frame(0x62, uint16(id));
}

/** A frame as it came: the packet type and what follows the fixed header. */
export interface ReceivedFrame {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES = ['', 'connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'].concat([
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
]);

/** A client that does what it is told, byte by byte. */
export class RawClient {
  readonly frames: ReceivedFrame[] = [];
  readonly stream: Duplex;
  isClosed = false;
  #rest = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('error', () => undefined);
    stream.on('close', () => (this.isClosed = true));
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  static to(port: number, host = '127.0.0.1'): RawClient {
    return new RawClient(connect({ port, host, noDelay: true }));
  }

  send(...frames: readonly Buffer[]): this {
    this.stream.write(Buffer.concat(frames));
    return this;
  }

  /** The packet ids of the frames of one type, in the order of their coming. */
  ids(type: string): number[] {
    return this.of(type).map(({ body }) => body.readUInt16BE(0));
  }

  of(type: string): ReceivedFrame[] {
    return this.frames.filter(each => each.type === type);
  }

  /** Topic and payload of what was delivered. */
  delivered(): { topic: string; payload: string; id: number | undefined }[] {
    return this.of('publish').map(({ body }) => {
      const end = 2 + body.readUInt16BE(0);
      return {
        topic: body.toString('utf8', 2, end),
        payload: body.toString('utf8', end + 2),
        id: body.readUInt16BE(end),
      };
    });
  }

  async receive(type: string, count = 1): Promise<ReceivedFrame> {
    await waitFor(`${count} ${type}`, () => this.of(type).length >= count || this.isClosed, {});
    const found = this.of(type)[count - 1];
    if (found === undefined) throw new Error(`The connection was closed without ${count} ${type}.`);
    return found;
  }

  /** The return code of the CONNACK. */
  async connack(): Promise<number | undefined> {
    return (await this.receive('connack')).body[1];
  }

  async closed(): Promise<void> {
    await waitFor('the end of the connection', () => this.isClosed);
  }

  destroy(): void {
    this.stream.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      for (let factor = 1; ; factor *= 128) {
        const byte = this.#rest[at];
        if (byte === undefined) return;
        at += 1;
        length += (byte & 127) * factor;
        if (byte < 128) break;
      }
      if (this.#rest.length < at + length) return;
      this.frames.push({
        type: TYPES[(this.#rest[0] ?? 0) >> 4] ?? '',
        body: this.#rest.subarray(at, at + length),
      });
      this.#rest = this.#rest.subarray(at + length);
    }
  }
}
