import { z } from 'zod';

import { durationMs } from '../../domain/time/instant.ts';
import { VALUE_ITSELF } from '../measure.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(
      z
        .strictObject({ ...stepBase, above: z.number().optional(), below: z.number().optional() })
        .refine(({ above, below }) => (above === undefined) !== (below === undefined), {
          error: 'needs either above or below',
        }),
    )
    .min(1)
    .max(12),
  /** In the unit of the property. */
  deadband: z.number().min(0),
});

/** An item of water quality beyond fixed limits: low oxygen, pH out of its band. The limit itself is not beyond. */
export const waterQualityLimit: RuleKind<z.infer<typeof params>> = {
  kind: 'water_quality_limit',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, timing, subject }) {
    const steps = given.steps.map(({ severity, above, below, for: forMs }) =>
      withDeadband(
        {
          severity,
          measure: 0,
          name: above === undefined ? 'low' : 'high',
          relation: above === undefined ? '<' : '>',
          limit: above ?? below ?? 0,
          ...holdOf(forMs),
        },
        given.deadband,
      ),
    );
    const inputs = [inputOf(subject.station, subject.datastream)];
    const parts = {
      kind: 'water_quality_limit',
      inputs,
      measure: VALUE_ITSELF,
      measured: null,
      lookBackMs: durationMs(0),
      steps,
    };
    return { plan: planOf(parts, timing), missing: [] };
  },
};
