import { AppError, isAppError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { durationMs } from '../../domain/time/instant.ts';
import type { ControlClient } from '../control/control-client.ts';
import type { LoanRefusal } from '../simulator/station-loans.ts';

/** Stations that this program plays for a while. */
export interface BorrowedStations {
  readonly secrets: ReadonlyMap<string, string>;
  readonly refused: Readonly<Record<string, LoanRefusal>>;
  /** Aborted when the loan has ended before its time. */
  readonly lost: AbortSignal;
}

/** Renewals within one lease: two may fail. */
const RENEWALS_A_LEASE = 3;

/**
 * Borrows simulated stations for the time of some work, and gives them back however it ends. Where this program is
 * killed, the lease runs out. Rejects with `conflict` where none can be borrowed.
 */
export async function withBorrowedStations<Result>(
  parts: { readonly client: ControlClient; readonly ids: readonly string[]; readonly clock: Clock },
  work: (stations: BorrowedStations) => Promise<Result>,
): Promise<Result> {
  const { client, ids, clock } = parts;
  const { loan, leaseMs, secrets, refused } = await client.call('simulatedLend', { ids });
  const losing = new AbortController();
  let cancel = (): void => undefined;
  let isOver = false;
  const renewLater = (): void => {
    // It never rejects.
    cancel = clock.after(durationMs(leaseMs / RENEWALS_A_LEASE), () => void renew());
  };
  const renew = async (): Promise<void> => {
    try {
      await client.call('simulatedRenew', { loan });
    } catch (error) {
      // A server that is busy or starts anew may know it the next time, or that it has ended.
      if (isAppError(error, 'not_found')) return losing.abort();
    }
    if (!isOver) renewLater();
  };
  renewLater();
  try {
    if (Object.keys(secrets).length === 0) {
      throw new AppError('conflict', 'No station can be borrowed.', {
        problems: Object.entries(refused).map(([id, reason]) => `${id}: ${REFUSAL_TEXTS[reason]}`),
      });
    }
    return await work({ secrets: new Map(Object.entries(secrets)), refused, lost: losing.signal });
  } finally {
    isOver = true;
    cancel();
    // A server that cannot be told ends the loan by itself.
    await client.call('simulatedReturn', { loan }).catch(() => undefined);
  }
}

/** Why a station was not lent, for a person. */
export const REFUSAL_TEXTS: Readonly<Record<LoanRefusal, string>> = {
  not_registered: 'is not registered',
  not_simulated: 'is not simulated',
  enrolled: 'is enrolled: a device has its secret',
};
