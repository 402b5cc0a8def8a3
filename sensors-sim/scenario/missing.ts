import { z } from 'zod';

import { SELECTION, distortWithin, drawAt, probability } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';

/** The logger does not hear its sensor: no value, flag B. */
export const missingSchema = z.strictObject({
  kind: z.literal('missing'),
  ...SELECTION,
  probability: probability.default(1),
});

export function missingEffect(spec: z.output<typeof missingSchema>, context: EffectContext): Effect {
  return distortWithin(context, spec.properties, reading =>
    drawAt(context, `${reading.p}/${reading.t}`) < spec.probability
      ? { ...reading, v: null, f: 'B' }
      : reading,
  );
}
