import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { DeviceMessage } from '../device/device.ts';
import { Random } from '../random.ts';
import { readingStepMs, readingsPerDatastream } from './load-plan.ts';
import type { LoadPlan } from './load-plan.ts';
import { LOAD_PROPERTIES } from './load-property.ts';
import type { LoadProperty } from './load-property.ts';
import { loadStationId } from './load-registry.ts';
import { MALFORMATIONS } from './malformation.ts';
import type { Malformation } from './malformation.ts';

/** What a message is there for. */
export type LoadMessageKind = 'fresh' | 'backlog' | 'duplicate' | 'correction' | 'malformed';

export interface LoadMessage extends DeviceMessage {
  readonly station: ThingId;
  readonly kind: LoadMessageKind;
  /** Absent where the message is malformed. */
  readonly seq?: number;
  /** Empty where the message is malformed. */
  readonly readings: readonly OutgoingReading[];
  readonly malformation?: Malformation;
  /** True where later messages were sent first. */
  readonly overtaken: boolean;
}

const FLAGGED = ['T', 'S', 'B', 'D', 'F', 'M', 'C'] as const satisfies readonly DeviceFlag[];
/** How many turns a duplicate, a correction or an overtaken message comes later, at most. */
const LATEST_TURN = 5;

/**
 * What one station sends, as a pure function of the plan, its seed and two instants. Times are those of the station's
 * own clock, so a skewed station is skewed here.
 */
export class StationScript {
  readonly id: ThingId;
  readonly skewMs: number;
  readonly flapping: boolean;
  readonly #plan: LoadPlan;
  readonly #random: Random;
  readonly #properties: readonly LoadProperty[];
  readonly #values: number[];
  readonly #hasBacklog: boolean;
  readonly #stepMs: number;
  /** The readings of the first turn lie in this span before it is due, the backlog before that. */
  readonly #firstTurnMs: number;
  #seq = 0;
  #turn = 0;
  /** Readings made so far. */
  #made = 0;
  /** Messages for a later turn. */
  #held: { readonly turn: number; readonly message: LoadMessage }[] = [];

  constructor(plan: LoadPlan, index: number) {
    this.id = loadStationId(plan.firstStation + index);
    this.#plan = plan;
    this.#random = new Random(plan.seed, this.id);
    this.#properties = LOAD_PROPERTIES.slice(0, plan.properties);
    this.#stepMs = readingStepMs(plan);
    this.#firstTurnMs = Math.ceil(readingsPerDatastream(plan) * this.#stepMs);
    const random = this.#random;
    this.#values = this.#properties.map(({ range }) => random.between(range[0], range[1]));
    this.skewMs = random.chance(plan.skew.stationShare)
      ? Math.round(random.between(-plan.skew.maxMs, plan.skew.maxMs))
      : 0;
    this.flapping = random.chance(plan.flapping.stationShare);
    this.#hasBacklog = random.chance(plan.backlog.stationShare);
  }

