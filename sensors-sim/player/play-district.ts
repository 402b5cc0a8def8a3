import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { holdProcess } from '../device/process-hold.ts';
import { PlayBookkeeping } from './play-account.ts';
import type { PlayAccount } from './play-account.ts';
import { PlayedDevice } from './played-device.ts';
import type { SimulatedSend, SimulatedStep } from './simulated-step.ts';

export interface PlayOptions {
  /** Those without a secret are left alone until they are resumed. */
  readonly stations: readonly StationSpec[];
  readonly steps: Iterable<SimulatedStep>;
  readonly connect: {
    readonly host: string;
    readonly port: number;
    readonly secrets: ReadonlyMap<string, string>;
  };
  /** `max`: as fast as it is acknowledged. A factor: 1 is real time. Never ahead of the wall clock. */
  readonly speed: 'max' | number;
  /** Where the play ends; without it only `stop` ends it. */
  readonly until?: EpochMs;
  /** What to do once the play has caught up with the wall clock. */
  readonly atPresent: 'end' | 'follow';
  readonly clock: Clock;
  readonly seed: number;
  /** Share of one processor that the play may take, 0 to 1; default all of it. */
  readonly processorShare?: number;
  /** After each step. */
  readonly onProgress?: (progress: { readonly at: EpochMs; readonly readings: number }) => void;
}

/** Messages on their way before the play waits. */
const MOST_PENDING = 500;
/** Steps between two looks at what is on its way. */
const LOOK_EVERY = 50;
/** The play lets other work in after this long, milliseconds. */
const SLICE_MS = 5;
/** The longest wait for a step in one timer: a machine that slept goes on at once. */
const LONGEST_WAIT_MS = 60_000;
/** At its end a play gives up what is on its way when nothing was acknowledged for this long. */
const QUIET_MS = durationMs(30_000);

/** The first event of a play, and when it was due by the monotonic clock. */
interface Origin {
  readonly at: EpochMs;
  readonly startedMs: number;
}

