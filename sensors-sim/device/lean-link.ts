import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { durationMs } from '../../domain/time/instant.ts';
import type { DeviceLink, LinkEnd, LinkEvents, LinkMessage, LinkOptions } from './link.ts';
import {
  AnswerReader,
  DISCONNECT,
  PACKET,
  PINGREQ,
  encodeConnect,
  encodePublish,
  encodePubrel,
} from './mqtt-packet.ts';

const LAST_PACKET_ID = 65_535;
/** A ping is due well before the server's patience of one and a half keep-alives ends. */
const PING_SHARE = 0.75;

/**
 * An MQTT publisher on a bare socket: a fraction of the memory and CPU of a full client, so that one process can be
 * thousands of stations. It subscribes to nothing.
 */
export function openLeanLink(options: LinkOptions, events: LinkEvents): DeviceLink {
  return new LeanLink(options, events);
}

class LeanLink implements DeviceLink {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #socket: Socket;
  /** By packet id; `undefined` once the server owns the message and only PUBCOMP is missing. */
  readonly #unacknowledged = new Map<number, (() => void) | undefined>();
  #packetId = 0;
  #corked = false;
  #ready = false;
  #over = false;
  #pingUnanswered = false;
  #cancelTimer: () => void;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true });
    const reader = new AnswerReader((type, field) => this.#onPacket(type, field));
    this.#socket.on('data', chunk => {
      if (!reader.read(chunk))
        this.#finish({ kind: 'lost', detail: 'The server sent something unexpected.' });
    });
    this.#socket.on('error', error => this.#finish({ kind: 'lost', detail: error.message }));
    this.#socket.on('close', () => this.#finish({ kind: 'lost', detail: 'The connection was closed.' }));
    this.#socket.write(encodeConnect(options));
    this.#cancelTimer = options.clock.after(durationMs(options.connectTimeoutMs), () =>
      this.#finish({ kind: 'lost', detail: 'CONNECT was not answered in time.' }),
    );
  }

  publish(message: LinkMessage, onAcknowledged: () => void): void {
    if (this.#over) return;
    let packetId = 0;
    if (message.qos > 0) {
      if (this.#unacknowledged.size >= LAST_PACKET_ID) {
        return this.#finish({ kind: 'lost', detail: 'The server leaves all packet ids open.' });
      }
      packetId = this.#freePacketId();
      this.#unacknowledged.set(packetId, onAcknowledged);
    }
    this.#write(encodePublish(message, packetId));
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    this.#uncork();
    if (this.#ready) this.#socket.end(DISCONNECT);
    else this.#socket.destroy();
  }

  cut(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    this.#socket.destroy();
  }

  #onPacket(type: number, field: number): void {
    if (this.#over) return;
    switch (type) {
      case PACKET.connack: {
        const returnCode = field & 0xff;
        if (returnCode !== 0) return this.#finish({ kind: 'refused', returnCode });
        this.#ready = true;
        this.#cancelTimer();
        this.#schedulePing();
        return this.#events.onReady();
      }
      case PACKET.puback: {
        const acknowledged = this.#unacknowledged.get(field);
        this.#unacknowledged.delete(field);
        return acknowledged?.();
      }
      case PACKET.pubrec: {
        const acknowledged = this.#unacknowledged.get(field);
        this.#unacknowledged.set(field, undefined);
        this.#write(encodePubrel(field));
        return acknowledged?.();
      }
      case PACKET.pubcomp:
        this.#unacknowledged.delete(field);
        return;
      case PACKET.pingresp:
        this.#pingUnanswered = false;
        return;
      default:
        this.#finish({ kind: 'lost', detail: `The server sent a packet of type ${type}.` });
    }
  }

  #freePacketId(): number {
    do {
      this.#packetId = this.#packetId === LAST_PACKET_ID ? 1 : this.#packetId + 1;
    } while (this.#unacknowledged.has(this.#packetId));
    return this.#packetId;
  }

  #schedulePing(): void {
    const { clock, keepAliveS } = this.#options;
    this.#cancelTimer = clock.after(durationMs(keepAliveS * 1_000 * PING_SHARE), () => {
      if (this.#pingUnanswered) return this.#finish({ kind: 'lost', detail: 'A ping was not answered.' });
      this.#pingUnanswered = true;
      this.#write(PINGREQ);
      this.#schedulePing();
    });
  }

  /** What is written in one turn leaves in one system call. */
  #write(packet: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#socket.write(packet);
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  #finish(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    this.#socket.destroy();
    this.#events.onEnd(end);
  }
}
