import type { MessagePort } from 'node:worker_threads';

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
import { Remote } from '../thread/remote.ts';

/** The store from any thread; after it stopped every call rejects with `worker_failed`. */
class EpisodeStoreClient implements EpisodeStore {
  readonly #port: MessagePort;
  readonly #remote: Remote;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#remote = new Remote(port);
    port.on('close', () => this.#remote.fail('the episode store was closed'));
  }

  resume(): Promise<EpisodeResumption> {
    return this.#remote.call('resume');
  }
  append(batch: EpisodeBatch): Promise<void> {
    return this.#remote.call('append', batch);
  }
  checkpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#remote.call('checkpoint', checkpoint);
  }
  remembered(query: Parameters<EpisodeStore['remembered']>[0]): Promise<readonly EpisodeRecord[]> {
    return this.#remote.call('remembered', query);
  }
  episodes(query: EpisodeQuery): Promise<readonly EpisodeRecord[]> {
    return this.#remote.call('episodes', query);
  }
  episode(id: string): Promise<EpisodeRecord | undefined> {
    return this.#remote.call('episode', id);
  }
  changes(query: Parameters<EpisodeStore['changes']>[0]): Promise<readonly LoggedChange[]> {
    return this.#remote.call('changes', query);
  }
  decisions(query: Parameters<EpisodeStore['decisions']>[0]): Promise<readonly WatchDecision[]> {
    return this.#remote.call('decisions', query);
  }

  /** Lets this thread end; open calls reject. */
  close(): void {
    this.#port.close();
  }
}
export type { EpisodeStoreClient };

/** A store over a port from `EpisodesClient.openStore`. */
export function createEpisodeStore(port: MessagePort): EpisodeStoreClient {
  return new EpisodeStoreClient(port);
}
