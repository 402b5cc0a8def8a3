import type { District } from '../../domain/model/district.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { createDistrictWater } from '../hydrology/district-water.ts';
import type { WeatherPlan } from '../hydrology/weather.ts';
import { scenarioSpan } from '../scenario/scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Span } from '../scenario/span.ts';
import { planDistrict } from './plan-district.ts';
import type { SimulatedStep } from './simulated-step.ts';

export interface Stage {
  readonly stations: readonly StationSpec[];
  readonly district: District;
  /** What the start of the scenario counts from. */
  readonly now: EpochMs;
  /** When a station begins to measure; default: with the scenario. */
  readonly measuresFrom?: (station: StationSpec) => EpochMs;
}

/**
 * Puts a scenario on the stage: its weather falls on the district, its behaviours are given to stations.
 *
 * @throws AppError `scenario_invalid` where a behaviour names a station that is not there
 */
export function stageScenario(
  scenario: Scenario,
  { stations, district, now, measuresFrom }: Stage,
): { readonly span: Span; readonly steps: Iterable<SimulatedStep> } {
  const { seed, behaviours } = scenario;
  const span = scenarioSpan(scenario, now);
  const weather = weatherOf(scenario, span.from);
  const water = createDistrictWater({ district, stations, seed, start: span.from, weather });
  const from = measuresFrom === undefined ? {} : { measuresFrom };
  return { span, steps: planDistrict({ stations, water, seed, span, behaviours, ...from }) };
}

function weatherOf({ weather }: Scenario, start: EpochMs): WeatherPlan {
  return {
    ...(weather.climate === undefined ? {} : { climate: weather.climate }),
    storms: weather.storms.map(({ from, duration, peakShare, driftKmPerH, ...rest }) => ({
      ...rest,
      begin: epochMs(start + from),
      durationMs: duration,
      ...(peakShare === undefined ? {} : { peakShare }),
      ...(driftKmPerH === undefined ? {} : { driftKmPerH }),
    })),
  };
}
