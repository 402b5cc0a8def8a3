import type { StationSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { holdProcess } from '../device/process-hold.ts';
import { PlayBookkeeping } from './play-account.ts';
import type { PlayAccount } from './play-account.ts';
import { PlayedDevice } from './played-device.ts';
import type { SimulatedStep } from './simulated-step.ts';

export interface PlayOptions {
  /** Those without a secret are left alone. */
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

/** Plays a plan over real MQTT, one connection for each station. */
export class DistrictPlay {
  readonly #options: PlayOptions;
  readonly #clock: Clock;
  readonly #books: PlayBookkeeping;
  readonly #devices = new Map<string, PlayedDevice>();
  #isStopped = false;
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
    await this.#playSteps(startedMs);
    await this.#until(() => this.#pending === 0);
    const aborted = this.#isStopped;
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

  /** Leaves a station to the real device that has taken its place. */
  async release(id: string): Promise<void> {
    const device = this.#devices.get(id);
    if (device === undefined) return;
    this.#devices.delete(id);
    this.#unacknowledged += device.unacknowledged;
    this.#wake();
    await device.stop();
  }

  #createDevices(): void {
    const { stations, connect, seed } = this.#options;
    const books = this.#books;
    for (const { id } of stations) {
      const secret = connect.secrets.get(id);
      if (secret === undefined) continue;
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
    }
  }

  async #playSteps(startedMs: number): Promise<void> {
    let firstAt: EpochMs | undefined;
    let played = 0;
    for (const step of this.#options.steps) {
      firstAt ??= step.at;
      if (!(await this.#isDue(step.at, startedMs, firstAt))) return;
      if (step.kind === 'lost') this.#books.lostInDevices += step.readings;
      if (step.kind !== 'pass') {
        this.#books.played(step.at);
        this.#devices.get(step.station)?.do(step);
        this.#options.onProgress?.({ at: step.at, readings: this.#books.readings });
      }
      await this.#giveWay();
      played += 1;
      if (played % LOOK_EVERY === 0) await this.#until(() => this.#pending < MOST_PENDING);
    }
  }

  /** Waits until a step may be played; false where the play is over before that. */
  async #isDue(at: EpochMs, startedMs: number, firstAt: EpochMs): Promise<boolean> {
    const { speed, until, atPresent } = this.#options;
    if (until !== undefined && at >= until) return false;
    for (;;) {
      if (this.#isStopped) return false;
      const aheadMs = at - this.#clock.now();
      if (aheadMs > 0 && atPresent === 'end') return false;
      const earlyMs = speed === 'max' ? 0 : startedMs + (at - firstAt) / speed - this.#clock.monotonicMs();
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
