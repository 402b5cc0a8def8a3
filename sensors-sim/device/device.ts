import { encodeSideMessage } from '../../codecs/json-v1/side-message.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { upTopic } from '../../domain/model/topic.ts';
import type { UpChannel } from '../../domain/model/topic.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { SECOND_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Random } from '../random.ts';
import { FIRMWARE_BACK_OFF, backOffDelay } from './back-off.ts';
import type { BackOff } from './back-off.ts';
import type { DeviceLink, LinkEnd, OpenLink } from './link.ts';

/** What a device can publish; readings go to `obs` or `backlog`. */
export type DeviceChannel = Exclude<UpChannel, 'snapshot' | 'status'>;

export interface DeviceMessage {
  readonly channel: DeviceChannel;
  readonly qos: 0 | 1 | 2;
  /** The bytes. Called once, at the first attempt; a repeat sends the same bytes. `sent` is the device's own clock. */
  payload(sent: EpochMs): Uint8Array;
}

/** How a message went out. */
export interface Delivery {
  /** `backlog` where a message for `obs` had to wait for a connection for long. */
  readonly channel: DeviceChannel;
  /** When it was sent first, by the device's clock. */
  readonly sent: EpochMs;
  /** The same instant on the monotonic clock, milliseconds. */
  readonly sentMonotonicMs: number;
  /** How often it was put on the wire. */
  readonly attempts: number;
}

/** Why a device is no longer connected: the link ended, or the device itself cut or ended it. */
export type DeviceEnd = LinkEnd | { readonly kind: 'cut' } | { readonly kind: 'stopped' };

export interface DeviceEvents<M extends DeviceMessage> {
  onConnected?(): void;
  /** The connection is over or was refused; unless the device did it, the device tries again by itself. */
  onDisconnected?(end: DeviceEnd): void;
  /** First put on the wire. At QoS 0 nothing more will be heard of the message. */
  onPublished?(message: M, delivery: Delivery): void;
  /** The server has taken the message over. */
  onAcknowledged?(message: M, delivery: Delivery): void;
  /** The server has taken over what the device says of itself (`status`). */
  onStatusAcknowledged?(): void;
  /** Nothing is buffered and nothing unacknowledged any more. */
  onSettled?(): void;
}

export interface DeviceOptions<M extends DeviceMessage> {
  readonly id: ThingId;
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** For the jitter of the reconnects. */
  readonly random: Random;
  readonly openLink: OpenLink;
  readonly events?: DeviceEvents<M>;
  /** How far the device's clock is ahead, milliseconds; default 0. */
  readonly clockSkewMs?: number;
  /** Default 60 s. */
  readonly keepAliveS?: number;
  /** Default 30 s. */
  readonly connectTimeoutMs?: number;
  readonly backOff?: BackOff;
  /** A message for `obs` that waited this long for a connection is backlog, milliseconds; default 5 s. */
  readonly freshMs?: number;
  /** Messages on the wire without an answer; default 20. */
  readonly window?: number;
  /** Messages the device can keep; `send` refuses more; default 100,000. */
  readonly capacity?: number;
}

interface Entry<M> {
  readonly message: M;
  /** When it was given to a device without a connection, on the monotonic clock; else `undefined`. */
  readonly waitingSinceMs: number | undefined;
  channel: DeviceChannel;
  /** Present once it was on the wire. */
  first: { readonly bytes: Uint8Array; readonly sent: EpochMs; readonly monotonicMs: number } | undefined;
  attempts: number;
}

const FRESH_MS = 5 * SECOND_MS;
/** How long `stop` waits for the last status to be acknowledged. */
const FAREWELL_MS = durationMs(5 * SECOND_MS);

/**
 * A device as firmware would be. It keeps what the server has not acknowledged and sends it again, with the same
 * bytes, on the next connection; what had to wait for a connection for long goes to `backlog`.
 */
export class Device<M extends DeviceMessage> {
  readonly id: ThingId;
  readonly #options: DeviceOptions<M>;
  readonly #events: DeviceEvents<M>;
  readonly #window: number;
  /** Not on the wire, oldest first; entries before `#head` are gone. */
  #queue: Entry<M>[] = [];
  #head = 0;
  /** On the wire and not acknowledged, oldest first. */
  readonly #unacknowledged = new Set<Entry<M>>();
  #link: DeviceLink | undefined;
  #online = false;
  #wanted = false;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #farewell: (() => void) | undefined;

  constructor(options: DeviceOptions<M>) {
    this.id = options.id;
    this.#options = options;
    this.#events = options.events ?? {};
    this.#window = options.window ?? 20;
  }

  /** Connects and stays connected. Also ends a `cut`. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    this.#connect();
  }

  get online(): boolean {
    return this.#online;
  }

  /** Messages that are buffered or not yet acknowledged. */
  get pending(): number {
    return this.#queue.length - this.#head + this.#unacknowledged.size;
  }

