import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';

interface SensorKind {
  readonly decimals: number;
  /** Standard deviation: a fixed part in the property's unit and a share of the value. */
  readonly noise: number;
  readonly noiseShare?: number;
  /** At exactly zero such a sensor shows zero: a dry road, a resting pump. */
  readonly isQuietAtZero?: boolean;
}

const STATE: SensorKind = { decimals: 0, noise: 0 };
const ANALYSER: SensorKind = { decimals: 3, noise: 0.003, noiseShare: 0.02 };

/** By property; uncertainties inside those of WMO-No. 168, table I.2.5. */
const SENSORS: Readonly<Record<string, SensorKind>> = {
  water_level: { decimals: 3, noise: 0.003 },
  manhole_level: { decimals: 3, noise: 0.003 },
  sump_level: { decimals: 3, noise: 0.004 },
  ponding_depth: { decimals: 3, noise: 0.002, isQuietAtZero: true },
  discharge: { decimals: 3, noise: 0.001, noiseShare: 0.015, isQuietAtZero: true },
  velocity: { decimals: 2, noise: 0.01, isQuietAtZero: true },
  rainfall: { decimals: 1, noise: 0 },
  rainfall_counter: { decimals: 1, noise: 0 },
  water_temperature: { decimals: 2, noise: 0.03 },
  air_temperature: { decimals: 1, noise: 0.12 },
  ph: { decimals: 2, noise: 0.01 },
  dissolved_oxygen: { decimals: 2, noise: 0.04 },
  conductivity: { decimals: 0, noise: 2 },
  turbidity: { decimals: 1, noise: 0.3, noiseShare: 0.03 },
  ammonia_nitrogen: ANALYSER,
  total_phosphorus: ANALYSER,
  total_nitrogen: ANALYSER,
  permanganate_index: { decimals: 2, noise: 0.05 },
  chemical_oxygen_demand: { decimals: 1, noise: 0.4 },
  redox_potential: { decimals: 0, noise: 2 },
  chlorophyll_a: { decimals: 4, noise: 0.0004 },
  algal_density: { decimals: 0, noise: 0, noiseShare: 0.05 },
  gate_opening: { decimals: 2, noise: 0 },
  pump_running: STATE,
  pump_power: { decimals: 1, noise: 0, noiseShare: 0.01 },
  storage_volume: { decimals: 0, noise: 0 },
  battery_voltage: { decimals: 2, noise: 0.01 },
  door_open: STATE,
};
const OTHER: SensorKind = { decimals: 3, noise: 0 };

/**
 * What a sensor shows of a true value: its error is a function of seed, station, datastream and time alone, so the order
 * in which sensors are read changes nothing. Stays inside the sensor's span, as a working sensor does.
 */
export function sensed(
  trueValue: number,
  sensor: { readonly station: StationSpec; readonly datastream: DatastreamSpec },
  when: { readonly seed: number; readonly at: EpochMs },
): number {
  const { station, datastream } = sensor;
  const kind = SENSORS[datastream.property] ?? OTHER;
  const spread = kind.noise + (kind.noiseShare ?? 0) * Math.abs(trueValue);
  const isQuiet = spread === 0 || (kind.isQuietAtZero === true && trueValue === 0);
  const label = `${station.id}/${formatDatastreamName(datastream)}/${when.at}`;
  const shown = isQuiet ? trueValue : trueValue + spread * new Random(when.seed, label).normal();
  const [low, high] = datastream.sensorSpan ??
    OBSERVED_PROPERTIES.get(datastream.property)?.sensorSpan ?? [-Infinity, Infinity];
  const floor = kind.isQuietAtZero === true && trueValue >= 0 ? Math.max(0, low) : low;
  // Adding zero turns a negative zero into a plain one.
  return Number(Math.min(high, Math.max(floor, shown)).toFixed(kind.decimals)) + 0;
}
