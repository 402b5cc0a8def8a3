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
import type { DatastreamDirectory, ResolvedDatastream } from './datastream-directory.ts';
import type { QualityControl } from './quality-control.ts';
import type { QuarantineQuota, QuarantinedKind } from './quarantine-quota.ts';
import type { StationTrackers } from './station-trackers.ts';

/** The principal of readings that a person entered; they outrank the device's own. */
const OPERATOR_PREFIX = 'operator:';

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
  /**
   * True where a quarantined item is tried again: it was admitted to quarantine before, its sequence number was seen
   * before, and however old the item is by now, nothing in it is live.
   */
  readonly isReplay?: boolean;
}

/** What became of a message; readings of it can still have been quarantined. */
export type IntakeOutcome =
  /**
   * `moveBefore`: readings before this instant are still to be moved to the backlog lane. `isPresent`: the times in
   * the message were looked at and none was in the future.
   */
  | {
      readonly kind: 'decoded';
      readonly station: string;
      readonly moveBefore: EpochMs | undefined;
      readonly isPresent: boolean;
    }
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
  readonly control: QualityControl;
  /** A reading is live while receivedTime − t is at most this. */
  readonly liveWindowMs: DurationMs;
  /** Where live messages are split, milliseconds before receivedTime; as a rule the live window. */
  readonly splitMs: () => number;
  readonly onObservation: ObservationListener;
  /** Hears earlier observations that have another flag now. */
  readonly onRequalified: (observation: Observation) => void;
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
      const detail = entry.topic;
      return this.#quarantineWhole(entry, { reason: 'unsupported_channel', detail }, { request, builder });
    }
    // The message of a moved part is counted already: there the readings alone are quarantined.
    if (request.part !== 'moved' && !this.#options.directory.hasStation(topic.station)) {
      const detail = unknownStation(topic.station);
      return this.#quarantineWhole(entry, { reason: 'unknown_station', detail }, { request, builder });
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
        if (!decoded.ok) return this.#quarantineWhole(entry, decoded, { request, builder });
        builder.count(topic.station, 'messagesDecoded');
        this.#options.onSideMessage(topic.station, decoded.message, entry);
        return { kind: 'decoded', station: topic.station, moveBefore: undefined, isPresent: false };
      }
    }
  }

  /** Whether a message looks like the future, without taking it; `undefined` where it says nothing about time. */
  looksFuture(entry: JournalledEntry): boolean | undefined {
    const topic = parseUpTopic(entry.topic);
    if (topic?.channel !== 'obs' && topic?.channel !== 'backlog') return undefined;
    const decoded = decodeObservations(entry.payload);
    return decoded.ok ? isFuture(decoded, epochMs(entry.received + FUTURE_TOLERANCE_MS)) : undefined;
  }

  #takeObservations(
    entry: JournalledEntry,
    topic: UpTopic,
    request: IntakeRequest,
    builder: BatchBuilder,
  ): IntakeOutcome {
    const decoded = decodeObservations(entry.payload);
    if (!decoded.ok) return this.#quarantineWhole(entry, decoded, { request, builder });
    const { station } = topic;
    const moved = request.part === 'moved';
    const limit = epochMs(entry.received + request.correctionMs + FUTURE_TOLERANCE_MS);
    if (!moved) {
      if (request.future === 'hold' && isFuture(decoded, limit)) return { kind: 'future', station };
      if (decoded.sent > limit) {
        const detail = `"sent" lies ${decoded.sent - entry.received} ms after receivedTime.`;
        return this.#quarantineWhole(entry, { reason: 'sent_in_future', detail }, { request, builder });
      }
      builder.count(station, 'messagesDecoded');
      const live = topic.channel === 'obs';
      const { seq, sent } = decoded;
      const { received } = entry;
      if (request.isReplay !== true) {
        this.#options.trackers.observe(station, { seq, sent, received, live });
      }
    }
    const split = entry.splitBefore ?? epochMs(entry.received - this.#options.splitMs());
    const source = sourceOf(entry.principal);
    const message: MessageInHand = { entry, station, decoded, limit, source, request };
    let taken = 0;
    const accepted: Observation[] = [];
    for (const reading of decoded.readings) {
      if (request.part !== 'whole' && reading.t < split !== moved) continue;
      taken += 1;
      const observation = this.#accept(message, reading, builder);
      if (observation !== undefined) accepted.push(observation);
    }
    this.#judge(message, accepted, builder);
    const left = request.part === 'fresh' && taken < decoded.readings.length;
    // What could not be read has no time, so it goes with the part that is handled first.
    for (const reject of moved ? [] : decoded.rejects) {
      taken += 1;
      this.#quarantineReading(message, { ...reject, raw: reject.entry }, builder);
    }
    if (taken > 0) builder.count(station, 'readingsDecoded', taken);
    return { kind: 'decoded', station, moveBefore: left ? split : undefined, isPresent: !moved };
  }

  /** The reading with the flag of its value alone; undefined where it is quarantined. */
  #accept(message: MessageInHand, reading: DecodedReading, builder: BatchBuilder): Observation | undefined {
    const { entry, decoded } = message;
    const datastream = this.#resolve(message, reading);
    if ('reason' in datastream) {
      const raw = { p: reading.p, t: reading.t, v: reading.v, f: DEVICE_FLAGS[reading.deviceFlag] };
      this.#quarantineReading(message, { ...datastream, index: reading.index, raw }, builder);
      return undefined;
    }
    return {
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
  }

  /** All readings of a message at once: where many are late, each but the last would be judged in vain. */
  #judge({ entry, request }: MessageInHand, accepted: readonly Observation[], builder: BatchBuilder): void {
    if (accepted.length === 0) return;
    const { control, onObservation, onRequalified, liveWindowMs } = this.#options;
    const { observations, corrections, requalified, stale } = control.judge(accepted);
    const { correctionMs, isReplay } = request;
    for (const observation of observations) {
      builder.addReading(observation);
      const ageMs = entry.received + correctionMs - observation.t;
      onObservation(observation, isReplay !== true && ageMs <= liveWindowMs);
    }
    // A newer flag of the value before it, gathered in the same batch, would otherwise outlast it.
    for (const correction of corrections) builder.requalify(correction);
    if (stale.length > 0) builder.addStale(stale);
    for (const again of requalified) {
      builder.requalify(again);
      onRequalified(again);
    }
  }

  /** Where the reading belongs, or why it is quarantined. */
  #resolve({ station, limit }: MessageInHand, reading: DecodedReading): ResolvedDatastream | Problem {
    const { p, t } = reading;
    const reason = this.#timeProblem(t, limit);
    if (reason !== undefined) return { reason, detail: `t ${t}` };
    const { directory } = this.#options;
    if (!directory.hasStation(station)) return { reason: 'unknown_station', detail: unknownStation(station) };
    const datastream = directory.resolve(station, p);
    return typeof datastream === 'string'
      ? { reason: datastream, detail: `"${p}" at ${station}` }
      : datastream;
  }

  #timeProblem(t: number, limit: EpochMs): QuarantineReason | undefined {
    if (t > limit) return 'future';
    if (t < EARLIEST_PHENOMENON_TIME) return 'before_epoch';
    return t < this.retentionEdge ? 'beyond_retention' : undefined;
  }

  #quarantineWhole(
    entry: JournalledEntry,
    why: Problem,
    into: { readonly request: IntakeRequest; readonly builder: BatchBuilder },
  ): IntakeOutcome {
    const { request, builder } = into;
    const station = stationOf(entry.topic);
    builder.count(station, 'messagesQuarantined');
    // A moved part that cannot be decoded any more takes its message back out of those decoded.
    if (request.part === 'moved') builder.count(station, 'messagesDecoded', -1);
    // A payload is a view of everything that was read with it; only its own bytes are to travel to the store.
    const payload = this.#admits(entry, 'message', request) ? entry.payload.slice() : NO_BYTES;
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
    problem: Problem & { readonly index: number; readonly raw: unknown },
    builder: BatchBuilder,
  ): void {
    const { entry, station, decoded, request } = message;
    if (!this.#admits(entry, 'reading', request)) {
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

  #admits(entry: JournalledEntry, kind: QuarantinedKind, request: IntakeRequest): boolean {
    return (
      request.isReplay === true || this.#options.quota.admit(stationOf(entry.topic), kind, entry.received)
    );
  }
}

interface Problem {
  readonly reason: QuarantineReason;
  readonly detail: string;
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
  readonly request: IntakeRequest;
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
  why: Problem,
): Omit<QuarantineItem, 'item' | 'payload' | 'sha256'> {
  const { position, principal, topic, received } = entry;
  return { position, principal, topic, received, station, reason: why.reason, detail: why.detail };
}

function unknownStation(station: string): string {
  return `Station "${station}" is not registered.`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
