import type { OwnOutage } from '../domain/model/watch-decision.ts';
import { DAY_MS, MINUTE_MS } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { Basis, RuleInput, RulePlan } from '../rules/plan.ts';
import type { Reading } from '../rules/sample.ts';
import { watchedMinutes } from './watched-minutes.ts';
import type { WatchedMinutes } from './watched-minutes.ts';

/** The minutes of a local day with those of which nothing is to be counted; together 1,440. */
export interface DayMinutes extends WatchedMinutes {
  /** The rule did not hold for the point then, or lacked something. */
  readonly notJudged: number;
  /** They have not gone by. */
  readonly ahead: number;
}

/** How one rule watched one point for a local day. */
export interface RuleDay {
  readonly rule: string;
  /** `station/property[.instance]` */
  readonly subject: string;
  readonly minutes: DayMinutes;
}

export interface DayRequest {
  readonly basis: Basis;
  /** First instant of the day in Asia/Shanghai. */
  readonly day: EpochMs;
  readonly now: EpochMs;
  /** Of every input, with t from its longest maxGap before the day until the end of the day, in any order. */
  readonly readings: readonly Reading[];
  readonly outages: readonly OwnOutage[];
}

/** Counts a day by the plans that held in it; undefined where none did. */
export function dayMinutes({ basis, day, now, readings, outages }: DayRequest): DayMinutes | undefined {
  const end = day + DAY_MS;
  // Of a minute that has not gone by nothing can be said.
  const passed = Math.max(day, Math.min(end, Math.floor(now / MINUTE_MS) * MINUTE_MS));
  const counts = { evaluated: 0, filledLater: 0, blind: 0, notEvaluatedByUs: 0 };
  const plans = plansOf(basis, day);
  for (const { plan, from, to } of plans) {
    const part = watchedMinutes({
      inputs: neededInputs(plan),
      readings,
      outages,
      day,
      liveWindowMs: plan.liveWindowMs,
      within: { from, to: Math.min(to, passed) },
    });
    for (const kind of KINDS) counts[kind] += part[kind];
  }
  if (plans.length === 0) return undefined;
  const judged = KINDS.reduce((sum, kind) => sum + counts[kind], 0);
  const ahead = (end - passed) / MINUTE_MS;
  return { ...counts, notJudged: DAY_MS / MINUTE_MS - ahead - judged, ahead };
}

const KINDS = ['evaluated', 'filledLater', 'blind', 'notEvaluatedByUs'] as const;

/** Every input that a plan of the day reads, with its longest maxGap, milliseconds. */
export function inputsOfDay(basis: Basis, day: EpochMs): ReadonlyMap<string, number> {
  const gaps = new Map<string, number>();
  for (const { plan } of plansOf(basis, day)) {
    for (const { key, maxGapMs } of plan.inputs) gaps.set(key, Math.max(maxGapMs, gaps.get(key) ?? 0));
  }
  return gaps;
}

interface PlanInForce {
  readonly plan: RulePlan;
  readonly from: number;
  readonly to: number;
}

/** The plans of a day, each with the part of it in which it held. */
function plansOf(basis: Basis, day: EpochMs): readonly PlanInForce[] {
  return basis.flatMap(({ from, plan }, place) => {
    const span = {
      from: Math.max(from, day),
      to: Math.min(basis[place + 1]?.from ?? Infinity, day + DAY_MS),
    };
    return plan === undefined || span.from >= span.to ? [] : [{ plan, ...span }];
  });
}

/** A rule about silence judges whatever comes, and what does not. */
function neededInputs({ inputs, measure }: RulePlan): readonly RuleInput[] {
  return measure.seesSilence === true ? [] : inputs;
}
