import { z } from 'zod';

import { SECOND_MS } from '../../domain/time/instant.ts';
import { SELECTION, drawAt, probability } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import { delayText } from './span.ts';

/** Messages that are sent once more as new ones with the same bytes, as firmware does that missed a PUBACK. */
export const duplicateSchema = z.strictObject({
  kind: z.literal('duplicate'),
  ...SELECTION,
  probability,
  after: delayText.default(SECOND_MS),
});

export function duplicateEffect(spec: z.output<typeof duplicateSchema>, context: EffectContext): Effect {
  const { from, to } = context.span;
  return {
    repeatAfterMs: at =>
      at >= from && at < to && drawAt(context, at) < spec.probability ? spec.after : undefined,
  };
}
