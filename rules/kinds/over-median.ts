import { z } from 'zod';

import { DAY_MS, HOUR_MS, durationMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import { NO_HOURS, withReading } from './hourly-medians.ts';
import type { HourlyMedians } from './hourly-medians.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, times: z.number().min(1) }))
    .min(1)
    .max(12),
  /** The time whose median is usual. */
  over: durationText.refine(ms => ms >= DAY_MS && ms <= 60 * DAY_MS, { error: 'must be 1 to 60 days' }),
  /** So many of its hours must have readings. */
  leastHours: z.int().min(1).max(1_440).default(48),
  /** Times the median. */
  deadband: z.number().min(0).default(0),
});

/** A value against what is usual at its point: how many times the median of some weeks, the present hour left out. */
export const overMedian: RuleKind<z.infer<typeof params>> = {
  kind: 'over_median',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, timing, subject }) {
    const { over, leastHours } = given;
    const measure = measureOf<HourlyMedians>({
      begin: NO_HOURS,
      followsReading: true,
      step(state, sample) {
        if (sample.kind !== 'reading') return { state };
        const next = withReading(state, sample, { overMs: over, leastHours });
        // Nothing is a multiple of a median that is not above zero.
        if (next.usual === null || next.usual <= 0) return { state: next };
        return { state: next, measured: { values: [sample.v / next.usual] } };
      },
    });
    const steps = given.steps.map(({ severity, times, for: forMs }) =>
      withDeadband(
        {
          severity,
          measure: 0,
          name: `times the median of ${over / DAY_MS} d`,
          relation: '>',
          limit: times,
          ...holdOf(forMs),
        },
        given.deadband,
      ),
    );
    const parts = {
      kind: 'over_median',
      inputs: [inputOf(subject.station, subject.datastream)],
      measure,
      measured: [over, leastHours],
      lookBackMs: durationMs(over + HOUR_MS),
      steps,
    };
    return { plan: planOf(parts, timing), missing: [] };
  },
};
