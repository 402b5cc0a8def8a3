import type { District } from '../../domain/model/district.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { HOUR_MS, SECOND_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { beginNetwork, buildNetwork, storedByBasin } from './build-network.ts';
import type { WaterNetwork } from './build-network.ts';
import { evaporationMmPerS, waterUse } from './day-cycle.ts';
import type { Moment } from './element.ts';
import { RainField } from './rain-field.ts';
import { sensed } from './sensor.ts';
import { planeOf, surveySpots } from './spot.ts';
import { StationSight } from './station-sight.ts';
import { sumBalances } from './water-balance.ts';
import type { WaterBalance } from './water-balance.ts';
import { Weather } from './weather.ts';
import type { WeatherPlan } from './weather.ts';

export interface DistrictWaterOptions {
  readonly district: District;
  readonly stations: readonly StationSpec[];
  readonly seed: number;
  /** The first time that can be read and from which the balance counts. */
  readonly start: EpochMs;
  /** Weather; default: the seeded climate of ordinary flood-season days. */
  readonly weather?: WeatherPlan;
}

/** The water of a district in simulated time. The same options give the same values, bit by bit. */
export interface DistrictWater {
  /** Half a day before `start` at first: the caller takes the way there in slices as small as it needs them. */
  readonly now: EpochMs;
  /**
   * Moves on. The model takes whole steps of ten seconds of the clock, so how a span is split changes nothing; a time
   * before `now` changes nothing either.
   */
  advance(to: EpochMs): void;
  /**
   * What the sensor shows now: the true value plus the sensor's noise, rounded as such a sensor reports. A period total
   * is that of the last whole period of the datastream's interval. `undefined` for a property or station that is not
   * modelled. The order of reading changes nothing. Not before `start`: the model still runs in.
   */
  read(station: StationSpec, datastream: DatastreamSpec): number | undefined;
  /** Water since `start`, cubic metres: closes to rounding. Means nothing before that time. */
  balance(): WaterBalance;
}

const STEP_MS = 10 * SECOND_MS;
const STEP_S = STEP_MS / SECOND_MS;
/** How long the model runs before `start`, so that rivers, soils and streets know the weather before. */
const WARM_UP_MS = 12 * HOUR_MS;

/**
 * Builds the model of a district: moving cells of rain, catchments, the flow graph of the registry with its reaches,
 * sewers, pumps, tanks and reservoirs, and the water quality of its sections. A station without an asset gets a small
 * catchment of its own.
 */
export function createDistrictWater(options: DistrictWaterOptions): DistrictWater {
  return new DistrictModel(options);
}

class DistrictModel implements DistrictWater {
  readonly #seed: number;
  readonly #rain: RainField;
  readonly #network: WaterNetwork;
  readonly #sights: ReadonlyMap<string, StationSight>;
  readonly #start: EpochMs;
  #hasStarted = false;
  #now: EpochMs;
  /** The end of the last step. */
  #stepped: number;

  constructor({ district, stations, seed, start, weather = {} }: DistrictWaterOptions) {
    this.#seed = seed;
    this.#start = start;
    const plane = planeOf(district, stations);
    this.#rain = new RainField(new Weather(seed, weather, plane));
    const { spots, index } = surveySpots(district, stations, plane);
    this.#network = buildNetwork({ spots, edges: district.flow, rain: this.#rain, seed, stepS: STEP_S });
    const sights = stations.map(
      station => new StationSight(station, { index, network: this.#network, rain: this.#rain, plane, seed }),
    );
    this.#sights = new Map(sights.map(sight => [sight.station.id, sight]));
    this.#stepped = Math.floor((start - WARM_UP_MS) / STEP_MS) * STEP_MS;
    this.#now = epochMs(this.#stepped);
    beginNetwork(this.#network, momentAt(this.#stepped));
  }

  get now(): EpochMs {
    return this.#now;
  }

  advance(to: EpochMs): void {
    if (!this.#hasStarted && to >= this.#start) {
      this.#stepTo(this.#start);
      this.#beginBalance();
    }
    this.#stepTo(to);
    this.#now = epochMs(Math.max(this.#now, to));
  }

  #beginBalance(): void {
    this.#hasStarted = true;
    const stored = storedByBasin(this.#network);
    for (const ledger of this.#network.ledgers.values()) ledger.begin(stored.get(ledger) ?? 0);
  }

  #stepTo(to: EpochMs): void {
    while (this.#stepped + STEP_MS <= to) {
      // Rain is constant over a minute, and the step lies within one.
      this.#rain.moveTo(this.#stepped);
      const moment = momentAt(this.#stepped + STEP_MS);
      for (const node of this.#network.nodes) node.step(moment);
      for (const sight of this.#sights.values()) sight.step(moment);
      this.#stepped += STEP_MS;
    }
  }

  read(station: StationSpec, datastream: DatastreamSpec): number | undefined {
    const trueValue = this.#sights.get(station.id)?.trueValue(datastream, this.#now);
    if (trueValue === undefined) return undefined;
    return sensed(trueValue, { station, datastream }, { seed: this.#seed, at: this.#now });
  }

  balance(): WaterBalance {
    const stored = storedByBasin(this.#network);
    const perBasin = [...this.#network.ledgers].map(
      ([basin, ledger]) => [basin, ledger.balance(stored.get(ledger) ?? 0)] as const,
    );
    return sumBalances(new Map(perBasin));
  }
}

function momentAt(endMs: number): Moment {
  const at = epochMs(endMs);
  return { at, stepS: STEP_S, evaporationMmPerS: evaporationMmPerS(at), waterUse: waterUse(at) };
}
