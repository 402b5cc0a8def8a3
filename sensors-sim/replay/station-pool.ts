import type { ThingId } from '../../domain/model/identifier.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { Device } from '../device/device.ts';
import type { DeviceEnd } from '../device/device.ts';
import { openMqttJsLink } from '../device/mqttjs-link.ts';
import { Random } from '../random.ts';
import type { ReplayMessage } from './replay-message.ts';

export interface StationPoolOptions {
  readonly host: string;
  readonly port: number;
  readonly secrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly seed: number;
  /** Stations connected at once. */
  readonly maxConnections: number;
  readonly onAcknowledged: (message: ReplayMessage) => void;
  /** The server does not accept this station; the messages will never be sent. Called once per station. */
  readonly onRefused: (station: string, returnCode: number, messages: readonly ReplayMessage[]) => void;
}

interface Seat {
  readonly device: Device<ReplayMessage>;
  closing: boolean;
}

/** Messages that may wait or be unacknowledged per connection before `send` makes its caller wait. */
const PENDING_PER_CONNECTION = 4;
/** Where this share of the seats is taken by idle stations, they are closed before anyone waits for a seat. */
const EVICTED_SHARE = 0.25;
/** CONNACK return codes after which it makes no sense to try again: identifier rejected, bad credentials, not allowed. */
const FINAL_REFUSALS: ReadonlySet<number> = new Set([1, 2, 4, 5]);

/** Connects stations as they have something to send, at most so many at once; the longest idle one leaves first. */
export class StationPool {
  readonly #options: StationPoolOptions;
  /** Least recently used first. */
  readonly #seats = new Map<string, Seat>();
  readonly #refused = new Map<string, number>();
  #pending = 0;
  readonly #waiters: (() => void)[] = [];
  #stopped = false;
  connects = 0;
  losses = 0;

  constructor(options: StationPoolOptions) {
    this.#options = options;
  }

  /** Hands a message to its station. Resolves when there is room for the next one, or when the pool was stopped. */
  async send(station: ThingId, message: ReplayMessage): Promise<void> {
    for (;;) {
      if (this.#stopped) return;
      const returnCode = this.#refused.get(station);
      if (returnCode !== undefined) return this.#options.onRefused(station, returnCode, [message]);
      const seat = this.#seat(station);
      if (seat !== undefined) {
        this.#seats.delete(station);
        this.#seats.set(station, seat);
        this.#pending += 1;
        seat.device.send(message);
        break;
      }
      this.#evict();
      await this.#change();
    }
    await this.#until(() => this.#pending < this.#options.maxConnections * PENDING_PER_CONNECTION);
  }

  /** Resolves when everything is acknowledged or refused, or when the pool was stopped. */
  async drained(): Promise<void> {
    await this.#until(() => this.#pending === 0);
  }

  /** Lets every station say goodbye; answers what was not acknowledged. */
  async stop(): Promise<readonly ReplayMessage[]> {
    this.#stopped = true;
    this.#changed();
    const seats = [...this.#seats.values()];
    await Promise.all(seats.map(({ device }) => device.stop()));
    this.#seats.clear();
    return seats.flatMap(({ device }) => device.unacknowledged());
  }

  #seat(station: ThingId): Seat | undefined {
    const known = this.#seats.get(station);
    if (known !== undefined) return known.closing ? undefined : known;
    if (this.#seats.size >= this.#options.maxConnections) return undefined;
    const { host, port, clock, seed, secrets } = this.#options;
    const device = new Device<ReplayMessage>({
      id: station,
      secret: secrets.get(station) ?? '',
      host,
      port,
      clock,
      random: new Random(seed, `${station}/network`),
      openLink: openMqttJsLink,
      events: {
        onConnected: () => {
          this.connects += 1;
        },
        onDisconnected: end => this.#onDisconnected(station, end),
        onAcknowledged: message => {
          this.#pending -= 1;
          this.#options.onAcknowledged(message);
          this.#changed();
        },
      },
    });
    const seat = { device, closing: false };
    device.start();
    return seat;
  }

  #onDisconnected(station: string, end: DeviceEnd): void {
    if (end.kind === 'lost') this.losses += 1;
    if (end.kind !== 'refused' || !FINAL_REFUSALS.has(end.returnCode)) return;
    const device = this.#seats.get(station)?.device;
    if (device === undefined) return;
    device.cut();
    this.#seats.delete(station);
    this.#refused.set(station, end.returnCode);
    const left = device.unacknowledged();
    this.#pending -= left.length;
    this.#options.onRefused(station, end.returnCode, left);
    this.#changed();
  }

  #evict(): void {
    let most = Math.ceil(this.#options.maxConnections * EVICTED_SHARE);
    for (const [station, seat] of this.#seats) {
      if (most === 0) return;
      if (seat.closing || seat.device.pending > 0) continue;
      most -= 1;
      seat.closing = true;
      // Nobody waits for this one seat: whoever needs one waits for any.
      void seat.device.stop().then(() => {
        this.#seats.delete(station);
        this.#changed();
      });
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#stopped && !condition()) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
