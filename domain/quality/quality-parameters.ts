import type { EpochMs } from '../time/instant.ts';
import { epochMs } from '../time/instant.ts';
import type { ClimatologyParameters } from './climatology.ts';
import type { FlatLineParameters } from './flat-line.ts';
import { flatLineSpanMs } from './flat-line.ts';
import type { GrossRangeParameters } from './gross-range.ts';
import type { NeighbourParameters } from './neighbour.ts';
import type {
  CounterResetParameters,
  RainIntensityParameters,
  RainNeighbourParameters,
} from './rain-checks.ts';
import type { RainKind } from './rain-amount.ts';
import type { RateOfChangeParameters } from './rate-of-change.ts';
import type { SpikeParameters } from './spike.ts';
import type { TimeGapParameters } from './time-gap.ts';

/**
 * The parameters of one datastream; a test without parameters does not run. Every test looks at a bounded time around
 * the reading, so the flags of a reading follow from the readings within `reachOf`.
 */
export interface QualityParameters {
  /** Readings further apart than this are not compared with each other, milliseconds. */
  readonly maxGapMs: number;
  /**
   * For what floods: real floods look like spikes, so no comparison with other readings may say more than SUSPECT.
   * FAIL is left to the sensor's span and the device.
   */
  readonly suspectAtMost: boolean;
  /** How the series counts, where it is rain. */
  readonly rainKind?: RainKind;
  readonly grossRange: GrossRangeParameters;
  readonly timeGap?: TimeGapParameters;
  readonly spike?: SpikeParameters;
  readonly rateOfChange?: RateOfChangeParameters;
  readonly flatLine?: FlatLineParameters;
  readonly climatology?: ClimatologyParameters;
  readonly neighbour?: NeighbourParameters;
  readonly rainIntensity?: RainIntensityParameters;
  readonly rainNeighbour?: RainNeighbourParameters;
  readonly counterReset?: CounterResetParameters;
}

/** How far from a reading the tests look, milliseconds: its flags rest on [t − before, t + after] and nothing else. */
export interface Reach {
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** How far the tests look in the series itself. */
export function reachOf(parameters: QualityParameters): Reach {
  const { maxGapMs, timeGap, rateOfChange, flatLine, neighbour, rainIntensity, rainNeighbour } = parameters;
  // A run or a sum may begin with a reading just outside the span, so a gap is added to each.
  const beforeMs = Math.max(
    maxGapMs,
    timeGap?.suspectThresholdMs ?? 0,
    rateOfChange?.perMs ?? 0,
    flatLine === undefined ? 0 : flatLineSpanMs(flatLine) + maxGapMs,
    neighbour === undefined ? 0 : neighbour.overMs + neighbour.maxAgeMs,
    ...(rainIntensity?.limits ?? []).map(({ overMs }) => overMs + maxGapMs),
    rainNeighbour === undefined ? 0 : rainNeighbour.overMs + maxGapMs,
  );
  return { beforeMs, afterMs: parameters.spike === undefined ? 0 : maxGapMs };
}

/** How far back the tests look in the series of neighbours and rain gauges, milliseconds; never ahead. */
export function companionReachMs(parameters: QualityParameters): number {
  const { maxGapMs, flatLine, neighbour, rainNeighbour } = parameters;
  return Math.max(
    neighbour === undefined ? 0 : neighbour.overMs + neighbour.maxAgeMs,
    rainNeighbour === undefined ? 0 : rainNeighbour.overMs + maxGapMs,
    flatLine?.minRainMm === undefined ? 0 : flatLineSpanMs(flatLine) + maxGapMs,
  );
}

/** From and to, both included. */
export interface TimeSpan {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** The readings whose flags a reading at `t` takes part in. */
export function affectedBy(t: EpochMs, parameters: QualityParameters): TimeSpan {
  const { beforeMs, afterMs } = reachOf(parameters);
  return { from: epochMs(t - afterMs), to: epochMs(t + beforeMs) };
}

/** The readings that the flags of a span follow from. */
export function windowFor({ from, to }: TimeSpan, parameters: QualityParameters): TimeSpan {
  const { beforeMs, afterMs } = reachOf(parameters);
  return { from: epochMs(from - beforeMs), to: epochMs(to + afterMs) };
}
