import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { QualityFlag } from '../../domain/model/observation.ts';
import { WARNING_SEVERITIES } from '../../domain/model/warning-severity.ts';
import { MINUTE_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import { VALUE_ITSELF } from '../../rules/measure.ts';
import type { RulePlan } from '../../rules/plan.ts';
import type { Reading } from '../../rules/sample.ts';

/** 2026-06-01T00:00:00+08:00 */
const RULE_TEST_START = Date.UTC(2026, 4, 31, 16);

/** The instant so many minutes after the start of the test. */
export function minute(at: number) {
  return epochMs(RULE_TEST_START + at * MINUTE_MS);
}

/** A good reading of `S/ponding_depth`, received at once. */
export function readingAt(
  at: number,
  v: number | null,
  rest: { quality?: QualityFlag; input?: string; receivedAfter?: number; sent?: number } = {},
): Reading {
  const { quality = QUALITY.good, input = 'S/ponding_depth', receivedAfter = 0, sent = at } = rest;
  return {
    kind: 'reading',
    input,
    t: minute(at),
    v,
    quality,
    deviceFlag: NORMAL_FLAG,
    source: SOURCE_RANK.device,
    sent: minute(sent),
    received: minute(at + receivedAfter),
    position: 1,
  };
}

/** A ladder over the value itself: limits from blue upwards, in order. */
export function ladderPlan(
  limits: readonly (number | undefined)[],
  rest: {
    maxGapMin?: number;
    deadband?: number;
    holdMin?: number;
    readings?: number;
    offDelayMin?: number;
    raisesWhenBlind?: boolean;
    watch?: number;
  } = {},
): RulePlan {
  const { maxGapMin = 5, deadband = 0, holdMin = 0, readings = 1, offDelayMin = 0, watch } = rest;
  const blindMin = rest.raisesWhenBlind === false ? 0 : 120;
  const steps = limits.flatMap((limit, rank) => {
    const severity = WARNING_SEVERITIES[rank];
    if (limit === undefined || severity === undefined) return [];
    const clear = limit - deadband;
    return [{ severity, measure: 0, name: severity, relation: '>=' as const, limit, clear }];
  });
  return {
    kind: 'test',
    inputs: [
      {
        key: 'S/ponding_depth',
        maxGapMs: durationMs(maxGapMin * MINUTE_MS),
        intervalMs: MINUTE_MS,
        unit: 'm',
      },
    ],
    measure: VALUE_ITSELF,
    measureKey: 'test',
    ladderKey: JSON.stringify([limits, rest]),
    stepsAt: () => steps,
    hold: { forMs: durationMs(holdMin * MINUTE_MS), readings },
    offDelayMs: durationMs(offDelayMin * MINUTE_MS),
    ...(blindMin === 0 ? {} : { blindWithinMs: durationMs(blindMin * MINUTE_MS) }),
    ...(watch === undefined ? {} : { watch: { measure: 0, relation: '>=', limit: watch } }),
    liveWindowMs: durationMs(10 * MINUTE_MS),
    reachMs: durationMs((holdMin + offDelayMin + blindMin + (readings + 1) * maxGapMin) * MINUTE_MS),
    silencesMs: [],
  };
}
