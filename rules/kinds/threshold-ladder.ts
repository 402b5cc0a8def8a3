import { z } from 'zod';

import type { ThresholdName } from '../../domain/model/threshold.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { DurationMs } from '../../domain/time/instant.ts';
import { VALUE_ITSELF } from '../measure.ts';
import { datumMissing, holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { Missing, PlanOutcome, PlanRequest, RuleKind } from '../rule-kind.ts';
import type { LadderStep } from '../plan.ts';
import { inputOf, withDeadband } from '../subject.ts';

/** Names of thresholds that a step may use; flood-limit levels change by date and have a kind of their own. */
const THRESHOLD_NAMES = [
  'patrol',
  'warning',
  'siteAlarm',
  'guarantee',
  'crest',
  'record',
  'dead',
  'normal',
  'design',
  'check',
  'blue',
  'yellow',
  'orange',
  'red',
  'pipeCrown',
  'ground',
  'pumpStop',
  'pumpStart',
  'high',
  'low',
] as const satisfies readonly ThresholdName[];

export const ladderStepSchema = z.strictObject({
  ...stepBase,
  /** Any of these thresholds of the datastream; one must be set. */
  threshold: z.array(z.enum(THRESHOLD_NAMES)).min(1),
  /** How far before the threshold the step is reached. */
  margin: z.number().min(0).default(0),
});

const params = z.strictObject({
  steps: z.array(ladderStepSchema).min(1).max(12),
  deadband: z.number().min(0),
  /** `rising`: high is bad. */
  direction: z.enum(['rising', 'falling']).default('rising'),
  /** The water can silence the sensor. */
  drownable: z.boolean().default(false),
  /** From this threshold on a rising point that goes blind raises the lowest step. */
  watch: z.enum(THRESHOLD_NAMES).optional(),
});

/** Named thresholds of the datastream, in steps: a river against warning, guarantee, crest and record (SL 323 terms). */
export const thresholdLadder: RuleKind<z.infer<typeof params>> = {
  kind: 'threshold_ladder',
  params,
  modal: ['steps', 'deadband'],
  plan: request => planLadder('threshold_ladder', request),
};

export interface LadderParams {
  readonly steps: readonly {
    readonly severity: LadderStep['severity'];
    readonly threshold: readonly ThresholdName[];
    readonly margin: number;
    readonly for?: DurationMs | undefined;
  }[];
  readonly deadband: number;
  readonly direction: 'rising' | 'falling';
  readonly drownable: boolean;
  readonly watch?: ThresholdName | undefined;
  /** Zero is dry: the deadband is at most half of a limit, or the lowest step would never let go. */
  readonly isDepth?: boolean;
}

/** The steps whose thresholds are set; each other one is missing. */
export function planLadder(
  kind: string,
  { params: given, timing, subject }: Omit<PlanRequest<LadderParams>, 'variants'>,
): PlanOutcome {
  const wrongDatum = datumMissing(subject);
  if (wrongDatum.length > 0) return { missing: wrongDatum };
  const missing: Missing[] = [];
  const steps: LadderStep[] = [];
  const isRising = given.direction === 'rising';
  for (const step of given.steps) {
    const limits = step.threshold.flatMap(name => {
      const value = subject.datastream.thresholds?.[name];
      return value === undefined ? [] : [{ name, value }];
    });
    if (limits.length === 0) {
      const detail = `${step.severity} needs the threshold ${step.threshold.join(' or ')}, which is not set`;
      missing.push({ missing: 'threshold', detail });
    }
    for (const { name, value } of limits) {
      const limit = isRising ? value - step.margin : value + step.margin;
      const deadband = given.isDepth === true ? Math.min(given.deadband, limit / 2) : given.deadband;
      const { severity } = step;
      const relation = isRising ? '>=' : '<=';
      steps.push(
        withDeadband({ severity, measure: 0, name, relation, limit, ...holdOf(step.for) }, deadband),
      );
    }
  }
  if (steps.length === 0) return { missing };
  const watched = given.watch === undefined ? undefined : subject.datastream.thresholds?.[given.watch];
  const plan = planOf(
    {
      kind,
      inputs: [inputOf(subject.station, subject.datastream)],
      measure: VALUE_ITSELF,
      measured: null,
      lookBackMs: durationMs(0),
      steps,
      raisesWhenBlind: given.drownable,
      ...(watched === undefined
        ? {}
        : { watch: { measure: 0, relation: isRising ? ('>=' as const) : ('<=' as const), limit: watched } }),
    },
    timing,
  );
  return { plan, missing };
}
