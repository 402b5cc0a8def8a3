import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../domain/errors.ts';
import type { Cursors } from '../../domain/ports/journal.ts';
import { Database } from './database.ts';
import { episodeFaultOf } from './episode-fault.ts';
import { EPISODES_FILE } from './episodes-schema.ts';

/** What a file of episodes holds. */
export interface EpisodesExamination {
  readonly episodes: number;
  readonly open: number;
  /** The batches of the journal that they rest on. */
  readonly through: Cursors;
}

/**
 * Reads the episodes of a data directory from end to end, also beside a running server, and changes nothing. Undefined
 * where there are none yet. Throws `store_corrupt` for a damaged file, and `store_unavailable` where it cannot be read.
 */
export function examineEpisodes(directory: string): EpisodesExamination | undefined {
  const path = join(directory, EPISODES_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const db = new Database(path, { queryOnly: true, busyTimeoutMs: 5_000, keepLog: true });
    try {
      return examine(db);
    } finally {
      db.close();
    }
  } catch (error) {
    throw episodeFaultOf(error);
  }
}

function examine(db: Database): EpisodesExamination | undefined {
  const found = db.get<{ quick_check: string }>('PRAGMA quick_check(1)')?.quick_check;
  if (found !== 'ok') {
    throw new AppError('store_corrupt', `The file of the episodes is damaged: ${found}`);
  }
  // A start that was cut off leaves a file without tables.
  if (db.get(`SELECT 1 FROM sqlite_schema WHERE name = 'watch_mark'`) === undefined) return undefined;
  const counts = db.get<{ episodes: number; open: number }>(
    `SELECT count(*) AS episodes, count(*) FILTER (WHERE status = 'open') AS open FROM episode`,
  );
  const through = db.get<Cursors>('SELECT through_live AS live, through_backlog AS backlog FROM watch_mark');
  return {
    episodes: counts?.episodes ?? 0,
    open: counts?.open ?? 0,
    through: { live: through?.live ?? 0, backlog: through?.backlog ?? 0 },
  };
}
