import { z } from 'zod';

import { SELECTION } from './behaviour.ts';
import type { Effect, EffectContext } from './behaviour.ts';

/** No connection for a while; the readings are kept and sent afterwards on the backlog topic, the oldest first. */
export const outageSchema = z.strictObject({
  kind: z.literal('outage'),
  ...SELECTION,
  /** Readings the device keeps; the oldest gives way. */
  buffer: z.int().min(1).max(1_000_000).default(10_000),
  /** Backlog messages per second once the connection is back. */
  messagesPerS: z.number().min(0.01).max(1_000).default(1),
  readingsPerMessage: z.int().min(1).max(500).default(100),
});

export function outageEffect(spec: z.output<typeof outageSchema>, { span }: EffectContext): Effect {
  const { buffer: capacity, messagesPerS, readingsPerMessage } = spec;
  return { offline: [span], buffer: { capacity, messagesPerS, readingsPerMessage } };
}
