import { localMonthDay } from '../domain/time/local-day.ts';
import { durationMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Season } from './mode-condition.ts';
import type { PlanMode, RulePlan } from './plan.ts';
import { isInForce } from './signals-in-force.ts';
import type { SeenSignals } from './signals-in-force.ts';

/** A plan that goes by its modes. All of them measure the same. */
export function withModes(plan: RulePlan, modes: readonly PlanMode[], zones: readonly string[]): RulePlan {
  if (modes.length === 0) return plan;
  const plans = [plan, ...modes.map(mode => mode.plan)];
  if (plans.some(({ measureKey }) => measureKey !== plan.measureKey)) {
    throw new Error(`A mode of ${plan.kind} measures something else.`);
  }
  const minded = modes.some(({ when }) => when.signal !== undefined) ? zones : [];
  return {
    ...plan,
    ladderKey: JSON.stringify([plan.ladderKey, modes.map(mode => [mode.when, mode.plan.ladderKey]), minded]),
    modes,
    zones: minded,
    reachMs: durationMs(Math.max(...plans.map(({ reachMs }) => reachMs))),
    silencesMs: [...new Set(plans.flatMap(({ silencesMs }) => silencesMs))].sort((a, b) => a - b),
  };
}

/** The plan of the first mode that holds, else the one without. */
export function planInMode(plan: RulePlan, at: EpochMs, seen: SeenSignals): RulePlan {
  const { modes = [], zones = [] } = plan;
  const mode = modes.find(({ when: { season, signal } }) => {
    if (season !== undefined && !isWithin(season, localMonthDay(at))) return false;
    return signal === undefined || isInForce(seen, { zones, least: signal, at });
  });
  return mode?.plan ?? plan;
}

function isWithin({ from, to }: Season, day: string): boolean {
  return from <= to ? day >= from && day <= to : day >= from || day <= to;
}
