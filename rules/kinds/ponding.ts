import { z } from 'zod';

import type { RuleKind } from '../rule-kind.ts';
import { ladderStepSchema, planLadder } from './threshold-ladder.ts';

const params = z.strictObject({
  steps: z
    .array(ladderStepSchema)
    .min(1)
    .max(12)
    .prefault([
      { severity: 'blue', threshold: ['blue'] },
      { severity: 'yellow', threshold: ['yellow'] },
      { severity: 'orange', threshold: ['orange'] },
      { severity: 'red', threshold: ['red'] },
    ]),
  /** Metres; at most half of the limit. */
  deadband: z.number().min(0).default(0.03),
});

/**
 * Depth of water on a road or in an underpass, by the thresholds of the site. The first reading raises: a car needs a
 * minute to drown. A sensor that goes silent while the water rises has probably drowned.
 */
export const ponding: RuleKind<z.infer<typeof params>> = {
  kind: 'ponding',
  params,
  modal: ['steps', 'deadband'],
  plan: request =>
    planLadder('ponding', {
      ...request,
      params: { ...request.params, direction: 'rising', drownable: true, isDepth: true },
    }),
};
