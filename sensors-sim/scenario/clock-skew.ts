import { z } from 'zod';

import { DAY_MS, durationMs } from '../../domain/time/instant.ts';
import { SELECTION } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import { shiftText } from './span.ts';

/**
 * The device's clock is off by `offset` and drifts by `driftPerDay`; t and sent both carry it. At the end of the span
 * the time service answers again and the clock jumps back.
 */
export const clockSkewSchema = z.strictObject({
  kind: z.literal('clock_skew'),
  ...SELECTION,
  offset: shiftText.default(durationMs(0)),
  driftPerDay: shiftText.default(durationMs(0)),
});

export function clockSkewEffect(
  { offset, driftPerDay }: z.output<typeof clockSkewSchema>,
  { span }: EffectContext,
): Effect {
  return {
    clockOffsetMs: at =>
      at < span.from || at >= span.to ? 0 : offset + Math.round((driftPerDay * (at - span.from)) / DAY_MS),
  };
}
