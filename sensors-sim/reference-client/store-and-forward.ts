import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { encodeSideMessage } from '../../codecs/json-v1/side-message.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { upTopic } from '../../domain/model/topic.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import { FIRMWARE_BACK_OFF, backOffDelay } from '../device/back-off.ts';
import type { BackOff } from '../device/back-off.ts';
import type { DeviceLink, LinkEnd, OpenLink } from '../device/link.ts';
import type { Random } from '../random.ts';
import type { DiskBuffer } from './disk-buffer.ts';

export interface StoreAndForwardOptions {
  readonly id: ThingId;
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  /** Where readings wait for their PUBACK; the client opens and closes it. */
  readonly buffer: DiskBuffer;
  /** One MQTT connection at a time. Take any MQTT library, with its own reconnecting and queueing switched off. */
  readonly openLink: OpenLink;
  readonly clock: Clock;
  readonly random: Random;
  /** 1 to 600 s; default 60. */
  readonly keepAliveS?: number;
  /** Default: 1 s doubling to 60 s. */
  readonly backOff?: BackOff;
  /** Readings that waited longer than this go to `backlog`, milliseconds; default 5 s. */
  readonly freshMs?: number;
  /** Messages on the wire without a PUBACK; backlog takes at most half of it. Default 20. */
  readonly window?: number;
  /** A connection on which no PUBACK came for this long is given up, milliseconds; default 120 s. */
  readonly ackTimeoutMs?: number;
  readonly onConnected?: () => void;
  readonly onDisconnected?: (end: LinkEnd) => void;
  /** The server has the message for good. */
  readonly onAcknowledged?: (seq: number) => void;
}

const CONNECT_TIMEOUT_MS = 30_000;
const FAREWELL_MS = 5_000;
const FIRMWARE = 'reference-1';

/**
 * The reference store-and-forward client: what is handed to it reaches the server, whatever happens to the network,
 * the server or the power in between, or is counted as dropped. Written to be ported; the README says which rule of
 * the contract stands where.
 */
export class StoreAndForward {
  readonly #options: StoreAndForwardOptions;
  readonly #window: number;
  /** On the wire without a PUBACK on this connection. */
  readonly #inFlight = new Set<number>();
  /** Taken since the start and young; when, on the monotonic clock. What is not in here is backlog. */
  readonly #takenAtMs = new Map<number, number>();
  #link: DeviceLink | undefined;
  #isOnline = false;
  #isWanted = false;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelAckTimeout: (() => void) | undefined;
  #farewell: (() => void) | undefined;

  constructor(options: StoreAndForwardOptions) {
    this.#options = options;
    this.#window = options.window ?? 20;
  }

  /** Messages without a PUBACK. */
  get pending(): number {
    return this.#options.buffer.size;
  }

  start(): void {
    this.#options.buffer.open();
    this.#isWanted = true;
    this.#connect();
  }

  /**
   * Takes 1 to 500 readings as one message; answers its `seq`. When it returns they survive a power cut. Throws
   * `invalid_request` for what the contract does not allow, and the error of the disk where that failed.
   */
  add(obs: readonly OutgoingReading[]): number {
    const { buffer, clock } = this.#options;
    // Checked before it is kept: what the server cannot read would be kept and sent for nothing.
    encodeObservations({ seq: 0, sent: clock.now(), obs });
    const seq = buffer.append(obs);
    this.#takenAtMs.set(seq, clock.monotonicMs());
    this.#pump();
    return seq;
  }

