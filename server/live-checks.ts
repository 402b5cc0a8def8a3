import type { Ledger } from '../domain/model/ledger.ts';
import type { IngestStatus } from '../ingest/pipeline.ts';
import type { HealthCheck } from './health-monitor.ts';

/** What the checks look at. */
export interface CheckedParts {
  readonly ingestStatus: () => Promise<IngestStatus>;
  readonly ledger: () => Promise<Ledger>;
  /** Why the store's last transaction failed; absent while it works. */
  readonly storeError: () => Promise<string | undefined>;
  /** Why the archiver's last run failed; absent while it works. */
  readonly archiveError: () => Promise<string | undefined>;
  readonly isSpaceLow: () => Promise<boolean>;
}

/** The checks of a running server beside the journal's own health. */
export function liveChecks(parts: CheckedParts): readonly HealthCheck[] {
  return [
    {
      name: 'telemetry store',
      // Readings are acknowledged and kept in the journal meanwhile, but nobody can read what is new.
      weight: 'reason',
      run: async () => {
        const error = await parts.storeError();
        return error === undefined ? undefined : { code: 'store_unavailable', message: error };
      },
    },
    {
      name: 'own clock',
      weight: 'warning',
      run: async () => {
        const { clockTrust, held } = await parts.ingestStatus();
        if (clockTrust !== 'suspect') return undefined;
        return {
          code: 'clock_suspect',
          message: `Most stations report from the future: check the clock of this machine; ${held} messages are held.`,
        };
      },
    },
    {
      name: 'ledger',
      weight: 'warning',
      run: async () => {
        const { balanced, messages, readings } = await parts.ledger();
        if (balanced) return undefined;
        return {
          code: 'ledger_unbalanced',
          message: `The ledger does not balance: ${JSON.stringify({ messages, readings })}`,
        };
      },
    },
    {
      name: 'archive',
      weight: 'warning',
      run: async () => {
        const error = await parts.archiveError();
        return error === undefined ? undefined : { code: 'archive_failed', message: error };
      },
    },
    {
      name: 'disk space',
      weight: 'warning',
      run: async () =>
        (await parts.isSpaceLow())
          ? { code: 'disk_low', message: 'Little space is left under the data directory.' }
          : undefined,
    },
  ];
}
