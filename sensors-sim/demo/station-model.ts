import { formatDatastreamName } from '../../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { Random } from '../random.ts';
import { LinearReservoir } from '../hydrology/linear-reservoir.ts';
import { PondingBasin, drawPondingShape } from './ponding-basin.ts';
import { PumpSump, sumpShape } from './pump-sump.ts';
import { RiverReach } from './river-reach.ts';
import { RAIN_PERIOD_MS } from './storm-field.ts';
import type { Place, StormField } from './storm-field.ts';
import { WaterQuality, warmth } from './water-quality.ts';

/** Reference point of `Place`: the middle of the demo district, degrees. */
const REFERENCE = { latitude: 22.69, longitude: 114.21 };
const KM_PER_DEGREE = 111.2;
/** Rain gauges count tips of this depth, millimetres. */
const TIP_MM = 0.1;
/** A still sump would never start a pump: ground water seeps in, m³/s. */
const SEEPAGE_M3_PER_S = 0.012;

/** Decimals and noise (standard deviation) of a sensor, by property; others have three decimals and no noise. */
const SENSORS: Readonly<Record<string, { readonly decimals: number; readonly noise: number }>> = {
  water_level: { decimals: 3, noise: 0.003 },
  manhole_level: { decimals: 3, noise: 0.003 },
  sump_level: { decimals: 3, noise: 0.004 },
  ponding_depth: { decimals: 3, noise: 0 },
  discharge: { decimals: 2, noise: 0.02 },
  velocity: { decimals: 2, noise: 0.01 },
  water_temperature: { decimals: 2, noise: 0.03 },
  air_temperature: { decimals: 1, noise: 0.15 },
  ph: { decimals: 2, noise: 0.01 },
  dissolved_oxygen: { decimals: 2, noise: 0.04 },
  conductivity: { decimals: 0, noise: 2 },
  turbidity: { decimals: 1, noise: 0.6 },
  battery_voltage: { decimals: 2, noise: 0.01 },
  storage_volume: { decimals: 0, noise: 0 },
  pump_power: { decimals: 1, noise: 0 },
  pump_running: { decimals: 0, noise: 0 },
  door_open: { decimals: 0, noise: 0 },
};

/**
 * One station of the demo district: the processes its datastreams need, fed by the rain at its place. Deterministic:
 * the same seed, begin, steps and reads give the same values.
 */
export class StationModel {
  readonly #spec: StationSpec;
  readonly #storms: StormField;
  readonly #random: Random;
  readonly #place: Place;
  readonly #river: RiverReach;
  readonly #sewer = new LinearReservoir(600, 0.02);
  readonly #sump: PumpSump;
  readonly #quality: WaterQuality;
  readonly #ponds = new Map<string, PondingBasin>();
  readonly #pumps: readonly string[];
  readonly #walks = new Map<string, number>();
  readonly #tipsRead = new Map<string, number>();
  #sewerFlowM3PerS = 0.02;
  #storedShare = 0.6;
  #rainMm = 0;
  #now: EpochMs;
  #period = -1;
  #periodDepthMm = 0;

