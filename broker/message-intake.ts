import type { PublishPacket } from 'aedes';

import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { RegistryView } from '../domain/ports/identity.ts';
import type { JournalAppender, JournalStream } from '../domain/ports/journal.ts';
import type { Log } from '../domain/ports/log.ts';
import type { SnapshotFiles } from '../domain/ports/snapshot-files.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { AckPlace, Acknowledge } from './ack-line.ts';
import type { Connection } from './connection.ts';
import type { IntakeGate } from './intake-gate.ts';
import type { BrokerLimits } from './limits.ts';
import { RateMeter } from './rate-meter.ts';
import { decidePublish } from './topic-policy.ts';
import type { PublishDecision } from './topic-policy.ts';

/** What the intake does, in figures since the start. */
export interface IntakeCounts {
  qos0: number;
  qos1: number;
  qos2: number;
  retainStripped: number;
}

export interface MessageIntakeOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: RegistryView;
  readonly journal: JournalAppender;
  readonly snapshots: SnapshotFiles;
  readonly limits: BrokerLimits;
  readonly gate: IntakeGate;
  /** True when this QoS 2 message was journalled before. */
  readonly isIncoming: (principal: string, messageId: number) => boolean;
}

interface Arrival {
  readonly connection: Connection;
  readonly topic: string;
  readonly stream: JournalStream;
  readonly qos: 0 | 1 | 2;
  readonly received: EpochMs;
  readonly payload: Uint8Array;
  readonly place: AckPlace;
}

const REFUSED = new Error('The message was refused.');
/** Type and length bytes are not in a packet's remaining length; topic length and packet id are. */
const PUBLISH_OVERHEAD_BYTES = 4;

/**
 * The way of a message from its frame to the journal: topic policy, retain flag, rate, and the acknowledgement that
 * leaves only after the journal's answer. This is the broker's hot path: it runs for every message.
 */
export class MessageIntake {
  readonly counts: IntakeCounts = { qos0: 0, qos1: 0, qos2: 0, retainStripped: 0 };
  readonly #options: MessageIntakeOptions;
  /** By principal, beyond the connection: to connect anew gives nobody a new allowance. */
  readonly #meters = new Map<string, RateMeter>();

  constructor(options: MessageIntakeOptions) {
    this.#options = options;
  }

  /** A PUBLISH of a connected client. `acknowledge` is called once, with an error where there is to be no answer. */
  publish(connection: Connection, packet: PublishPacket, acknowledge: Acknowledge): void {
    if (connection.isEnded) {
      acknowledge(REFUSED);
      return;
    }
    if (!isWellFormed(packet)) {
      connection.end('protocol_error');
      acknowledge(REFUSED);
      return;
    }
    const decision = this.#decide(connection, packet.topic);
    if (!decision.ok) {
      connection.end(decision.reason);
      acknowledge(REFUSED);
      return;
    }
    this.#countPublish(packet.qos);
    this.#stripRetain(packet, decision);
    const { channel } = decision.topic;
    const payload = packet.payload as Buffer;
    if (
      packet.qos === 2 &&
      packet.dup &&
      this.#options.isIncoming(connection.principal, packet.messageId ?? 0)
    ) {
      // Sent again because our PUBREC was lost: it is in the journal. Without the DUP flag it would be another message.
      acknowledge();
      return;
    }
    if (channel === 'snapshot' && payload.byteLength > this.#options.limits.snapshotBytes) {
      connection.end('frame_too_large');
      acknowledge(REFUSED);
      return;
    }
    if (packet.qos === 0 && !this.#takesQos0()) {
      connection.count('qos0_dropped');
      acknowledge();
      return;
    }
    const place = connection.acks.join(acknowledge, this.#dueMs(connection));
    const received = this.#options.clock.now();
    connection.lane = laneOf(decision);
    this.#options.gate.taken(payload.byteLength);
    const arrival = {
      connection,
      topic: packet.topic,
      stream: connection.lane,
      qos: packet.qos,
      received,
      payload,
      place,
    };
    // It answers every failure itself.
    if (channel === 'snapshot') void this.#saveSnapshot(arrival, decision.topic.video ?? '');
    else this.#journal(arrival, payload);
  }

  /**
   * The will of a connection that ended without DISCONNECT. It is journalled as a message of its principal, with best
   * effort: nobody waits for an acknowledgement. An error in `done` keeps it from being retained.
   */
  will(connection: Connection, will: PublishPacket, done: Acknowledge): void {
    const { principal } = connection;
    const { topic, qos } = will;
    const decision = this.decideWill(principal, topic);
    if (!decision.ok) {
      connection.count('will_forbidden');
      done(REFUSED);
      return;
    }
    this.#stripRetain(will, decision);
    const received = this.#options.clock.now();
    this.#options.journal.append(
      laneOf(decision),
      { received, principal, topic, qos, payload: will.payload as Buffer },
      error => {
        if (error !== undefined) connection.count('journal_unavailable');
        done(error ?? null);
      },
    );
  }

