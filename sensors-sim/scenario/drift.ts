import { z } from 'zod';

import { HOUR_MS } from '../../domain/time/instant.ts';
import { SELECTION, distortWithin, rounded } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';

/** The sensor moves away from the truth at a steady rate, as a fouled probe does. */
export const driftSchema = z.strictObject({
  kind: z.literal('drift'),
  ...SELECTION,
  /** In the unit of the property. */
  perHour: z.number(),
});

export function driftEffect(spec: z.output<typeof driftSchema>, context: EffectContext): Effect {
  return distortWithin(context, spec.properties, reading =>
    reading.v === null
      ? reading
      : { ...reading, v: rounded(reading.v + (spec.perHour * (reading.t - context.span.from)) / HOUR_MS) },
  );
}