/** Plays a plan over real MQTT, one connection for each station. */
export class DistrictPlay {
  readonly #options: PlayOptions;
  readonly #clock: Clock;
  readonly #books: PlayBookkeeping;
  readonly #devices = new Map<string, PlayedDevice>();
  /** Stations that have a connection by the plan, played or not. */
  readonly #connected = new Set<string>();
  /** Nothing is sent for a station with readings up to here. */
  readonly #silentUntil = new Map<string, EpochMs>();
  #isStopped = false;
  #isOver = false;
  #wake: () => void = () => undefined;
  #sliceStartMs = 0;
  #unacknowledged = 0;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#books = new PlayBookkeeping({ foretells: options.atPresent === 'end' });
  }

  /** Resolves when the play is over and every device has said goodbye. */
  async run(): Promise<PlayAccount> {
    const release = holdProcess();
    try {
      return await this.#run();
    } finally {
      release();
    }
  }

  async #run(): Promise<PlayAccount> {
    const startedMs = this.#clock.monotonicMs();
    this.#sliceStartMs = startedMs;
    this.#createDevices();
    const stations = this.#devices.size;
    await this.#playSteps();
    await this.#awaitRest();
    const aborted = this.#isStopped;
    this.#isOver = true;
    await Promise.all([...this.#devices.keys()].map(id => this.release(id)));
    return this.#books.account({
      stations,
      unacknowledged: this.#unacknowledged,
      aborted,
      elapsedMs: this.#clock.monotonicMs() - startedMs,
    });
  }

  /** Ends the play; `run` resolves soon. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /**
   * Plays a station again that was released, or that had no secret: what it sends from here on, messages with a reading
   * up to `after` left out. Nothing happens for one that is played already.
   */
  resume(id: ThingId, { secret, after }: { readonly secret: string; readonly after: EpochMs }): void {
    if (this.#isStopped || this.#isOver || this.#devices.has(id)) return;
    this.#silentUntil.set(id, after);
    const device = this.#createDevice(id, secret);
    if (this.#connected.has(id)) device.do({ kind: 'connect', at: this.#clock.now(), station: id });
  }

  /** Leaves a station to whoever has taken its place. */
  async release(id: string): Promise<void> {
    const device = this.#devices.get(id);
    if (device === undefined) return;
    this.#devices.delete(id);
    this.#unacknowledged += device.unacknowledged;
    this.#wake();
    await device.stop();
  }

  #createDevices(): void {
    const { stations, connect } = this.#options;
    for (const { id } of stations) {
      const secret = connect.secrets.get(id);
      if (secret !== undefined) this.#createDevice(id, secret);
    }
  }

  #createDevice(id: ThingId, secret: string): PlayedDevice {
    const { connect, seed } = this.#options;
    const books = this.#books;
    const device = new PlayedDevice({
      id,
      secret,
      host: connect.host,
      port: connect.port,
      clock: this.#clock,
      seed,
      onAcknowledged: (send, channel) => books.acknowledged(send, channel, this.#clock.now()),
      onStatusAcknowledged: () => books.statusAcknowledged(),
      onCut: () => (books.cuts += 1),
      onRefused: returnCode => books.refused(id, returnCode),
      onChange: () => this.#wake(),
    });
    this.#devices.set(id, device);
    return device;
  }

  async #playSteps(): Promise<void> {
    let origin: Origin | undefined;
    let played = 0;
    for (const step of this.#options.steps) {
      // What passes without an event is water that runs in, or runs on: it has no place in the pace of the play.
      if (step.kind === 'pass') {
        if (this.#isStopped) return;
      } else {
        origin ??= { at: step.at, startedMs: this.#clock.monotonicMs() };
        if (!(await this.#isDue(step.at, origin))) return;
        this.#perform(step);
      }
      await this.#giveWay();
      played += 1;
      if (played % LOOK_EVERY === 0) await this.#until(() => this.#pending < MOST_PENDING);
    }
  }

  #perform(step: Exclude<SimulatedStep, { readonly kind: 'pass' }>): void {
    const { station } = step;
    this.#books.played(step.at);
    if (step.kind === 'connect') this.#connected.add(station);
    if (step.kind === 'cut') this.#connected.delete(station);
    if (step.kind === 'lost') this.#books.lostInDevices += step.readings;
    if (step.kind !== 'send' || !this.#isSilent(step)) this.#devices.get(station)?.do(step);
    this.#options.onProgress?.({ at: step.at, readings: this.#books.readings });
  }

  #isSilent({ station, message }: SimulatedSend): boolean {
    const until = this.#silentUntil.get(station);
    return until !== undefined && message.obs.some(({ t }) => t <= until);
  }

  /** Waits for what is on its way. A server that acknowledges nothing any more ends the play all the same. */
  async #awaitRest(): Promise<void> {
    let { readings } = this.#books;
    let isQuiet = false;
    let cancel = (): void => undefined;
    const watch = (): void => {
      cancel = this.#clock.after(QUIET_MS, () => {
        isQuiet = this.#books.readings === readings;
        readings = this.#books.readings;
        if (isQuiet) this.#wake();
        else watch();
      });
    };
    watch();
    await this.#until(() => isQuiet || this.#pending === 0);
    cancel();
  }

  /** Waits until a step may be played; false where the play is over before that. */
  async #isDue(at: EpochMs, origin: Origin): Promise<boolean> {
    const { speed, until, atPresent } = this.#options;
    if (until !== undefined && at >= until) return false;
    for (;;) {
      if (this.#isStopped) return false;
      const aheadMs = at - this.#clock.now();
      if (aheadMs > 0 && atPresent === 'end') return false;
      const earlyMs =
        speed === 'max' ? 0 : origin.startedMs + (at - origin.at) / speed - this.#clock.monotonicMs();
      const waitMs = Math.max(aheadMs, earlyMs);
      if (waitMs <= 0) return true;
      await this.#pause(Math.min(waitMs, LONGEST_WAIT_MS));
      this.#sliceStartMs = this.#clock.monotonicMs();
    }
  }

  /** Lets other work of the process in, and keeps to the share of the processor. */
  async #giveWay(): Promise<void> {
    const busyMs = this.#clock.monotonicMs() - this.#sliceStartMs;
    if (busyMs < SLICE_MS) return;
    const { processorShare = 1 } = this.#options;
    if (processorShare < 1) await this.#pause(busyMs * (1 / processorShare - 1));
    else await new Promise(resolve => setImmediate(resolve));
    this.#sliceStartMs = this.#clock.monotonicMs();
  }

  get #pending(): number {
    let pending = 0;
    for (const device of this.#devices.values()) pending += device.pending;
    return pending;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#isStopped && !condition()) {
      await new Promise<void>(resolve => (this.#wake = resolve));
      this.#sliceStartMs = this.#clock.monotonicMs();
    }
  }

  #pause(spanMs: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#clock.after(durationMs(spanMs), resolve);
      this.#wake = () => {
        if (!this.#isStopped) return;
        cancel();
        resolve();
      };
    });
  }
}