  constructor(
    spec: StationSpec,
    options: { readonly seed: number; readonly storms: StormField; readonly from: EpochMs },
  ) {
    this.#spec = spec;
    this.#storms = options.storms;
    this.#now = options.from;
    this.#random = new Random(options.seed, spec.id);
    this.#place = {
      eastKm:
        ((spec.longitude ?? REFERENCE.longitude) - REFERENCE.longitude) *
        KM_PER_DEGREE *
        Math.cos((REFERENCE.latitude * Math.PI) / 180),
      northKm: ((spec.latitude ?? REFERENCE.latitude) - REFERENCE.latitude) * KM_PER_DEGREE,
    };
    const [zeroM, topM] = this.#range('water_level', [0, 8]);
    this.#river = new RiverReach(
      this.#random,
      zeroM + 0.2 * (topM - zeroM),
      Math.min(6, 0.6 * (topM - zeroM)),
    );
    this.#quality = new WaterQuality(this.#random);
    const instances = spec.datastreams.filter(({ property }) => property.startsWith('pump_'));
    this.#pumps = [...new Set(instances.map(({ instance }) => instance ?? ''))].sort();
    const [floorM, edgeM] = this.#range('sump_level', [-6, 0]);
    this.#sump = new PumpSump(
      sumpShape({
        floorM: floorM + 0.1 * (edgeM - floorM),
        heightM: 0.6 * (edgeM - floorM),
        areaM2: 30,
        pumps: Math.max(1, this.#pumps.length),
        pumpM3PerS: 0.12,
      }),
    );
    for (const { property, instance } of spec.datastreams) {
      if (property === 'ponding_depth') {
        this.#ponds.set(instance ?? '', new PondingBasin(drawPondingShape(this.#random)));
      }
    }
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** Moves on to `at` in steps of at most `stepMs`, cut at the edges of the rain periods. */
  advance(at: EpochMs, stepMs: number): void {
    while (this.#now < at) {
      const edge = (Math.floor(this.#now / RAIN_PERIOD_MS) + 1) * RAIN_PERIOD_MS;
      const next = epochMs(Math.min(at, this.#now + stepMs, edge));
      this.#step(next, (next - this.#now) / 1_000);
      this.#now = next;
    }
  }

  #step(end: EpochMs, stepS: number): void {
    const rainMmPerS = (this.#depthAt(end) * 1_000) / RAIN_PERIOD_MS;
    this.#rainMm += rainMmPerS * stepS;
    this.#river.step(rainMmPerS, stepS);
    // Ten hectares of streets drain to a manhole, four to a sump.
    this.#sewerFlowM3PerS = this.#sewer.step((rainMmPerS / 1_000) * 70_000 + 0.02, stepS);
    this.#sump.step((rainMmPerS / 1_000) * 28_000 + SEEPAGE_M3_PER_S, stepS);
    this.#quality.step(end, rainMmPerS, stepS);
    for (const pond of this.#ponds.values()) pond.step(rainMmPerS, stepS);
    const released = (this.#storedShare - 0.6) * 2e-6 + 4e-8;
    this.#storedShare += (rainMmPerS * 2e-4 - released) * stepS;
  }

  #depthAt(end: EpochMs): number {
    const period = Math.ceil(end / RAIN_PERIOD_MS);
    if (period !== this.#period) {
      this.#period = period;
      this.#periodDepthMm = this.#storms.periodDepthMm(end, this.#place, this.#spec.id);
    }
    return this.#periodDepthMm;
  }

  /** What the sensor of the datastream shows now, rounded as it reports it and never outside its span. */
  read(datastream: DatastreamSpec): number {
    const { property } = datastream;
    const { decimals, noise } = SENSORS[property] ?? { decimals: 3, noise: 0 };
    const value = this.#value(datastream) + (noise === 0 ? 0 : noise * this.#random.normal());
    const [low, high] = datastream.sensorSpan ??
      OBSERVED_PROPERTIES.get(property)?.sensorSpan ?? [value, value];
    return Number(Math.min(high, Math.max(low, value)).toFixed(decimals));
  }

  #value(datastream: DatastreamSpec): number {
    const { property, instance = '' } = datastream;
    switch (property) {
      case 'water_level':
        return this.#isReservoir ? this.#reservoirLevelM : this.#river.stageM;
      case 'discharge':
        return this.#river.dischargeM3PerS;
      case 'velocity':
        return this.#river.velocityMPerS;
      case 'storage_volume':
        return this.#storedShare * 0.5 * (datastream.sensorSpan?.[1] ?? 1e8);
      case 'ponding_depth':
        return this.#ponds.get(instance)?.depthM ?? 0;
      case 'manhole_level': {
        const [low, high] = this.#range('manhole_level', [-4, 0]);
        // A full pipe backs up with the square of its flow.
        return low + (high - low) * Math.min(0.95, 0.15 + 0.25 * this.#sewerFlowM3PerS ** 0.7);
      }
      case 'sump_level':
        return this.#sump.levelM;
      case 'pump_running':
        return Number(this.#isRunning(instance));
      case 'pump_power':
        return this.#isRunning(instance) ? 55 + this.#random.between(-1, 1) : 0;
      case 'rainfall': {
        const tips = Math.floor(this.#rainMm / TIP_MM);
        const key = formatDatastreamName(datastream);
        const before = this.#tipsRead.get(key) ?? tips;
        this.#tipsRead.set(key, tips);
        return (tips - before) * TIP_MM;
      }
      case 'rainfall_counter':
        return Math.floor(this.#rainMm / TIP_MM) * TIP_MM;
      case 'air_temperature':
        return 28 + 3.5 * warmth(this.#now);
      case 'battery_voltage': {
        const [low, high] = datastream.sensorSpan ?? [11, 14];
        return (low + high) / 2 + 0.04 * (high - low) * warmth(this.#now);
      }
      case 'door_open':
        return 0;
      default:
        return this.#quality.value(property) ?? this.#walk(datastream);
    }
  }

  get #isReservoir(): boolean {
    return this.#spec.datastreams.some(({ property }) => property === 'storage_volume');
  }

  get #reservoirLevelM(): number {
    const [low, high] = this.#range('water_level', [0, 30]);
    // Reservoirs widen upwards: the volume grows with about the 2.5th power of the depth.
    return low + (high - low) * 0.9 * Math.max(0, this.#storedShare) ** (1 / 2.5);
  }

  #isRunning(instance: string): boolean {
    return this.#sump.isRunning(this.#pumps.indexOf(instance));
  }

  /** A slow bounded random walk in the middle of the sensor's span, for properties the models do not know. */
  #walk(datastream: DatastreamSpec): number {
    const [low, high] = datastream.sensorSpan ??
      OBSERVED_PROPERTIES.get(datastream.property)?.sensorSpan ?? [0, 1];
    const key = formatDatastreamName(datastream);
    const share = (this.#walks.get(key) ?? 0.3) + 0.004 * this.#random.normal();
    const bounded = Math.min(0.45, Math.max(0.15, share));
    this.#walks.set(key, bounded);
    return low + bounded * (high - low);
  }

  /** The span the station gives for a property, which says where it lies; the property's own span says nothing. */
  #range(property: string, otherwise: readonly [number, number]): readonly [number, number] {
    return (
      this.#spec.datastreams.find(datastream => datastream.property === property)?.sensorSpan ?? otherwise
    );
  }
}
