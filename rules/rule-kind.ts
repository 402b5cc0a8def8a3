import { z } from 'zod';

import { WARNING_SEVERITIES } from '../domain/model/warning-severity.ts';
import { MINUTE_MS, durationMs } from '../domain/time/instant.ts';
import type { DurationMs } from '../domain/time/instant.ts';
import { durationText } from './duration-text.ts';
import type { Hold, LadderStep, RuleInput, RulePlan } from './plan.ts';
import type { SiteView, Subject } from './subject.ts';

/** What a rule lacks to judge a subject, wholly or in part: reported, never treated as safe. */
export interface RuleGap {
  readonly rule: string;
  readonly subject: string;
  readonly missing: 'threshold' | 'datum' | 'input' | 'subject';
  /** What exactly, for people. */
  readonly detail: string;
}

export type Missing = Pick<RuleGap, 'missing' | 'detail'>;

/** A plan as far as the subject allows, and what is missing for the rest. */
export interface PlanOutcome {
  readonly plan?: RulePlan;
  readonly missing: readonly Missing[];
}

/** When an episode begins and ends, beside the limits themselves. */
export interface Timing {
  readonly onDelay: DurationMs;
  readonly readings: number;
  readonly offDelay: DurationMs;
  readonly liveWindow?: DurationMs | undefined;
}

export const timingSchema = z
  .strictObject({
    onDelay: durationText.default(durationMs(0)),
    readings: z.int().min(1).max(100).default(1),
    offDelay: durationText.default(durationMs(0)),
    liveWindow: durationText.optional(),
  })
  .prefault({});

export interface PlanRequest<Params> {
  readonly params: Params;
  /** The parameters of all modes, these among them: what any of them measures has to be measured. */
  readonly variants: readonly Params[];
  readonly timing: Timing;
  readonly subject: Subject;
  readonly site: SiteView;
}

/** A kind of rule: what its parameters are and how it judges a subject. */
export interface RuleKind<Params> {
  readonly kind: string;
  readonly params: z.ZodType<Params>;
  /** The parameters that a mode may change: those that do not decide what is measured. */
  readonly modal: readonly string[];
  plan(request: PlanRequest<Params>): PlanOutcome;
}

/** Readings that travel for up to ten minutes, or one interval, are still news. */
const LEAST_LIVE_WINDOW_MS = 10 * MINUTE_MS;

/** What a kind itself decides of a plan. */
export interface PlanParts {
  readonly kind: string;
  readonly inputs: readonly RuleInput[];
  readonly measure: RulePlan['measure'];
  /** Whatever the measure depends on beside its inputs. */
  readonly measured: unknown;
  /** How far back the measure itself looks; holds, gaps and silences are added to it. */
  readonly lookBackMs: DurationMs;
  /** A ladder that changes with the date names all steps that it ever has. */
  readonly steps:
    readonly LadderStep[] | { readonly at: RulePlan['stepsAt']; readonly all: readonly LadderStep[] };
  /** Whatever the ladder depends on, where it is a function. */
  readonly ladder?: unknown;
  readonly raisesWhenBlind?: boolean;
  readonly watch?: RulePlan['watch'];
  /** The silences that a kind measures. */
  readonly silencesMs?: readonly DurationMs[];
}

/** A sensor that misses so many readings in a row has gone blind. */
const MISSED_WHEN_BLIND = 3;

/** How long before that, in readings, the last one may lie: only an outage of ours puts the decision off so far. */
const READINGS_BEFORE_BLIND = 120;

export function planOf(parts: PlanParts, timing: Timing): RulePlan {
  const { kind, inputs, measure, measured, steps, ladder, raisesWhenBlind = false, watch } = parts;
  const hold: Hold = { forMs: timing.onDelay, readings: timing.readings };
  const isFixed = 'length' in steps;
  const silencesMs = silencesOf(parts);
  const liveWindowMs =
    timing.liveWindow ?? Math.max(LEAST_LIVE_WINDOW_MS, ...inputs.map(({ intervalMs }) => intervalMs));
  return {
    kind,
    inputs,
    measure,
    // How often a value is due, and how long it stands, may change without another measure.
    measureKey: JSON.stringify([kind, inputs.map(({ key, datum }) => [key, datum]), measured]),
    ladderKey: JSON.stringify([isFixed ? steps : ladder, timing, raisesWhenBlind, watch]),
    stepsAt: isFixed ? () => steps : steps.at,
    hold,
    offDelayMs: timing.offDelay,
    ...(raisesWhenBlind ? { blindWithinMs: blindWithin(inputs) } : {}),
    ...(watch === undefined ? {} : { watch }),
    liveWindowMs: durationMs(liveWindowMs),
    reachMs: reachOf(parts, timing, silencesMs),
    silencesMs,
  };
}

function blindWithin(inputs: readonly RuleInput[]): DurationMs {
  return durationMs(READINGS_BEFORE_BLIND * Math.max(...inputs.map(({ intervalMs }) => intervalMs)));
}

function silencesOf({ inputs, raisesWhenBlind = false, silencesMs = [] }: PlanParts): readonly DurationMs[] {
  const blind = raisesWhenBlind
    ? inputs.map(({ intervalMs }) => durationMs(MISSED_WHEN_BLIND * intervalMs))
    : [];
  return [...new Set([...silencesMs, ...blind])].sort((a, b) => a - b);
}

/**
 * A hold is proven by the first reading after it, a gap later at most, and where it begins another input may have stood
 * for a gap. Readings in a row lie a gap apart at most.
 */
function reachOf(
  { inputs, lookBackMs, steps, raisesWhenBlind = false }: PlanParts,
  { onDelay, readings, offDelay }: Timing,
  silencesMs: readonly DurationMs[],
): DurationMs {
  const gapMs = Math.max(0, ...inputs.map(({ maxGapMs }) => maxGapMs));
  const ladder = 'length' in steps ? steps : steps.all;
  const holdMs = Math.max(onDelay, (readings - 1) * gapMs, ...ladder.map(({ hold }) => hold?.forMs ?? 0));
  const silentMs = Math.max(raisesWhenBlind ? blindWithin(inputs) : 0, ...silencesMs);
  return durationMs(lookBackMs + holdMs + offDelay + 2 * gapMs + silentMs);
}

/** Severity of a step, and a hold of its own. */
export const stepBase = {
  severity: z.enum(WARNING_SEVERITIES),
  /** Must hold this long, also as a step up. */
  for: durationText.optional(),
};

export function holdOf(forMs: DurationMs | undefined): { readonly hold?: Hold } {
  return forMs === undefined ? {} : { hold: { forMs, readings: 1 } };
}

/** Limits and readings of a level must be measured from the same datum. */
export function datumMissing({ datastream }: Subject): readonly Missing[] {
  const { datum, thresholds } = datastream;
  if (thresholds === undefined || thresholds.datum === datum) return [];
  const detail = `the thresholds have the datum ${thresholds.datum ?? 'none'}, the readings ${datum ?? 'none'}`;
  return [{ missing: 'datum', detail }];
}
