import { z } from 'zod';

import { batteryDeathEffect, batteryDeathSchema } from './battery-death.ts';
import type { Effect, EffectContext } from './behaviour.ts';
import { clockSkewEffect, clockSkewSchema } from './clock-skew.ts';
import { driftEffect, driftSchema } from './drift.ts';
import { duplicateEffect, duplicateSchema } from './duplicate.ts';
import { flappingEffect, flappingSchema } from './flapping.ts';
import { missingEffect, missingSchema } from './missing.ts';
import { outageEffect, outageSchema } from './outage.ts';
import { reorderEffect, reorderSchema } from './reorder.ts';
import { spikeEffect, spikeSchema } from './spike.ts';
import { stuckEffect, stuckSchema } from './stuck.ts';

/** Every kind of misbehaviour a scenario knows. To add one: its file, its schema here, its line in `effectOf`. */
export const BEHAVIOUR_SCHEMA = z.discriminatedUnion('kind', [
  outageSchema,
  flappingSchema,
  batteryDeathSchema,
  clockSkewSchema,
  duplicateSchema,
  reorderSchema,
  spikeSchema,
  stuckSchema,
  driftSchema,
  missingSchema,
]);
export type Behaviour = z.output<typeof BEHAVIOUR_SCHEMA>;

/** What a behaviour does to one station. */
export function effectOf(behaviour: Behaviour, context: EffectContext): Effect {
  switch (behaviour.kind) {
    case 'outage':
      return outageEffect(behaviour, context);
    case 'flapping':
      return flappingEffect(behaviour, context);
    case 'battery_death':
      return batteryDeathEffect(behaviour, context);
    case 'clock_skew':
      return clockSkewEffect(behaviour, context);
    case 'duplicate':
      return duplicateEffect(behaviour, context);
    case 'reorder':
      return reorderEffect(behaviour, context);
    case 'spike':
      return spikeEffect(behaviour, context);
    case 'stuck':
      return stuckEffect(behaviour, context);
    case 'drift':
      return driftEffect(behaviour, context);
    case 'missing':
      return missingEffect(behaviour, context);
  }
}
