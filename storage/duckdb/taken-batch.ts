import type { StoreBatch } from '../../domain/ports/telemetry-store.ts';
import type { LedgerColumns } from './ledger-book.ts';

/** A batch as it crosses to the store's thread. */
export interface TakenBatch extends Omit<StoreBatch, 'ledger'> {
  readonly ledger: LedgerColumns;
}
