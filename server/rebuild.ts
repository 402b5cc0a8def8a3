import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../domain/errors.ts';
import type { Ledger } from '../domain/model/ledger.ts';
import { reportLedger } from '../ingest/ledger-report.ts';
import { rebuildStore } from '../ingest/rebuild.ts';
import { TELEMETRY_FILE } from '../storage/duckdb/telemetry-client.ts';
import { SqliteArrivalLog } from '../storage/sqlite/arrival-log.ts';
import { createJournalReader } from '../storage/sqlite/journal-reader.ts';
import { qualityOf } from './quality-file.ts';
import type { Config } from './config/schema.ts';
import { auditStored } from './ledger-audit.ts';
import { workOffline } from './offline.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

export interface RebuildResult {
  /** Messages read from the arrival log. */
  readonly messages: number;
  readonly ledger: Ledger;
  /** File name inside the data directory under which the former store is kept; absent where there was none. */
  readonly formerStore?: string;
}

/** Folder inside the data directory in which the new store grows. */
const REBUILD_FOLDER = 'rebuild';
/** DuckDB's write-ahead log beside its file: it belongs to that file alone and has to move with it. */
const WAL_SUFFIX = '.wal';

/**
 * Makes the telemetry store anew from the arrival log, in a folder of its own, and puts it in the place of the old one
 * only when it is whole and balanced. The old one is kept beside it. After a failure the old one still stands.
 *
 * @throws AppError `store_corrupt` when the new store does not add up
 */
export function rebuildOffline(
  config: Config,
  onProgress: (messages: number) => void,
): Promise<RebuildResult> {
  const { dataDir } = config;
  const folder = join(dataDir, REBUILD_FOLDER);
  return workOffline(config, async directory => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const administration = await directory.administration();
    const journal = await directory.journal();
    const { lastSeq } = await journal.stats();
    const reader = createJournalReader(journal.openReader());
    const refused = await directory.refusals();
    const outcome = await directory
      .withStore(folder, async store => {
        const { messages } = await rebuildStore({
          log: new SqliteArrivalLog(dataDir),
          store,
          registry: administration.registry.current(),
          cursors: lastSeq,
          limits: config.ingest,
          ...qualityOf(config),
          onProgress,
        });
        const ledger = await reportLedger({ store, reader }, refused);
        const { differences } = await auditStored(store);
        const problems = ledger.balanced ? differences : ['The ledger does not balance.', ...differences];
        if (problems.length > 0) {
          throw new AppError('store_corrupt', 'The rebuilt store does not add up; the old one stays.', {
            problems,
          });
        }
        return { messages, ledger };
      })
      .finally(() => reader.close());
    const formerStore = `telemetry-before-rebuild-${SYSTEM_CLOCK.now()}.duckdb`;
    const hadStore = move(join(dataDir, TELEMETRY_FILE), join(dataDir, formerStore));
    move(join(folder, TELEMETRY_FILE), join(dataDir, TELEMETRY_FILE));
    rmSync(folder, { recursive: true, force: true });
    return { ...outcome, ...(hadStore ? { formerStore } : {}) };
  });
}

/** Renames a database file with its log; answers whether there was one. */
function move(from: string, to: string): boolean {
  if (!existsSync(from)) return false;
  // The log first: a file without its log is older, a log without its file would spoil the next one of that name.
  if (existsSync(from + WAL_SUFFIX)) renameSync(from + WAL_SUFFIX, to + WAL_SUFFIX);
  renameSync(from, to);
  return true;
}
