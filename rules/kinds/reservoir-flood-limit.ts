import { z } from 'zod';

import { floodLimitOn } from '../../domain/model/threshold.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { localMonthDay } from '../../domain/time/local-day.ts';
import { VALUE_ITSELF } from '../measure.ts';
import type { LadderStep } from '../plan.ts';
import { datumMissing, holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { Missing, RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        ...stepBase,
        threshold: z.enum(['floodLimit', 'normal', 'design', 'check', 'crest']),
        /** Metres above the threshold. */
        above: z.number().default(0),
      }),
    )
    .min(1)
    .max(12),
  /** Metres. */
  deadband: z.number().min(0).default(0.05),
});

/** A reservoir against the flood-limit level of the day and its fixed levels (flood control regulations; SL 323 terms). */
export const reservoirFloodLimit: RuleKind<z.infer<typeof params>> = {
  kind: 'reservoir_flood_limit',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, timing, subject }) {
    const wrongDatum = datumMissing(subject);
    if (wrongDatum.length > 0) return { missing: wrongDatum };
    const { thresholds = {} } = subject.datastream;
    const { floodLimit: periods = [] } = thresholds;
    const missing: Missing[] = [];
    const usable = given.steps.filter(({ severity, threshold }) => {
      const isSet = threshold === 'floodLimit' ? periods.length > 0 : thresholds[threshold] !== undefined;
      if (!isSet) {
        missing.push({
          missing: 'threshold',
          detail: `${severity} needs the threshold ${threshold}, which is not set`,
        });
      }
      return isSet;
    });
    if (usable.length === 0) return { missing };
    const stepsOn = (day: string): readonly LadderStep[] =>
      usable.flatMap(({ severity, threshold, above, for: forMs }) => {
        const level = threshold === 'floodLimit' ? floodLimitOn(periods, day) : thresholds[threshold];
        if (level === undefined) return [];
        const step = { severity, measure: 0, name: threshold, relation: '>=' as const, limit: level + above };
        return [withDeadband({ ...step, ...holdOf(forMs) }, given.deadband)];
      });
    const ladders = new Map(periods.map(({ from }) => [floodLimitOn(periods, from), stepsOn(from)]));
    const fixed = stepsOn('01-01');
    const stepsAt = (t: EpochMs): readonly LadderStep[] =>
      periods.length === 0 ? fixed : (ladders.get(floodLimitOn(periods, localMonthDay(t))) ?? fixed);
    const plan = planOf(
      {
        kind: 'reservoir_flood_limit',
        inputs: [inputOf(subject.station, subject.datastream)],
        measure: VALUE_ITSELF,
        measured: null,
        lookBackMs: durationMs(0),
        steps: { at: stepsAt, all: [...fixed, ...[...ladders.values()].flat()] },
        ladder: [usable, thresholds, given.deadband],
      },
      timing,
    );
    return { plan, missing };
  },
};
