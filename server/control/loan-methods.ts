import { z } from 'zod';
import { THING_ID_PATTERN } from '../../domain/model/identifier.ts';
import type { StationLoan } from '../simulator/station-loans.ts';

/** How simulated stations are borrowed over the control socket, to be played from outside. */
export interface LoanMethods {
  /** Lends the simulated stations that nobody ever enrolled; the built-in simulator leaves them. */
  simulatedLend: { params: { readonly ids: readonly string[] }; result: StationLoan };
  /** Within the lease, else the loan ends; `not_found` where it has ended. Answers how many stations it still holds. */
  simulatedRenew: { params: { readonly loan: string }; result: { readonly stations: number } };
  /** The built-in simulator, where it is on, plays them again. */
  simulatedReturn: { params: { readonly loan: string }; result: { readonly returned: number } };
}

/** Stations in one loan. */
const STATIONS_MAX = 50_000;

const id = z.string().regex(new RegExp(THING_ID_PATTERN), { error: 'is no id' });
const named = z.strictObject({ loan: z.uuid({ error: 'is no loan' }) });

/** How their parameters must look. */
export const LOAN_PARAMS = {
  simulatedLend: z.strictObject({ ids: z.array(id).min(1).max(STATIONS_MAX) }),
  simulatedRenew: named,
  simulatedReturn: named,
} as const satisfies Record<keyof LoanMethods, z.ZodType>;
