import { z } from 'zod';

import type { Ledger } from '../domain/model/ledger.ts';

const count = z.int().min(0);

/** The ledger as it leaves the server: in an answer of the API, and in the manifest of a backup. */
export const ledgerSchema = z.strictObject({
  messages: z.strictObject({ journalled: count, decoded: count, quarantined: count, inFlight: count }),
  readings: z.strictObject({
    decoded: count,
    stored: count,
    duplicate: count,
    corrected: count,
    quarantined: count,
    rejected: count,
    inFlight: count,
  }),
  refused: z.array(z.strictObject({ principal: z.string(), reason: z.string(), count })),
  balanced: z.boolean().describe('Both equations hold exactly at one common instant.'),
}) satisfies z.ZodType<Ledger>;
