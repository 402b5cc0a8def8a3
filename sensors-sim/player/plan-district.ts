import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { castBehaviours } from '../scenario/cast-behaviours.ts';
import type { Behaviour } from '../scenario/behaviour-kinds.ts';
import type { Span } from '../scenario/span.ts';
import { DeviceState } from './device-state.ts';
import { DueQueue } from './due-queue.ts';
import { SimulatedDevice } from './simulated-device.ts';
import type { SimulatedStep } from './simulated-step.ts';

/** The water as the sensors see it. */
export interface ReadableWater {
  readonly now: EpochMs;
  advance(to: EpochMs): void;
  read(station: StationSpec, datastream: DatastreamSpec): number | undefined;
}

export interface PlanOptions {
  readonly stations: readonly StationSpec[];
  readonly water: ReadableWater;
  readonly seed: number;
  /** The scenario in time; behaviours count from its begin. */
  readonly span: Span;
  readonly behaviours: readonly Behaviour[];
  /** When a station begins to measure, not before the span; default: with the span. */
  readonly measuresFrom?: (station: StationSpec) => EpochMs;
  /** Until then no station has a connection, as if the server had not been there. */
  readonly connectsFrom?: EpochMs;
}

/**
 * What all stations do, in the order of time and without an end. A function of the options alone: the same options give
 * the same bytes, however fast they are taken.
 *
 * @throws AppError `scenario_invalid` where a behaviour names a station that is not there
 */
export function planDistrict(options: PlanOptions): IterableIterator<SimulatedStep> {
  const { stations, seed, span, behaviours, connectsFrom } = options;
  const effects = castBehaviours(behaviours, { stations, seed, span });
  const devices = stations.map(spec => {
    const from = epochMs(Math.max(span.from, options.measuresFrom?.(spec) ?? span.from));
    const away = connectsFrom === undefined || connectsFrom <= from ? [] : [{ from, to: connectsFrom }];
    return new SimulatedDevice(spec, { state: new DeviceState(effects.get(spec.id) ?? [], away), from });
  });
  return stepsOf(devices, options.water);
}

/** The longest span the water moves in one go: a few milliseconds for a whole district. */
const PASS_MS = 2 * MINUTE_MS;

function* stepsOf(devices: readonly SimulatedDevice[], water: ReadableWater): Generator<SimulatedStep> {
  const read = water.read.bind(water);
  const queue = new DueQueue(devices);
  for (let due = queue.take(); due !== undefined; due = queue.take()) {
    const { device, at } = due;
    while (water.now < at) {
      const to = epochMs(Math.min(at, water.now + PASS_MS));
      water.advance(to);
      if (to < at) yield { kind: 'pass', at: to };
    }
    yield* device.act(at, read);
    queue.put(device, due.index);
  }
}
