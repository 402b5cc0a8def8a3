import { z } from 'zod';

import { epochMs } from '../../domain/time/instant.ts';
import { SELECTION, drawAt } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import { spanText } from './span.ts';

/** Messages gathered over this long leave within one second of each other. */
const BURST_MS = 1_000;

/** The messages of each window leave at its end, shuffled. */
export const reorderSchema = z.strictObject({ kind: z.literal('reorder'), ...SELECTION, window: spanText });

export function reorderEffect({ window }: z.output<typeof reorderSchema>, context: EffectContext): Effect {
  const { from, to } = context.span;
  return {
    leavesAt: at => {
      if (at < from || at >= to) return at;
      const end = from + (Math.floor((at - from) / window) + 1) * window;
      return epochMs(end + Math.floor(drawAt(context, at) * BURST_MS));
    },
  };
}
