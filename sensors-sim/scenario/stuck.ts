import { z } from 'zod';

import { SELECTION, distortWithin } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';

/** The value freezes at what it was when the span began. */
export const stuckSchema = z.strictObject({ kind: z.literal('stuck'), ...SELECTION });

export function stuckEffect(spec: z.output<typeof stuckSchema>, context: EffectContext): Effect {
  const frozen = new Map<string, number | null>();
  return distortWithin(context, spec.properties, reading => {
    const value = frozen.get(reading.p);
    if (value !== undefined) return { ...reading, v: value };
    frozen.set(reading.p, reading.v);
    return reading;
  });
}
