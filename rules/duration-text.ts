import { z } from 'zod';

import { DAY_MS, durationMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time/instant.ts';

const UNIT_MS = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const DURATION = /^(\d{1,5})(s|m|h|d)$/;

/** A duration as rule sets write it: a whole number and s, m, h or d. */
export const durationText = z
  .string({ error: 'must be a duration such as 30s, 10m, 4h or 1d' })
  .regex(DURATION, { error: 'must be a duration such as 30s, 10m, 4h or 1d' })
  .transform(text => {
    const [, count = '0', unit = 's'] = DURATION.exec(text) ?? [];
    return durationMs(Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  });
