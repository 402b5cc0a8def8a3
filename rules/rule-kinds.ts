import { absence } from './kinds/absence.ts';
import { manholeFreeboard } from './kinds/manhole-freeboard.ts';
import { ponding } from './kinds/ponding.ts';
import { reservoirFloodLimit } from './kinds/reservoir-flood-limit.ts';
import { thresholdLadder } from './kinds/threshold-ladder.ts';
import { waterQualityLimit } from './kinds/water-quality-limit.ts';
import { corroborated } from './kinds/corroborated.ts';
import { rainAccumulation } from './kinds/rain-accumulation.ts';
import { rateOfRise } from './kinds/rate-of-rise.ts';
import { stuck } from './kinds/stuck.ts';
import { backflow } from './kinds/backflow.ts';
import { sumpRising } from './kinds/sump-rising.ts';
import { overMedian } from './kinds/over-median.ts';
import { waterQualityClass } from './kinds/water-quality-class.ts';
import { waterQualityStep } from './kinds/water-quality-step.ts';

/** Every kind of rule, by the name that rule sets use. */
export const RULE_KINDS = {
  threshold_ladder: thresholdLadder,
  ponding,
  reservoir_flood_limit: reservoirFloodLimit,
  manhole_freeboard: manholeFreeboard,
  water_quality_limit: waterQualityLimit,
  absence,
  rate_of_rise: rateOfRise,
  rain_accumulation: rainAccumulation,
  stuck,
  corroborated,
  backflow,
  sump_rising: sumpRising,
  water_quality_step: waterQualityStep,
  water_quality_class: waterQualityClass,
  over_median: overMedian,
} as const;
export type RuleKindName = keyof typeof RULE_KINDS;
