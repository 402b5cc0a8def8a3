import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { AppError } from '../../domain/errors.ts';
import type {
  Checkpoint,
  EpisodeBatch,
  EpisodeQuery,
  EpisodeStore,
} from '../../domain/ports/episode-store.ts';
import { serveCalls } from '../thread/remote.ts';
import type { Handlers } from '../thread/remote.ts';
import { EPISODES_FILE } from './episodes-schema.ts';
import { SqliteEpisodes } from './episodes.ts';

export interface EpisodesWorkerData {
  /** The data directory. */
  readonly directory: string;
  /** Lets the main thread inject faults; for tests only. */
  readonly allowFaults: boolean;
}

/** The store's calls for the threads that use it; the main thread opens and closes it. */
function serve(main: MessagePort, { directory, allowFaults }: EpisodesWorkerData): void {
  let episodes: SqliteEpisodes | undefined;
  const stores = new Set<MessagePort>();
  const opened = (): SqliteEpisodes => {
    if (episodes === undefined) {
      throw new AppError('shutting_down', 'The episode store is not open.', { retryable: true });
    }
    return episodes;
  };

  const storeHandlers: Handlers = {
    resume: () => opened().resume(),
    append: (batch: EpisodeBatch) => opened().append(batch),
    checkpoint: (checkpoint: Checkpoint) => opened().checkpoint(checkpoint),
    remembered: (query: Parameters<EpisodeStore['remembered']>[0]) => opened().remembered(query),
    episodes: (query: EpisodeQuery) => opened().episodes(query),
    episode: (id: string) => opened().episode(id),
    changes: (query: Parameters<EpisodeStore['changes']>[0]) => opened().changes(query),
    decisions: (query: Parameters<EpisodeStore['decisions']>[0]) => opened().decisions(query),
  };

  serveCalls(main, {
    start: () => {
      episodes = new SqliteEpisodes(join(directory, EPISODES_FILE));
    },
    openStore: (port: MessagePort) => {
      stores.add(port);
      port.on('close', () => stores.delete(port));
      serveCalls(port, storeHandlers);
    },
    fault: (kind: string) => {
      if (!allowFaults) throw new AppError('unsupported', 'Faults are for tests.');
      if (kind !== 'crash') return opened().injectFault(kind);
      setImmediate(() => {
        throw new AppError('worker_failed', 'A test lets the thread crash.');
      });
      return undefined;
    },
    stop: () => {
      episodes?.close();
      episodes = undefined;
      // The thread ends by itself when nothing holds it any more, after this answer has left.
      setImmediate(() => {
        for (const port of stores) port.close();
        main.unref();
      });
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as EpisodesWorkerData);
