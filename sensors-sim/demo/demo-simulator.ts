import { MAX_READINGS, encodeObservations } from '../../codecs/json-v1/codec.ts';
import type { OutgoingReading } from '../../codecs/json-v1/codec.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import { Device } from '../device/device.ts';
import type { DeviceMessage } from '../device/device.ts';
import { openMqttJsLink } from '../device/mqttjs-link.ts';
import { Random } from '../random.ts';
import { StationSchedule } from './station-schedule.ts';
import { StormField } from './storm-field.ts';

export interface DemoSimulatorOptions {
  /** The things of the site; stations that are not `simulated` are left alone. */
  readonly things: readonly ThingSpec[];
  /** Secret by id; simulated stations without one are left alone. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Plays the simulated stations of a site over real MQTT. */
export interface DemoSimulator {
  /** Begins to connect and to publish; does not wait for the connections. */
  start(): Promise<void>;
  /** Says offline for every station and disconnects. Nothing is published afterwards. */
  stop(): Promise<void>;
  /** Leaves a station to the real device that has taken its place. Nothing happens for one it does not play. */
  release(id: string): Promise<void>;
}

/** Models and readings share a grid of whole seconds. */
const GRID_MS = SECOND_MS;
/** Stations have been measuring for this long when they connect, so that the totals of a first period are there. */
const WARM_UP_MS = durationMs(5 * MINUTE_MS);
/** A reading that is this late is not made up any more. */
const LATEST_MS = HOUR_MS;

export function createDemoSimulator(options: DemoSimulatorOptions): DemoSimulator {
  return new DistrictPlayer(options);
}

class DistrictPlayer implements DemoSimulator {
  readonly #options: DemoSimulatorOptions;
  #players: ReadonlyMap<string, StationPlayer> = new Map();

  constructor(options: DemoSimulatorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { things, secrets, seed, log } = this.#options;
    const storms = new StormField(seed);
    const players = new Map<string, StationPlayer>();
    for (const thing of things) {
      const secret = secrets.get(thing.id);
      if (thing.kind !== 'station' || thing.simulated !== true || secret === undefined) continue;
      const begin = this.#options.clock.now() - WARM_UP_MS;
      const start = epochMs(Math.floor(begin / GRID_MS) * GRID_MS);
      const schedule = new StationSchedule(thing, { seed, storms, start });
      players.set(thing.id, new StationPlayer(schedule, { ...this.#options, id: thing.id, secret }));
    }
    this.#players = players;
    for (const player of players.values()) player.start();
    log.info('The demo simulator plays its stations.', { stations: players.size, seed });
  }

  async stop(): Promise<void> {
    const players = this.#players;
    this.#players = new Map();
    await Promise.all([...players.values()].map(player => player.stop()));
  }

  async release(id: string): Promise<void> {
    const player = this.#players.get(id);
    if (player === undefined) return;
    this.#players = new Map([...this.#players].filter(([other]) => other !== id));
    await player.stop();
  }
}

class StationPlayer {
  readonly #device: Device<DeviceMessage>;
  readonly #schedule: StationSchedule;
  readonly #clock: Clock;
  #seq = 0;
  #cancel: () => void = () => undefined;

  constructor(
    schedule: StationSchedule,
    options: DemoSimulatorOptions & { readonly id: ThingId; readonly secret: string },
  ) {
    const { id, secret, host, port, clock, seed } = options;
    this.#clock = clock;
    this.#schedule = schedule;
    this.#device = new Device<DeviceMessage>({
      id,
      secret,
      host,
      port,
      clock,
      random: new Random(seed, `${id}/network`),
      openLink: openMqttJsLink,
    });
  }

  start(): void {
    this.#device.start();
    this.#send([...this.#schedule.first(), ...this.#readUntil(this.#clock.now())]);
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#device.stop();
  }

  #wait(): void {
    const { due } = this.#schedule;
    if (due === undefined) return;
    const spanMs = Math.max(0, due - this.#clock.now());
    this.#cancel = this.#clock.after(durationMs(spanMs), () => this.#play());
  }

  #play(): void {
    const now = this.#clock.now();
    const { due } = this.#schedule;
    if (due !== undefined && now - due > LATEST_MS) this.#schedule.skipTo(now);
    // A timer may fire a millisecond early by the wall clock; then there is nothing to do yet.
    this.#send(this.#readUntil(now));
    this.#wait();
  }

  #readUntil(now: EpochMs): readonly OutgoingReading[] {
    const readings: OutgoingReading[] = [];
    for (let next = this.#schedule.due; next !== undefined && next <= now; next = this.#schedule.due) {
      readings.push(...this.#schedule.next());
    }
    return readings;
  }

  #send(readings: readonly OutgoingReading[]): void {
    for (let at = 0; at < readings.length; at += MAX_READINGS) {
      const obs = readings.slice(at, at + MAX_READINGS);
      const seq = this.#seq;
      this.#seq += 1;
      this.#device.send({
        channel: 'obs',
        qos: 1,
        payload: sent => encodeObservations({ seq, sent, obs }),
      });
    }
  }
}
