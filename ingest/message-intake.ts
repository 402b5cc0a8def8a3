import { createHash } from 'node:crypto';

import { decodeObservations } from '../codecs/json-v1/codec.ts';
import type { DecodedMessage, DecodedReading } from '../codecs/json-v1/codec.ts';
import { decodeSideMessage } from '../codecs/json-v1/side-message.ts';
import type { SideMessage } from '../codecs/json-v1/side-message.ts';
import type { QuarantineReason } from '../domain/model/ledger.ts';
import { DEVICE_FLAGS, SOURCE_RANK } from '../domain/model/observation.ts';
import type { Observation, SourceRank } from '../domain/model/observation.ts';
import { parseUpTopic, stationOf } from '../domain/model/topic.ts';
import type { UpTopic } from '../domain/model/topic.ts';
import type { JournalledEntry } from '../domain/ports/journal.ts';
import type { QuarantineItem } from '../domain/ports/telemetry-store.ts';
import { qualify } from '../domain/quality/qualify.ts';
import { EARLIEST_PHENOMENON_TIME, FUTURE_TOLERANCE_MS, epochMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { BatchBuilder } from './batch-builder.ts';
import type { DatastreamDirectory } from './datastream-directory.ts';
import type { QuarantineQuota } from './quarantine-quota.ts';
import type { StationTrackers } from './station-trackers.ts';

/** The principal of readings that a person entered; they outrank the device's own. */
export const OPERATOR_PREFIX = 'operator:';

/** Which readings of a message are taken now. */
export type IntakePart =
  /** Live lane: readings older than the live window are left for the backlog lane. */
  | 'fresh'
  /** The whole message. */
  | 'whole'
  /** What the live lane left over: readings before `splitBefore`. The message itself is already counted. */
  | 'moved';

export interface IntakeRequest {
  readonly part: IntakePart;
  /** `hold` leaves a message with future content untouched; `decide` quarantines what is in the future. */
  readonly future: 'hold' | 'decide';
  /** Added to receivedTime where our own clock was wrong, by a journalled decision. */
  readonly correctionMs: number;
}

/** What became of a message; readings of it can still have been quarantined. */
export type IntakeOutcome =
  /** `moveBefore`: readings before this instant are still to be moved to the backlog lane. */
  | { readonly kind: 'decoded'; readonly station: string; readonly moveBefore: EpochMs | undefined }
  /** Quarantined whole. */
  | { readonly kind: 'quarantined'; readonly station: string }
  /** Untouched: it holds something from the future. */
  | { readonly kind: 'future'; readonly station: string };

/** Hears every accepted reading at once, before it is stored; duplicates and late readings included. */
export type ObservationListener = (observation: Observation, live: boolean) => void;
/** Hears decoded status, event and acknowledgement messages. */
export type SideMessageListener = (station: string, message: SideMessage, entry: JournalledEntry) => void;

export interface IntakeOptions {
  readonly directory: DatastreamDirectory;
  readonly trackers: StationTrackers;
  readonly quota: QuarantineQuota;
  /** A reading is live while receivedTime − t is at most this. */
  readonly liveWindowMs: DurationMs;
  readonly onObservation: ObservationListener;
  readonly onSideMessage: SideMessageListener;
}

/**
 * Decides what one journalled message is: decoded and accepted, quarantined whole or in part, or waiting. Every
 * reading and every message is counted exactly once, in the builder that makes the outcome durable.
 */
export class MessageIntake {
  readonly #options: IntakeOptions;
  /** Readings before this instant have left the store. */
  retentionEdge: EpochMs = EARLIEST_PHENOMENON_TIME;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(entry: JournalledEntry, request: IntakeRequest, builder: BatchBuilder): IntakeOutcome {
    const topic = parseUpTopic(entry.topic);
    if (topic === undefined) {
      return this.#quarantineWhole(entry, { reason: 'unsupported_channel', detail: entry.topic }, builder);
    }
    if (!this.#options.directory.hasStation(topic.station)) {
      const detail = `Station "${topic.station}" is not registered.`;
      return this.#quarantineWhole(entry, { reason: 'unknown_station', detail }, builder);
    }
    switch (topic.channel) {
      case 'obs':
      case 'backlog':
        return this.#takeObservations(entry, topic, request, builder);
      case 'status':
      case 'event':
      case 'cmd/ack':
      case 'snapshot': {
        const decoded = decodeSideMessage(topic.channel, entry.payload);
        if (!decoded.ok) return this.#quarantineWhole(entry, decoded, builder);
        builder.count(topic.station, 'messagesDecoded');
        this.#options.onSideMessage(topic.station, decoded.message, entry);
        return { kind: 'decoded', station: topic.station, moveBefore: undefined };
      }
    }
  }

  #takeObservations(
    entry: JournalledEntry,
    topic: UpTopic,
    request: IntakeRequest,
    builder: BatchBuilder,
  ): IntakeOutcome {
    const decoded = decodeObservations(entry.payload);
    if (!decoded.ok) return this.#quarantineWhole(entry, decoded, builder);
    const { station } = topic;
    const moved = request.part === 'moved';
    const limit = epochMs(entry.received + request.correctionMs + FUTURE_TOLERANCE_MS);
    if (!moved) {
      if (request.future === 'hold' && isFuture(decoded, limit)) return { kind: 'future', station };
      if (decoded.sent > limit) {
        const detail = `"sent" lies ${decoded.sent - entry.received} ms after receivedTime.`;
        return this.#quarantineWhole(entry, { reason: 'sent_in_future', detail }, builder);
      }
      builder.count(station, 'messagesDecoded');
      const live = topic.channel === 'obs';
      const { seq, sent } = decoded;
      this.#options.trackers.observe(station, { seq, sent, received: entry.received, live });
    }
    const split = entry.splitBefore ?? epochMs(entry.received - this.#options.liveWindowMs);
    const message: MessageInHand = { entry, station, decoded, limit, source: sourceOf(entry.principal) };
    let taken = 0;
    for (const reading of decoded.readings) {
      if (request.part !== 'whole' && reading.t < split !== moved) continue;
      taken += 1;
      this.#takeReading(message, reading, builder);
    }
    const left = request.part === 'fresh' && taken < decoded.readings.length;
    // What could not be read has no time, so it goes with the part that is handled first.
    for (const reject of moved ? [] : decoded.rejects) {
      taken += 1;
      this.#quarantineReading(message, { ...reject, raw: reject.entry }, builder);
    }
    if (taken > 0) builder.count(station, 'readingsDecoded', taken);
    return { kind: 'decoded', station, moveBefore: left ? split : undefined };
  }

  #takeReading(message: MessageInHand, reading: DecodedReading, builder: BatchBuilder): void {
    const { entry, station, decoded } = message;
    const reason = this.#timeProblem(reading.t, message.limit);
    const datastream = this.#options.directory.resolve(station, reading.p);
    if (reason !== undefined || typeof datastream === 'string') {
      const detail = reason === undefined ? `"${reading.p}" at ${station}` : `t ${reading.t}`;
      const raw = { p: reading.p, t: reading.t, v: reading.v, f: DEVICE_FLAGS[reading.deviceFlag] };
      const why = reason ?? (typeof datastream === 'string' ? datastream : 'schema');
      this.#quarantineReading(message, { index: reading.index, reason: why, detail, raw }, builder);
      return;
    }
    const observation: Observation = {
      datastream: datastream.id,
      t: epochMs(reading.t),
      v: reading.v,
      quality: qualify(reading.v, reading.deviceFlag, datastream.sensorSpan),
      deviceFlag: reading.deviceFlag,
      source: message.source,
      sent: epochMs(decoded.sent),
      received: entry.received,
      position: entry.position,
    };
    builder.addReading(observation);
    this.#options.onObservation(observation, entry.received - reading.t <= this.#options.liveWindowMs);
  }

  #timeProblem(t: number, limit: EpochMs): QuarantineReason | undefined {
    if (t > limit) return 'future';
    if (t < EARLIEST_PHENOMENON_TIME) return 'before_epoch';
    return t < this.retentionEdge ? 'beyond_retention' : undefined;
  }

  #quarantineWhole(
    entry: JournalledEntry,
    why: { readonly reason: QuarantineReason; readonly detail: string },
    builder: BatchBuilder,
  ): IntakeOutcome {
    const station = stationOf(entry.topic);
    builder.count(station, 'messagesQuarantined');
    const admitted = this.#options.quota.admit(station, entry.received);
    const payload = admitted ? entry.payload : NO_BYTES;
    builder.quarantine({
      ...describe(entry, station, why),
      item: WHOLE_MESSAGE,
      payload,
      sha256: sha256(entry.payload),
    });
    return { kind: 'quarantined', station };
  }

  #quarantineReading(
    message: MessageInHand,
    problem: {
      readonly index: number;
      readonly reason: QuarantineReason;
      readonly detail: string;
      readonly raw: unknown;
    },
    builder: BatchBuilder,
  ): void {
    const { entry, station, decoded } = message;
    if (!this.#options.quota.admit(station, entry.received)) {
      builder.count(station, 'readingsRejected');
      return;
    }
    builder.count(station, 'readingsQuarantined');
    // The reading alone, as a message of its own: what is kept grows with what is wrong, not with the message.
    const payload = new TextEncoder().encode(JSON.stringify({ sent: decoded.sent, obs: [problem.raw] }));
    builder.quarantine({
      ...describe(entry, station, problem),
      item: problem.index,
      payload,
      sha256: sha256(payload),
    });
  }
}

/** The `item` of a message that is quarantined whole. */
export const WHOLE_MESSAGE = -1;
const NO_BYTES = new Uint8Array(0);

interface MessageInHand {
  readonly entry: JournalledEntry;
  readonly station: string;
  readonly decoded: DecodedMessage;
  /** The latest phenomenonTime that is not in the future. */
  readonly limit: EpochMs;
  readonly source: SourceRank;
}

function isFuture(decoded: DecodedMessage, limit: EpochMs): boolean {
  return decoded.sent > limit || decoded.readings.some(reading => reading.t > limit);
}

function sourceOf(principal: string): SourceRank {
  return principal.startsWith(OPERATOR_PREFIX) ? SOURCE_RANK.operator : SOURCE_RANK.device;
}

function describe(
  entry: JournalledEntry,
  station: string,
  why: { readonly reason: QuarantineReason; readonly detail: string },
): Omit<QuarantineItem, 'item' | 'payload' | 'sha256'> {
  const { position, principal, topic, received } = entry;
  return { position, principal, topic, received, station, reason: why.reason, detail: why.detail };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
