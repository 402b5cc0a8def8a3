import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import type { QuarantineReason } from '../../domain/model/ledger.ts';
import type { Delivery, DeviceChannel, DeviceEnd } from '../device/device.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadMessage, LoadMessageKind } from './station-script.ts';

/** One message as it was sent: what the server has to know once it has acknowledged it. */
export interface LoadRecord {
  readonly station: string;
  readonly channel: DeviceChannel;
  readonly qos: 0 | 1 | 2;
  readonly kind: LoadMessageKind;
  readonly seq?: number;
  /** The `sent` of the payload, epoch milliseconds by the station's clock. */
  readonly sent: number;
  readonly readings: readonly OutgoingReading[];
  /** Present where the message is malformed: what becomes of it. */
  readonly malformed?: { readonly quarantined: 'message' | 'reading'; readonly reason: QuarantineReason };
}

/** Counts of messages and of the readings a server decodes from them. */
export interface LoadCount {
  readonly messages: number;
  readonly readings: number;
}

/** What a run did. Counts of QoS 0 stand apart, since nothing is ever acknowledged there. */
export interface LoadAccount {
  readonly stations: number;
  readonly connects: number;
  /** Connections (or attempts) that the network or the server ended. */
  readonly losses: number;
  /** Connections that flapping stations cut. */
  readonly cuts: number;
  /** CONNECTs refused, by return code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Put on the wire at least once, QoS 1 and 2. */
  readonly published: LoadCount;
  /** QoS 1 and 2: the server has taken it over. */
  readonly acknowledged: LoadCount;
  /** QoS 1 and 2, left over at the end. */
  readonly unacknowledged: LoadCount;
  readonly unconfirmedQos0: LoadCount;
  /** Acknowledged messages that were on the wire more than once, because a connection was lost. */
  readonly repeated: number;
  /** Acknowledged messages by what they were there for. */
  readonly acknowledgedByKind: Readonly<Record<LoadMessageKind, number>>;
  /** Acknowledged messages that later ones overtook. */
  readonly overtaken: number;
  /** Of the acknowledged messages: those to be quarantined whole, and readings to be quarantined, by reason. */
  readonly quarantine: {
    readonly messages: Readonly<Record<string, number>>;
    readonly readings: Readonly<Record<string, number>>;
  };
  /** Messages that a full device buffer refused; they were never sent. */
  readonly notTaken: number;
  readonly statusAcknowledged: number;
  /** First attempt to acknowledgement. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly elapsedMs: number;
}

export function recordOf(message: LoadMessage, delivery: Delivery): LoadRecord {
  const { station, qos, kind, seq, readings, malformation } = message;
  return {
    station,
    channel: delivery.channel,
    qos,
    kind,
    ...(seq === undefined ? {} : { seq }),
    sent: delivery.sent,
    readings,
    ...(malformation === undefined
      ? {}
      : { malformed: { quarantined: malformation.quarantined, reason: malformation.reason } }),
  };
}

/** Keeps the account of a run while it goes on. */
export class LoadBookkeeping {
  readonly #acknowledged = { messages: 0, readings: 0 };
  readonly #published = { messages: 0, readings: 0 };
  readonly #unconfirmed = { messages: 0, readings: 0 };
  readonly #kinds = { fresh: 0, backlog: 0, duplicate: 0, correction: 0, malformed: 0 };
  readonly #refusals: Record<string, number> = {};
  readonly #quarantinedMessages: Record<string, number> = {};
  readonly #quarantinedReadings: Record<string, number> = {};
  readonly #latency = new LatencyHistogram();
  #connects = 0;
  #losses = 0;
  #cuts = 0;
  #repeated = 0;
  #overtaken = 0;
  statusAcknowledged = 0;
  notTaken = 0;

  connected(): void {
    this.#connects += 1;
  }

  disconnected(end: DeviceEnd): void {
    switch (end.kind) {
      case 'lost':
        this.#losses += 1;
        return;
      case 'cut':
        this.#cuts += 1;
        return;
      case 'refused':
        count(this.#refusals, String(end.returnCode));
        return;
      case 'stopped':
    }
  }

  published(message: LoadMessage): void {
    add(message.qos === 0 ? this.#unconfirmed : this.#published, message);
  }

  acknowledged(message: LoadMessage, delivery: Delivery, spanMs: number): void {
    const { kind, malformation, overtaken } = message;
    add(this.#acknowledged, message);
    this.#kinds[kind] += 1;
    this.#latency.add(spanMs);
    if (delivery.attempts > 1) this.#repeated += 1;
    if (overtaken) this.#overtaken += 1;
    if (malformation === undefined) return;
    const whole = malformation.quarantined === 'message';
    count(whole ? this.#quarantinedMessages : this.#quarantinedReadings, malformation.reason);
  }

  account(rest: {
    readonly stations: number;
    readonly unacknowledged: readonly LoadMessage[];
    readonly elapsedMs: number;
  }): LoadAccount {
    const unacknowledged = { messages: 0, readings: 0 };
    for (const message of rest.unacknowledged) if (message.qos > 0) add(unacknowledged, message);
    return {
      stations: rest.stations,
      connects: this.#connects,
      losses: this.#losses,
      cuts: this.#cuts,
      refusals: { ...this.#refusals },
      published: { ...this.#published },
      acknowledged: { ...this.#acknowledged },
      unacknowledged,
      unconfirmedQos0: { ...this.#unconfirmed },
      repeated: this.#repeated,
      acknowledgedByKind: { ...this.#kinds },
      overtaken: this.#overtaken,
      quarantine: {
        messages: { ...this.#quarantinedMessages },
        readings: { ...this.#quarantinedReadings },
      },
      notTaken: this.notTaken,
      statusAcknowledged: this.statusAcknowledged,
      latency: {
        p50Ms: this.#latency.quantile(0.5),
        p99Ms: this.#latency.quantile(0.99),
        maxMs: this.#latency.maxMs,
      },
      elapsedMs: rest.elapsedMs,
    };
  }
}

function add(sum: { messages: number; readings: number }, message: LoadMessage): void {
  sum.messages += 1;
  sum.readings += message.readings.length + (message.malformation?.quarantined === 'reading' ? 1 : 0);
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
