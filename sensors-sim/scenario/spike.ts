import { z } from 'zod';

import { SELECTION, distortWithin, drawAt, probability, rounded } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';

/** Single values that jump by half of the amplitude to all of it; a negative amplitude jumps down. */
export const spikeSchema = z.strictObject({
  kind: z.literal('spike'),
  ...SELECTION,
  probability,
  /** In the unit of the property. */
  amplitude: z.number().refine(amplitude => amplitude !== 0, { error: 'is 0: nothing would be seen' }),
});

export function spikeEffect(spec: z.output<typeof spikeSchema>, context: EffectContext): Effect {
  return distortWithin(context, spec.properties, reading => {
    if (reading.v === null) return reading;
    const draw = drawAt(context, `${reading.p}/${reading.t}`);
    if (draw >= spec.probability) return reading;
    // What is left of the draw is uniform again.
    const size = 0.5 + (0.5 * draw) / spec.probability;
    return { ...reading, v: rounded(reading.v + spec.amplitude * size) };
  });
}