  /** What the station buffered before `from`, oldest first; empty where the plan gives it no backlog. */
  backlog(from: EpochMs): readonly LoadMessage[] {
    const { readings, stepMs, readingsPerMessage, channel } = this.#plan.backlog;
    if (!this.#hasBacklog) return [];
    const all: OutgoingReading[] = [];
    for (let age = readings; age >= 1; age--) {
      const t = from + this.skewMs - this.#firstTurnMs - age * stepMs;
      for (const index of this.#properties.keys()) all.push(this.#reading(index, t));
    }
    const messages: LoadMessage[] = [];
    for (let at = 0; at < all.length; at += readingsPerMessage) {
      const slice = all.slice(at, at + readingsPerMessage);
      messages.push({ ...this.#message('backlog', slice), channel });
    }
    return messages;
  }

  /**
   * The messages of the next turn: the fresh one, unless it is overtaken, and what was held back for this turn.
   * `from` is when the station's first turn is due; readings lie before the due time of their turn.
   */
  next(from: EpochMs): readonly LoadMessage[] {
    const { duplicateShare, reorderShare, correctionShare, malformed, readingsPerMessage } = this.#plan;
    this.#turn += 1;
    const random = this.#random;
    const readings = Array.from({ length: readingsPerMessage }, () => this.#nextReading(from));
    const fresh = this.#message('fresh', readings);
    const out: LoadMessage[] = [];
    if (random.chance(reorderShare)) this.#hold({ ...fresh, overtaken: true });
    else out.push(fresh);
    if (random.chance(duplicateShare)) this.#hold(duplicateOf(fresh));
    if (random.chance(correctionShare)) {
      const reading = readings[random.below(readings.length)];
      if (reading !== undefined) this.#hold(this.#message('correction', [corrected(reading)]));
    }
    if (random.chance(malformed.share))
      out.push(this.#malformed(MALFORMATIONS[random.pick(malformed.kinds)]));
    if (this.#held.length > 0) {
      for (const { turn, message } of this.#held) if (turn <= this.#turn) out.push(message);
      this.#held = this.#held.filter(({ turn }) => turn > this.#turn);
    }
    return out;
  }

  /** What is still held back at the end. */
  rest(): readonly LoadMessage[] {
    const rest = this.#held.map(({ message }) => message);
    this.#held = [];
    return rest;
  }

  #hold(message: LoadMessage): void {
    this.#held.push({ turn: this.#turn + 1 + this.#random.below(LATEST_TURN), message });
  }

  #nextReading(from: EpochMs): OutgoingReading {
    const count = this.#properties.length;
    const sample = Math.floor(this.#made / count);
    const t = from + this.skewMs - this.#firstTurnMs + Math.floor(sample * this.#stepMs);
    const reading = this.#reading(this.#made % count, t);
    this.#made += 1;
    return reading;
  }

  /** A bounded random walk in steps of a hundredth of the range. */
  #reading(index: number, t: number): OutgoingReading {
    const property = this.#properties[index];
    if (property === undefined) return { p: 'water_level', t, v: null };
    const [low, high] = property.range;
    const last = this.#values[index] ?? low;
    const moved = last + this.#random.between(-0.01, 0.01) * (high - low);
    const value = Math.min(high, Math.max(low, moved));
    this.#values[index] = value;
    const v = Number(value.toFixed(property.decimals));
    if (!this.#random.chance(this.#plan.flagShare)) return { p: property.property, t, v };
    if (this.#random.chance(1 / 3)) return { p: property.property, t, v: null, f: 'B' };
    return { p: property.property, t, v, f: this.#random.pick(FLAGGED) };
  }

  #message(kind: LoadMessageKind, readings: readonly OutgoingReading[]): LoadMessage {
    const seq = this.#seq;
    this.#seq += 1;
    return {
      station: this.id,
      channel: 'obs',
      qos: this.#qos(),
      kind,
      seq,
      readings,
      overtaken: false,
      payload: sent => encodeObservations({ seq, sent, obs: readings }),
    };
  }

  #malformed(malformation: Malformation): LoadMessage {
    return {
      station: this.id,
      channel: 'obs',
      qos: this.#qos(),
      kind: 'malformed',
      readings: [],
      malformation,
      overtaken: false,
      payload: malformation.payload,
    };
  }

  #qos(): 0 | 1 | 2 {
    const [none, once, exact] = this.#plan.qosWeights;
    if (none === 0 && exact === 0) return 1;
    const draw = this.#random.next() * (none + once + exact);
    if (draw < none) return 0;
    return draw < none + once ? 1 : 2;
  }
}

function duplicateOf(message: LoadMessage): LoadMessage {
  return { ...message, kind: 'duplicate' };
}

function corrected(reading: OutgoingReading): OutgoingReading {
  return { p: reading.p, t: reading.t, v: reading.v === null ? 1 : Number((reading.v + 0.5).toFixed(3)) };
}
