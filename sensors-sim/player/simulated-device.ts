import { encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import { formatDatastreamName } from '../../domain/model/datastream.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { Behaviour } from '../scenario/behaviour-kinds.ts';
import type { DeviceState } from './device-state.ts';
import type { SimulatedMessage, SimulatedSend, SimulatedStep } from './simulated-step.ts';

/** A reading as the logger has it, and the behaviours that changed it. */
interface TakenReading {
  readonly reading: OutgoingReading;
  readonly by: readonly Behaviour['kind'][];
}

/** Reads a sensor at an instant; `undefined` for what is not modelled. */
export type ReadSensor = (station: StationSpec, datastream: DatastreamSpec) => number | undefined;

/** The buffer leaves a moment after the connection is back, when the device has said that it is online. */
const BACKLOG_DELAY_MS = 1_000;

/** The time line of one device: what it measures, keeps and sends. Time only goes forward. */
export class SimulatedDevice {
  readonly #spec: StationSpec;
  readonly #state: DeviceState;
  /** When each datastream is read next: at whole multiples of its interval. */
  readonly #due: EpochMs[];
  /** Messages that are made and have not left, by the time at which they leave. */
  readonly #outbox: SimulatedSend[] = [];
  /** Readings kept without a connection, oldest first; those before `#head` are gone. */
  #buffer: TakenReading[] = [];
  #head = 0;
  #change: EpochMs | undefined;
  #drains: EpochMs | undefined;
  #seq = 0;

  constructor(spec: StationSpec, options: { readonly state: DeviceState; readonly from: EpochMs }) {
    this.#spec = spec;
    this.#state = options.state;
    const { from } = options;
    this.#due = spec.datastreams.map(({ intervalMs }) => epochMs(Math.ceil(from / intervalMs) * intervalMs));
    // The first event is the connection, or the end of the span without one.
    this.#change = options.state.connectedFrom(from);
  }

  /** When something happens next; `undefined`: never again. */
  get next(): EpochMs | undefined {
    const times = [this.#outbox[0]?.at, this.#change, this.#drains, ...this.#due];
    let next: EpochMs | undefined;
    for (const at of times) if (at !== undefined && (next === undefined || at < next)) next = at;
    return next;
  }

  /** Everything that happens at `next`. The connection changes first, so that what is measured then knows it. */
  act(at: EpochMs, read: ReadSensor): readonly SimulatedStep[] {
    const steps: SimulatedStep[] = [];
    if (this.#change === at) this.#changeConnection(at, steps);
    this.#measure(at, read, steps);
    if (this.#drains === at) this.#drain(at);
    while (this.#outbox[0]?.at === at) {
      const send = this.#outbox.shift();
      if (send !== undefined) steps.push(send);
    }
    return steps;
  }

  #changeConnection(at: EpochMs, steps: SimulatedStep[]): void {
    const station = this.#spec.id;
    this.#change = this.#state.nextChange(at);
    if (this.#state.isConnected(at)) {
      steps.push({ kind: 'connect', at, station });
      this.#drains = this.#buffered > 0 ? epochMs(at + BACKLOG_DELAY_MS) : undefined;
      return;
    }
    steps.push({ kind: 'cut', at, station });
    this.#drains = undefined;
    if (this.#state.hasPower(at)) return;
    // Without power the memory of the modem and of the logger is gone.
    const readings = this.#outbox.reduce(
      (sum, { isRepeat, message }) => sum + (isRepeat ? 0 : message.obs.length),
      this.#buffered,
    );
    this.#outbox.length = 0;
    this.#buffer = [];
    this.#head = 0;
    if (readings > 0) steps.push({ kind: 'lost', at, station, readings });
  }

  #measure(at: EpochMs, read: ReadSensor, steps: SimulatedStep[]): void {
    const taken: TakenReading[] = [];
    const hasPower = this.#state.hasPower(at);
    for (const [index, datastream] of this.#spec.datastreams.entries()) {
      if (this.#due[index] !== at) continue;
      this.#due[index] = epochMs(at + datastream.intervalMs);
      // A sensor is read also where nobody keeps it: totals of a period begin anew with every reading.
      const value = read(this.#spec, datastream);
      if (value === undefined || !hasPower) continue;
      const { reading, by } = this.#state.distort({ p: formatDatastreamName(datastream), t: at, v: value });
      taken.push({ reading: { ...reading, t: this.#state.clock(at) }, by });
    }
    if (taken.length === 0) return;
    if (this.#state.isConnected(at)) {
      this.#post(at, { channel: 'obs', taken, leaves: this.#state.leavesAt(at) });
      return;
    }
    this.#buffer.push(...taken);
    const over = this.#buffered - this.#state.buffer.capacity;
    if (over <= 0) return;
    this.#head += over;
    if (this.#head > this.#state.buffer.capacity) {
      this.#buffer = this.#buffer.slice(this.#head);
      this.#head = 0;
    }
    steps.push({ kind: 'lost', at, station: this.#spec.id, readings: over });
  }

  get #buffered(): number {
    return this.#buffer.length - this.#head;
  }

  /** One message of the buffer, oldest first. */
  #drain(at: EpochMs): void {
    const { messagesPerS, readingsPerMessage } = this.#state.buffer;
    const taken = this.#buffer.slice(this.#head, this.#head + readingsPerMessage);
    this.#head += taken.length;
    if (taken.length > 0) this.#post(at, { channel: 'backlog', taken, leaves: at });
    if (this.#buffered > 0) {
      this.#drains = epochMs(at + Math.max(1, Math.round(1_000 / messagesPerS)));
      return;
    }
    this.#drains = undefined;
    this.#buffer = [];
    this.#head = 0;
  }

  #post(
    at: EpochMs,
    made: {
      readonly channel: SimulatedMessage['channel'];
      readonly taken: readonly TakenReading[];
      readonly leaves: EpochMs;
    },
  ): void {
    const { channel, taken, leaves } = made;
    const content = { seq: this.#seq, sent: this.#state.clock(at), obs: taken.map(({ reading }) => reading) };
    this.#seq += 1;
    const message = { ...content, channel, payload: encodeObservations(content) };
    const behaviours = new Set(taken.flatMap(({ by }) => by));
    if (this.#state.isClockWrong(at)) behaviours.add('clock_skew');
    if (leaves !== at) behaviours.add('reorder');
    this.#leave({ message, at: leaves, isRepeat: false, behaviours: [...behaviours] });
    const again = this.#state.repeatsAt(leaves);
    if (again === undefined) return;
    behaviours.add('duplicate');
    this.#leave({ message, at: again, isRepeat: true, behaviours: [...behaviours] });
  }

  #leave(send: Pick<SimulatedSend, 'message' | 'isRepeat' | 'behaviours' | 'at'>): void {
    // What could never leave is lost with the power, not before.
    const at = this.#state.connectedFrom(send.at) ?? send.at;
    const later = this.#outbox.findIndex(other => other.at > at);
    const place = later < 0 ? this.#outbox.length : later;
    this.#outbox.splice(place, 0, { kind: 'send', station: this.#spec.id, ...send, at });
  }
}