  /** What the server has not acknowledged, oldest first. */
  unacknowledged(): readonly M[] {
    return [...this.#unacknowledged, ...this.#queue.slice(this.#head)].map(entry => entry.message);
  }

  /** Publishes at once or as soon as that is possible. `false`: the buffer is full and the message was not taken. */
  send(message: M): boolean {
    if (this.pending >= (this.#options.capacity ?? 100_000)) return false;
    this.#queue.push({
      message,
      waitingSinceMs: this.#online ? undefined : this.#options.clock.monotonicMs(),
      channel: message.channel,
      first: undefined,
      attempts: 0,
    });
    this.#pump();
    return true;
  }

  /** Loses the connection without a word, so that the will speaks, and stays away until `start`. */
  cut(): void {
    this.#wanted = false;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const link = this.#link;
    if (link === undefined) return;
    link.cut();
    this.#onEnd(link, { kind: 'cut' });
  }

  /**
   * Says `offline` and disconnects. Resolves when the connection is over; what was not acknowledged by then stays
   * unacknowledged.
   */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#cancelRetry?.();
    const link = this.#link;
    if (link === undefined) return;
    if (this.#online) {
      await new Promise<void>(resolve => {
        this.#farewell = resolve;
        const cancel = this.#options.clock.after(FAREWELL_MS, resolve);
        this.#publishStatus(link, 'offline', () => {
          cancel();
          resolve();
        });
      });
      this.#farewell = undefined;
    }
    if (this.#link !== link) return;
    link.end();
    this.#onEnd(link, { kind: 'stopped' });
  }

  #connect(): void {
    const { host, port, id, secret, clock } = this.#options;
    const link = this.#options.openLink(
      {
        host,
        port,
        id,
        secret,
        clock,
        keepAliveS: this.#options.keepAliveS ?? 60,
        connectTimeoutMs: this.#options.connectTimeoutMs ?? 30_000,
        will: { topic: upTopic(id, 'status'), payload: STATUS_BYTES.offline },
      },
      {
        onReady: () => this.#onReady(link),
        onEnd: end => this.#onEnd(link, end),
      },
    );
    this.#link = link;
  }

  #onReady(link: DeviceLink): void {
    if (this.#link !== link) return;
    this.#online = true;
    this.#failures = 0;
    this.#publishStatus(link, 'online', () => undefined);
    this.#events.onConnected?.();
    this.#pump();
  }

  #publishStatus(link: DeviceLink, state: 'online' | 'offline', onAcknowledged: () => void): void {
    const topic = upTopic(this.id, 'status');
    link.publish({ topic, payload: STATUS_BYTES[state], qos: 1, retain: true }, () => {
      this.#events.onStatusAcknowledged?.();
      onAcknowledged();
    });
  }

  #onEnd(link: DeviceLink, end: DeviceEnd): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#online = false;
    if (this.#unacknowledged.size > 0) {
      this.#queue = [...this.#unacknowledged, ...this.#queue.slice(this.#head)];
      this.#head = 0;
      this.#unacknowledged.clear();
    }
    this.#farewell?.();
    this.#events.onDisconnected?.(end);
    if (!this.#wanted) return;
    this.#failures += 1;
    const { backOff = FIRMWARE_BACK_OFF, clock, random } = this.#options;
    this.#cancelRetry = clock.after(backOffDelay(backOff, this.#failures, random), () => this.#connect());
  }

  #pump(): void {
    while (this.#online && this.#unacknowledged.size < this.#window) {
      const entry = this.#queue[this.#head];
      if (entry === undefined) return;
      this.#head += 1;
      this.#compact();
      this.#publish(entry);
    }
  }

  /** Cuts the consumed front off the queue now and then, so that taking an entry stays cheap. */
  #compact(): void {
    if (this.#head < this.#queue.length && this.#head < 1_024) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  #publish(entry: Entry<M>): void {
    const { message } = entry;
    if (entry.first === undefined) {
      const { clock, clockSkewMs = 0, freshMs = FRESH_MS } = this.#options;
      const monotonicMs = clock.monotonicMs();
      const isLate = entry.waitingSinceMs !== undefined && monotonicMs - entry.waitingSinceMs >= freshMs;
      if (isLate && entry.channel === 'obs') entry.channel = 'backlog';
      const sent = epochMs(clock.now() + clockSkewMs);
      entry.first = { bytes: message.payload(sent), sent, monotonicMs };
    }
    entry.attempts += 1;
    const topic = upTopic(this.id, entry.channel);
    const outgoing = { topic, payload: entry.first.bytes, qos: message.qos, retain: false };
    if (message.qos > 0) this.#unacknowledged.add(entry);
    const link = this.#link;
    link?.publish(outgoing, () => this.#onAcknowledged(link, entry));
    if (entry.attempts === 1) this.#events.onPublished?.(message, deliveryOf(entry));
    if (message.qos === 0 && this.pending === 0) this.#events.onSettled?.();
  }

  #onAcknowledged(link: DeviceLink | undefined, entry: Entry<M>): void {
    if (this.#link !== link || !this.#unacknowledged.delete(entry)) return;
    this.#events.onAcknowledged?.(entry.message, deliveryOf(entry));
    this.#pump();
    if (this.pending === 0) this.#events.onSettled?.();
  }
}

const STATUS_BYTES = {
  online: encodeSideMessage({ channel: 'status', body: { state: 'online', fw: 'sim-1' } }),
  offline: encodeSideMessage({ channel: 'status', body: { state: 'offline', fw: 'sim-1' } }),
};

function deliveryOf(entry: Entry<DeviceMessage>): Delivery {
  return {
    channel: entry.channel,
    sent: entry.first?.sent ?? epochMs(0),
    sentMonotonicMs: entry.first?.monotonicMs ?? 0,
    attempts: entry.attempts,
  };
}
