import { messageOf } from '../../domain/errors.ts';
import type { District } from '../../domain/model/district.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec, ThingSpec } from '../../domain/model/registry.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { BUCKETS, bucketStart } from '../../domain/time/bucket.ts';
import { HOUR_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { createDistrictWater } from '../hydrology/district-water.ts';
import { NEVER } from '../scenario/span.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { planDistrict } from './plan-district.ts';
import { DistrictPlay } from './play-district.ts';
import type { SimulatedStep } from './simulated-step.ts';
import { stageScenario } from './stage-scenario.ts';

export interface DistrictSimulatorOptions {
  /** Stations that are not `simulated` are left alone. */
  readonly things: Iterable<ThingSpec>;
  readonly district: District;
  /** Secret by id; simulated stations without one are left alone until they are resumed. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  /** What is played; without one ordinary days of the flood season. Its seed wins. */
  readonly scenario?: Scenario;
  /** Readings up to here are known by station; they are not sent again. */
  readonly knownUntil: ReadonlyMap<string, EpochMs>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Plays the simulated stations of a district over real MQTT, in real time. */
export interface DistrictSimulator {
  /** Begins to connect and to publish; does not wait for the connections. */
  start(): Promise<void>;
  /** Says offline for every station and disconnects. Nothing is published afterwards. */
  stop(): Promise<void>;
  /** Leaves a station to whoever has taken its place. Nothing happens for one it does not play. */
  release(id: string): Promise<void>;
  /** Plays a station (again) from now on; nothing is sent with a reading up to `after`. */
  resume(id: ThingId, options: { readonly secret: string; readonly after: EpochMs }): void;
}

/** The past that a display has curves of right after the start. */
const PAST_MS = 3 * HOUR_MS;
/** Share of one processor for the simulator beside a server: what is past comes gently. */
const PROCESSOR_SHARE = 0.25;

export function createDistrictSimulator(options: DistrictSimulatorOptions): DistrictSimulator {
  return new Simulator(options);
}

class Simulator implements DistrictSimulator {
  readonly #options: DistrictSimulatorOptions;
  #play: DistrictPlay | undefined;
  #over: Promise<void> = Promise.resolve();

  constructor(options: DistrictSimulatorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { things, secrets, host, port, clock, scenario, log } = this.#options;
    const stations = [...things].filter(
      (thing): thing is StationSpec => thing.kind === 'station' && thing.simulated === true,
    );
    const seed = scenario?.seed ?? this.#options.seed;
    this.#play = new DistrictPlay({
      stations,
      steps: scenario === undefined ? this.#ordinaryDays(stations) : this.#staged(scenario, stations),
      connect: { host, port, secrets },
      speed: 'max',
      atPresent: 'follow',
      processorShare: PROCESSOR_SHARE,
      clock,
      seed,
    });
    this.#over = this.#play.run().then(
      () => undefined,
      (error: unknown) => log.error('The simulator ended.', { error: messageOf(error) }),
    );
    log.info('The simulator plays its stations.', {
      stations: stations.filter(({ id }) => secrets.has(id)).length,
      seed,
      scenario: scenario?.name,
    });
  }

  async stop(): Promise<void> {
    this.#play?.stop();
    await this.#over;
  }

  async release(id: string): Promise<void> {
    await this.#play?.release(id);
  }

  resume(id: ThingId, options: { readonly secret: string; readonly after: EpochMs }): void {
    this.#play?.resume(id, options);
  }

  /** The past lay in the devices' buffers, as if the server had been away, and comes as their backlog. */
  #ordinaryDays(stations: readonly StationSpec[]): Iterable<SimulatedStep> {
    const { district, seed, clock } = this.#options;
    const now = clock.now();
    const past = epochMs(now - PAST_MS);
    // At the midnight before, so that a restart on the same day finds the same water again.
    const start = bucketStart(past, BUCKETS['1d'], 'instantaneous');
    return planDistrict({
      stations,
      water: createDistrictWater({ district, stations, seed, start }),
      seed,
      span: { from: start, to: NEVER },
      behaviours: [],
      measuresFrom: station => this.#after(station, past),
      connectsFrom: now,
    });
  }

  #staged(scenario: Scenario, stations: readonly StationSpec[]): Iterable<SimulatedStep> {
    const { district, clock } = this.#options;
    const measuresFrom = (station: StationSpec): EpochMs => this.#after(station, epochMs(0));
    return stageScenario(scenario, { stations, district, now: clock.now(), measuresFrom }).steps;
  }

  #after({ id }: StationSpec, earliest: EpochMs): EpochMs {
    const known = this.#options.knownUntil.get(id);
    return known === undefined ? earliest : epochMs(Math.max(earliest, known + 1));
  }
}
