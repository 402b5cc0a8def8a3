import { z } from 'zod';

import { epochMs } from '../../domain/time/instant.ts';
import { SELECTION } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import type { Span } from './span.ts';
import { spanText } from './span.ts';

/** A weak radio link: the connection is there for `up` and gone for `down`, over and over. */
export const flappingSchema = z.strictObject({
  kind: z.literal('flapping'),
  ...SELECTION,
  up: spanText,
  down: spanText,
});

export function flappingEffect(
  { up, down }: z.output<typeof flappingSchema>,
  { span }: EffectContext,
): Effect {
  const offline: Span[] = [];
  for (let from = span.from + up; from < span.to; from += up + down) {
    offline.push({ from: epochMs(from), to: epochMs(Math.min(from + down, span.to)) });
  }
  return { offline };
}
