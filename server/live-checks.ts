import type { Ledger } from '../domain/model/ledger.ts';
import type { IngestStatus } from '../ingest/pipeline.ts';
import type { WatchStatus } from '../watch/watch.ts';
import type { HealthCheck } from './health-monitor.ts';

/** The longest the store may make nothing durable although it could; a commit takes a second at most. */
const STORE_PATIENCE_MS = 30_000;

interface StoreStats {
  /** Why the last transaction failed; absent while they succeed. */
  readonly lastError?: string;
  /** For how long nothing became durable although something waits, milliseconds. */
  readonly waitingMs: number;
}

/** What the checks look at. */
export interface CheckedParts {
  readonly ingestStatus: () => Promise<IngestStatus>;
  readonly watchStatus: () => Promise<WatchStatus>;
  readonly ledger: () => Promise<Ledger>;
  readonly storeStats: () => Promise<StoreStats>;
  /** Why the archiver's last run failed; absent while it works. */
  readonly archiveError: () => Promise<string | undefined>;
  readonly isSpaceLow: () => Promise<boolean>;
  /** Why the site folder is not what is used; undefined where it is. */
  readonly siteWarning: () => { readonly code: string; readonly message: string } | undefined;
  /** Why the configured rule set is not what is in force; undefined where it is. */
  readonly rulesWarning: () => { readonly code: string; readonly message: string } | undefined;
}

/** The checks of a running server beside the journal's own health. */
export function liveChecks(parts: CheckedParts): readonly HealthCheck[] {
  return [
    {
      name: 'telemetry store',
      // Readings are acknowledged and kept in the journal meanwhile, but nobody can read what is new.
      weight: 'reason',
      run: async () => {
        const problem = storeProblem(await parts.storeStats());
        return problem === undefined ? undefined : { code: 'store_unavailable', message: problem };
      },
    },
    {
      name: 'episode store',
      // No warning is lost, but none is told either, and readings wait behind them.
      weight: 'reason',
      run: async () => {
        const { refusal } = await parts.watchStatus();
        return refusal === undefined ? undefined : { code: 'episodes_unavailable', message: refusal };
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
    { name: 'site folder', weight: 'warning', run: async () => parts.siteWarning() },
    { name: 'rule set', weight: 'warning', run: async () => parts.rulesWarning() },
  ];
}

function storeProblem({ lastError, waitingMs }: StoreStats): string | undefined {
  if (lastError !== undefined || waitingMs < STORE_PATIENCE_MS) return lastError;
  return `Readings wait, but none was stored for ${Math.floor(waitingMs / 1_000)} s.`;
}
