import type { WaterBody } from '../../domain/assessment/quality-class.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import type { WaterNetwork } from './build-network.ts';
import { daylight, warmth } from './day-cycle.ts';
import type { Moment } from './element.ts';
import type { LocalPlane } from './place.ts';
import type { RainField, RainSample } from './rain-field.ts';
import { RainGauge } from './rain-gauge.ts';
import { isQuality, stationPlace } from './spot.ts';
import type { Spot, SpotIndex } from './spot.ts';
import { WaterQuality } from './water-quality.ts';
import type { WaterNode } from './water-node.ts';

const OWN_WEATHER = new Set(['rainfall', 'rainfall_counter', 'air_temperature']);

/** What one station sees of the district: the nodes its properties belong to, its own rain, its own cabinet. */
export class StationSight {
  readonly station: StationSpec;
  readonly #nodes = new Map<string, WaterNode>();
  /** Instances of each property, in order: pumps and sensors are numbered by them. */
  readonly #instances = new Map<string, readonly string[]>();
  readonly #gauge: RainGauge | undefined;
  readonly #rain: RainSample;

  constructor(
    station: StationSpec,
    options: {
      readonly index: SpotIndex;
      readonly network: WaterNetwork;
      readonly rain: RainField;
      readonly plane: LocalPlane;
      readonly seed: number;
    },
  ) {
    const { index, network, rain, plane, seed } = options;
    this.station = station;
    this.#rain = rain.sampleAt(stationPlace(station, plane));
    for (const [property, spot] of index.get(station.id) ?? []) {
      const node = network.bySpot.get(spot);
      if (node === undefined) continue;
      this.#nodes.set(property, node);
      if (!isQuality(property) || node.quality !== undefined) continue;
      const warmC = new Random(seed, `${spot.id}/quality`).between(25, 28);
      node.watchQuality(new WaterQuality(warmC, waterBodyOf(spot)));
    }
    for (const { property } of station.datastreams) {
      const own = station.datastreams.filter(datastream => datastream.property === property);
      const instances = own.map(({ instance = '' }) => instance);
      this.#instances.set(property, instances.sort(byNumber));
    }
    this.#gauge = createGauge(station);
  }

  step(moment: Moment): void {
    this.#gauge?.step(this.#rain.mmPerS, moment.stepS, moment.at);
  }

  /** What a sensor without error would show; `undefined` for what the station does not see. */
  trueValue({ property, instance = '', intervalMs }: DatastreamSpec, at: EpochMs): number | undefined {
    switch (property) {
      case 'rainfall':
        return this.#gauge?.totalMm(intervalMs);
      case 'rainfall_counter':
        return this.#gauge?.counterMm;
      case 'air_temperature':
        return 28 + 3.5 * warmth(at) - 3.5 * (this.#gauge?.wetness ?? 0);
      case 'battery_voltage':
        return this.#batteryV(at);
      case 'door_open':
        return 0;
      default: {
        const node = this.#nodes.get(property);
        if (isQuality(property)) return node?.quality?.value(property);
        const position = this.#instances.get(property)?.indexOf(instance) ?? 0;
        return node?.element.value(property, Math.max(0, position));
      }
    }
  }

  /** A solar battery: charged by day, drained by night, in the middle of its sensor's span. */
  #batteryV(at: EpochMs): number {
    const datastream = this.station.datastreams.find(({ property }) => property === 'battery_voltage');
    const [low, high] = datastream?.sensorSpan ?? [10, 15];
    return low + (high - low) * (0.48 + 0.05 * daylight(at) + 0.02 * warmth(at));
  }
}

/** Numbers by value, other names by code. */
function byNumber(one: string, other: string): number {
  const difference = Number(one) - Number(other);
  if (Number.isFinite(difference) && difference !== 0) return difference;
  return one < other ? -1 : Number(one > other);
}

function createGauge({ datastreams }: StationSpec): RainGauge | undefined {
  if (!datastreams.some(({ property }) => OWN_WEATHER.has(property))) return undefined;
  const gauge = new RainGauge();
  for (const { property, intervalMs } of datastreams) {
    if (OBSERVED_PROPERTIES.get(property)?.interpolation === 'period_total') gauge.addPeriod(intervalMs);
  }
  return gauge;
}

/** Sections say it; a quality station at a reservoir stands at a lake. */
function waterBodyOf({ waterBody, type }: Spot): WaterBody {
  return waterBody ?? (type === 'reservoir' ? 'lake' : 'river');
}