  /** Says `offline`, disconnects and closes the buffer. What has no PUBACK by then is sent after the next start. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#cancelRetry?.();
    const link = this.#link;
    if (link !== undefined && this.#isOnline) {
      await new Promise<void>(resolve => {
        this.#farewell = resolve;
        const cancel = this.#options.clock.after(durationMs(FAREWELL_MS), resolve);
        this.#publishStatus(link, 'offline', () => {
          cancel();
          resolve();
        });
      });
    }
    this.#cancelAckTimeout?.();
    this.#link = undefined;
    this.#isOnline = false;
    link?.end();
    this.#options.buffer.close();
  }

  #connect(): void {
    const { id, secret, host, port, clock, keepAliveS = 60 } = this.#options;
    const link = this.#options.openLink(
      {
        host,
        port,
        id,
        secret,
        clock,
        keepAliveS,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        will: { topic: upTopic(id, 'status'), payload: this.#status('offline') },
      },
      { onReady: () => this.#onReady(link), onEnd: end => this.#onEnd(link, end) },
    );
    this.#link = link;
  }

  #onReady(link: DeviceLink): void {
    if (this.#link !== link) return;
    this.#isOnline = true;
    this.#publishStatus(link, 'online', () => undefined);
    this.#options.onConnected?.();
    this.#pump();
  }

  #onEnd(link: DeviceLink, end: LinkEnd): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#isOnline = false;
    // What has no PUBACK is still in the buffer and goes out again on the next connection.
    this.#inFlight.clear();
    this.#cancelAckTimeout?.();
    this.#farewell?.();
    this.#options.onDisconnected?.(end);
    if (!this.#isWanted) return;
    this.#failures += 1;
    const { backOff = FIRMWARE_BACK_OFF, random, clock } = this.#options;
    this.#cancelRetry = clock.after(backOffDelay(backOff, this.#failures, random), () => this.#connect());
  }

  /** Fills the window: fresh readings first, so that a day of backlog delays no warning. */
  #pump(): void {
    this.#forgetOld();
    while (this.#isOnline && this.#inFlight.size < this.#window) {
      const seq = this.#nextFresh() ?? this.#nextBacklog();
      if (seq === undefined) return;
      this.#send(seq);
    }
  }

  #nextFresh(): number | undefined {
    for (const seq of this.#takenAtMs.keys()) if (!this.#inFlight.has(seq)) return seq;
    return undefined;
  }

  #nextBacklog(): number | undefined {
    if (this.#inFlight.size >= Math.ceil(this.#window / 2)) return undefined;
    for (const seq of this.#options.buffer.numbers()) if (!this.#inFlight.has(seq)) return seq;
    return undefined;
  }

  #forgetOld(): void {
    const { clock, freshMs = 5_000 } = this.#options;
    for (const [seq, takenAtMs] of this.#takenAtMs) {
      if (clock.monotonicMs() - takenAtMs < freshMs) return;
      this.#takenAtMs.delete(seq);
    }
  }

  #send(seq: number): void {
    const { id, buffer, clock } = this.#options;
    const obs = buffer.read(seq);
    if (obs === undefined) return void this.#takenAtMs.delete(seq);
    this.#inFlight.add(seq);
    if (this.#inFlight.size === 1) this.#watchAcknowledgements();
    // `t` and `v` are as they were measured, however often they are sent; `sent` is now.
    const payload = encodeObservations({ seq, sent: clock.now(), obs });
    const topic = upTopic(id, this.#takenAtMs.has(seq) ? 'obs' : 'backlog');
    const link = this.#link;
    link?.publish({ topic, payload, qos: 1, retain: false }, () => this.#onPuback(link, seq));
  }

  #onPuback(link: DeviceLink, seq: number): void {
    if (this.#link !== link) return;
    this.#inFlight.delete(seq);
    this.#takenAtMs.delete(seq);
    this.#options.buffer.remove(seq);
    // Not at the CONNACK: a server that lets devices in and drops them again must not be hammered either.
    this.#failures = 0;
    this.#watchAcknowledgements();
    this.#options.onAcknowledged?.(seq);
    this.#pump();
  }

  /** Pings tell that the server lives, not that it still stores: MQTT 3.1.1 repeats a PUBLISH on a new connection only. */
  #watchAcknowledgements(): void {
    this.#cancelAckTimeout?.();
    const link = this.#link;
    if (this.#inFlight.size === 0 || link === undefined) return;
    const span = durationMs(this.#options.ackTimeoutMs ?? 120_000);
    this.#cancelAckTimeout = this.#options.clock.after(span, () => {
      link.cut();
      this.#onEnd(link, { kind: 'lost', detail: 'No PUBACK came in time.' });
    });
  }

  #publishStatus(link: DeviceLink, state: 'online' | 'offline', onAcknowledged: () => void): void {
    const topic = upTopic(this.#options.id, 'status');
    link.publish({ topic, payload: this.#status(state), qos: 1, retain: true }, onAcknowledged);
  }

  #status(state: 'online' | 'offline'): Uint8Array {
    const { dropped, damaged } = this.#options.buffer;
    return encodeSideMessage({ channel: 'status', body: { state, fw: FIRMWARE, dropped, damaged } });
  }
}
