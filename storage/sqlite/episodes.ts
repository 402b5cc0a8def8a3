import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import type {
  Checkpoint,
  EpisodeBatch,
  EpisodeQuery,
  EpisodeRecord,
  EpisodeResumption,
  EpisodeStore,
  LoggedChange,
} from '../../domain/ports/episode-store.ts';
import { AppError, messageOf } from '../../domain/errors.ts';
import type { Database } from './database.ts';
import { appendChanges, recordsKnownAt, selectChanges } from './episode-change-log.ts';
import { episodeFaultOf } from './episode-fault.ts';
import {
  compareNewestFirst,
  isSelected,
  readEpisode,
  selectChangedSince,
  selectEpisodes,
  selectRemembered,
} from './episode-table.ts';
import { openEpisodesDatabase } from './episodes-schema.ts';
import { appendDecisions, selectDecisions } from './decision-table.ts';
import { raiseThrough, readResumption, writeCheckpoint, writeRefills } from './watch-resumption.ts';

/**
 * The episode store in one SQLite file. Statements run in the calling thread, so a server uses it through
 * `EpisodesClient`. After `close` every call rejects with `shutting_down`.
 */
export class SqliteEpisodes implements EpisodeStore {
  #db: Database | undefined;

  /**
   * Opens the file, creates it where there is none, and brings its schema up to date. Throws `store_unavailable`,
   * `store_corrupt`, or `unsupported` for the file of a later version.
   */
  constructor(path: string) {
    try {
      this.#db = openEpisodesDatabase(path);
    } catch (error) {
      const fault = episodeFaultOf(error);
      throw new AppError(fault.code, `${path} cannot be opened: ${messageOf(error)}`, {
        retryable: fault.retryable,
        cause: error,
      });
    }
  }

  async resume(): Promise<EpisodeResumption> {
    return await this.#do(readResumption);
  }

  async append({ knownAt, through, changes, decisions, refills }: EpisodeBatch): Promise<void> {
    await this.#do(db =>
      db.transaction(() => {
        appendChanges(db, knownAt, changes);
        appendDecisions(db, decisions);
        writeRefills(db, refills);
        raiseThrough(db, through);
      }),
    );
  }

  async checkpoint(checkpoint: Checkpoint): Promise<void> {
    await this.#do(db => db.transaction(() => writeCheckpoint(db, checkpoint)));
  }

  async remembered(query: Parameters<EpisodeStore['remembered']>[0]): Promise<readonly EpisodeRecord[]> {
    return await this.#do(db => selectRemembered(db, query));
  }

  async episodes(query: EpisodeQuery): Promise<readonly EpisodeRecord[]> {
    return await this.#do(db => {
      const { knownAt, limit } = query;
      const unchanged = selectEpisodes(db, query);
      if (knownAt === undefined) return unchanged;
      const changed = selectChangedSince(db, { ...query, knownAt });
      const asTheyWere = recordsKnownAt(db, changed, knownAt).filter(record => isSelected(record, query));
      return [...unchanged, ...asTheyWere].sort(compareNewestFirst).slice(0, limit);
    });
  }

  async episode(id: string): Promise<EpisodeRecord | undefined> {
    return await this.#do(db => readEpisode(db, id)?.record);
  }

  async changes(query: Parameters<EpisodeStore['changes']>[0]): Promise<readonly LoggedChange[]> {
    return await this.#do(db => selectChanges(db, query));
  }

  async decisions(query: Parameters<EpisodeStore['decisions']>[0]): Promise<readonly WatchDecision[]> {
    return await this.#do(db => selectDecisions(db, query));
  }

  /** For fault tests only: runs a PRAGMA on the connection, e.g. `query_only = ON`. */
  async injectFault(pragma: string): Promise<void> {
    await this.#do(db => db.exec(`PRAGMA ${pragma}`));
  }

  /** Idempotent. */
  close(): void {
    this.#db?.close();
    this.#db = undefined;
  }

  /** Runs work that is over when this returns, so that calls are done in their order; errors become rejections. */
  #do<Result>(work: (db: Database) => Result): Promise<Result> {
    const db = this.#db;
    return new Promise((resolve, reject) => {
      if (db === undefined) {
        reject(new AppError('shutting_down', 'The episode store is not open.', { retryable: true }));
        return;
      }
      try {
        resolve(work(db));
      } catch (error) {
        reject(episodeFaultOf(error));
      }
    });
  }
}