  /** As `decidePublish`; a will cannot be a picture. */
  decideWill(principal: string, topic: string): PublishDecision {
    const decision = decidePublish(principal, topic, this.#options.registry.current());
    if (decision.ok && decision.topic.channel === 'snapshot') return { ok: false, reason: 'topic_forbidden' };
    return decision;
  }

  /** Removes a retain flag where it does not belong, and counts it: a refusal would make firmware loop. */
  #stripRetain(packet: PublishPacket, decision: PublishDecision & { readonly ok: true }): void {
    if (!packet.retain || decision.topic.channel === 'status') return;
    packet.retain = false;
    this.counts.retainStripped += 1;
  }

  /** The principal has gone offline: its meter is kept only while it tells something. */
  disconnected(principal: string): void {
    const isIdle = this.#meters.get(principal)?.isIdle(this.#options.clock.monotonicMs()) ?? true;
    if (isIdle || !this.#options.registry.current().things.has(principal)) this.#meters.delete(principal);
  }

  #decide(connection: Connection, topic: string): PublishDecision {
    const registry = this.#options.registry.current();
    const known = connection.decided;
    if (known !== undefined && known.topic === topic && known.registry === registry) return known.decision;
    const decision = decidePublish(connection.principal, topic, registry);
    connection.decided = { topic, registry, decision };
    return decision;
  }

  #countPublish(qos: 0 | 1 | 2): void {
    if (qos === 1) this.counts.qos1 += 1;
    else if (qos === 0) this.counts.qos0 += 1;
    else this.counts.qos2 += 1;
  }

  #takesQos0(): boolean {
    return this.#options.gate.isOpen && this.#options.journal.health().state === 'ok';
  }

  #dueMs(connection: Connection): number {
    const { clock, limits, registry } = this.#options;
    let meter = this.#meters.get(connection.principal);
    if (meter === undefined) this.#meters.set(connection.principal, (meter = new RateMeter()));
    const thing =
      connection.kind === 'gateway' ? registry.current().things.get(connection.principal) : undefined;
    const senders = thing?.kind === 'gateway' ? thing.stations.length + 1 : 1;
    return meter.take(clock.monotonicMs(), limits, senders);
  }

  #journal(arrival: Arrival, payload: Uint8Array): void {
    const { connection, topic, stream, qos, received } = arrival;
    // The journal encodes the entry before it returns, so a view of the socket's chunk will do.
    const entry = { received, principal: connection.principal, topic, qos, payload };
    this.#options.journal.append(stream, entry, error =>
      this.#answer(arrival, error === undefined ? undefined : 'journal_unavailable', error),
    );
  }

  async #saveSnapshot(arrival: Arrival, channel: string): Promise<void> {
    const { connection, received, payload } = arrival;
    let note: Uint8Array;
    try {
      const picture = { gateway: connection.principal, channel, received, bytes: payload };
      const { name, sha256, bytes } = await this.#options.snapshots.save(picture);
      note = Buffer.from(JSON.stringify({ name, sha256, bytes }));
    } catch (error) {
      this.#options.log.error('A snapshot could not be kept.', { error: messageOf(error) });
      this.#answer(arrival, 'snapshot_failed', error);
      return;
    }
    this.#journal(arrival, note);
  }

  #answer(
    arrival: Arrival,
    reason: 'journal_unavailable' | 'snapshot_failed' | undefined,
    error: unknown,
  ): void {
    const { connection, place, payload, qos } = arrival;
    this.#options.gate.answered(payload.byteLength);
    if (reason === undefined) {
      connection.acks.settle(place, null);
      return;
    }
    if (qos === 0) {
      connection.count('qos0_dropped');
      connection.acks.settle(place, null);
      return;
    }
    // Each message that is not acknowledged counts, the connection ends with the first.
    connection.count(reason);
    connection.end();
    connection.acks.settle(place, error instanceof Error ? error : REFUSED);
  }
}

function laneOf(decision: PublishDecision & { readonly ok: true }): JournalStream {
  return decision.topic.channel === 'backlog' ? 'backlog' : 'live';
}

/** What the parser lets through although MQTT forbids it. */
function isWellFormed({ qos, messageId = 0, length, topic }: PublishPacket): boolean {
  if (qos === 0) return true;
  // [MQTT-2.3.1-1]; and a frame too short for its packet id borrows one from the frame that follows.
  return messageId > 0 && (length === undefined || length >= topic.length + PUBLISH_OVERHEAD_BYTES);
}
