import { z } from 'zod';

import { epochMs } from '../../domain/time/instant.ts';
import { SELECTION, distortWithin, rounded } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import { NEVER, spanText } from './span.ts';

/** Where the logger of a twelve-volt station gives up, volts. */
const CUT_OFF_V = 10.5;
/** The discharge curve of a lead battery: flat for long, steep at the end. */
const STEEPNESS = 3;

/** The battery empties over `duration`, then the station is silent without a goodbye until it is replaced. */
export const batteryDeathSchema = z.strictObject({
  kind: z.literal('battery_death'),
  ...SELECTION,
  duration: spanText,
  /** How long until somebody brings a new one; never where it is absent. */
  replacedAfter: spanText.optional(),
});

export function batteryDeathEffect(
  { replacedAfter }: z.output<typeof batteryDeathSchema>,
  context: EffectContext,
): Effect {
  const { from, to } = context.span;
  const until = replacedAfter === undefined ? NEVER : epochMs(to + replacedAfter);
  return {
    dead: [{ from: to, to: until }],
    ...distortWithin(context, ['battery_voltage'], reading => {
      if (reading.v === null) return reading;
      const used = ((reading.t - from) / (to - from)) ** STEEPNESS;
      return { ...reading, v: rounded(reading.v + used * (CUT_OFF_V - reading.v)) };
    }),
  };
}
