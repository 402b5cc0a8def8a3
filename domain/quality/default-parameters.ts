import { HOUR_MS, MINUTE_MS } from '../time/instant.ts';
import type { QualityParameterEntry } from './quality-parameter-file.ts';

const proposal = { source: 'proposal' } as const;

/** A gauge against its neighbours and against what has fallen here: twice the heaviest 5 min, the red hour, 24 h of 2023. */
const RAIN: Pick<QualityParameterEntry, 'rainIntensity' | 'rainNeighbour'> = {
  rainIntensity: {
    limits: [
      { overMs: 5 * MINUTE_MS, suspectThreshold: 30 },
      { overMs: HOUR_MS, suspectThreshold: 120 },
      { overMs: 24 * HOUR_MS, suspectThreshold: 800 },
    ],
    ...proposal,
  },
  rainNeighbour: { overMs: 2 * HOUR_MS, wetMm: 10, ratio: 5, minNeighbours: 2, ...proposal },
};

type FlatLineEntry = NonNullable<QualityParameterEntry['flatLine']>;

/** A level that stands still to the millimetre for half a day means nothing in dry weather. */
const STILL_IN_RAIN: FlatLineEntry = {
  tolerance: 0.001,
  suspectThresholdMs: 12 * HOUR_MS,
  minRainMm: 5,
  ...proposal,
};

/** An analyser that gives the same value three times to the last decimal has not measured; one value each 4 h. */
const ANALYSER: Pick<QualityParameterEntry, 'flatLine'> = {
  flatLine: { tolerance: 0, suspectThresholdMs: 8 * HOUR_MS, ...proposal },
};

/** A sonde in running water is never still to the last decimal for a day. */
const SONDE_STILL: FlatLineEntry = {
  tolerance: 0,
  suspectThresholdMs: 24 * HOUR_MS,
  ...proposal,
};

function sonde(
  property: string,
  spikeThreshold: number,
  ratePerHour: number,
  rest: Partial<QualityParameterEntry> = {},
): QualityParameterEntry {
  return {
    property,
    spike: { suspectThreshold: spikeThreshold, ...proposal },
    rateOfChange: { suspectThreshold: ratePerHour, perMs: HOUR_MS, ...proposal },
    flatLine: SONDE_STILL,
    ...rest,
  };
}

/** What is due twice and did not come is a gap, for every property. */
export const DEFAULT_TIME_GAP = { suspectIntervals: 2, ...proposal } as const;

/**
 * Parameters that hold where a district says nothing else. Thresholds are examples of QARTOD's authors or ours, never a
 * standard: the tests are standard, the numbers belong to the site. Later entries add to earlier ones.
 */
export const DEFAULT_PARAMETERS: readonly QualityParameterEntry[] = [
  {
    property: 'water_level',
    spike: { suspectThreshold: 0.15, ...proposal },
    rateOfChange: { suspectThreshold: 0.5, perMs: 5 * MINUTE_MS, ...proposal },
    flatLine: STILL_IN_RAIN,
  },
  {
    property: 'water_level',
    assetTypes: ['river_gauge'],
    neighbour: {
      overMs: HOUR_MS,
      maxAgeMs: 30 * MINUTE_MS,
      suspectThreshold: 1,
      minNeighbours: 2,
      ...proposal,
    },
  },
  {
    property: 'ponding_depth',
    spike: { suspectThreshold: 0.05, ...proposal },
    rateOfChange: { suspectThreshold: 0.3, perMs: 5 * MINUTE_MS, ...proposal },
    // Nothing stands to the millimetre for half a day on a street but a dry street.
    flatLine: {
      tolerance: 0.001,
      suspectThresholdMs: 12 * HOUR_MS,
      exemptSpan: [-0.05, 0.02],
      ...proposal,
    },
  },
  {
    property: 'manhole_level',
    spike: { suspectThreshold: 0.3, ...proposal },
    rateOfChange: { suspectThreshold: 2, perMs: 5 * MINUTE_MS, ...proposal },
    flatLine: STILL_IN_RAIN,
  },
  {
    property: 'sump_level',
    // Pumps make a saw-tooth of the level, so only what no pump can do is doubted.
    spike: { suspectThreshold: 1, ...proposal },
    rateOfChange: { suspectThreshold: 2, perMs: 5 * MINUTE_MS, ...proposal },
    flatLine: STILL_IN_RAIN,
  },
  { property: 'rainfall', ...RAIN },
  { property: 'rainfall_counter', ...RAIN, counterReset: { resetMaxMm: 1, ...proposal } },
  sonde('water_temperature', 1, 3),
  sonde('ph', 0.5, 1, { grossRange: { suspectSpan: [5, 10], ...proposal } }),
  sonde('dissolved_oxygen', 1.5, 4),
  sonde('conductivity', 100, 300),
  sonde('turbidity', 100, 500),
  { property: 'ammonia_nitrogen', ...ANALYSER },
  { property: 'total_phosphorus', ...ANALYSER },
  { property: 'total_nitrogen', ...ANALYSER },
  { property: 'permanganate_index', ...ANALYSER },
  { property: 'chemical_oxygen_demand', ...ANALYSER },
];
