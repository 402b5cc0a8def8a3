import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { changeOf, episodeBatch } from '../../test/harness/episode-batch.ts';
import { episodeStoreContract } from '../../test/harness/episode-store-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { EpisodesClient } from './episodes-client.ts';
import type { EpisodesOptions } from './episodes-client.ts';
import { createEpisodeStore } from './episodes-port.ts';
import type { EpisodeStoreClient } from './episodes-port.ts';

episodeStoreContract('EpisodesClient', () => {
  const directory = mkdtempSync(join(tmpdir(), 'waterwarden-'));
  return {
    open: async () => {
      const client = new EpisodesClient({ directory });
      await client.start();
      const store = createEpisodeStore(client.openStore());
      return {
        store,
        close: async () => {
          store.close();
          await client.stop();
        },
      };
    },
    remove: () => Promise.resolve(rmSync(directory, { recursive: true })),
  };
});

describe('EpisodesClient', () => {
  const temporary = temporaryFolder();
  let episodes: EpisodesClient;
  let store: EpisodeStoreClient;
  afterEach(async () => {
    await episodes.stop();
  });
  const start = async (options: Partial<EpisodesOptions> = {}) => {
    episodes = new EpisodesClient({ directory: temporary.path, allowFaults: true, ...options });
    await episodes.start();
    store = createEpisodeStore(episodes.openStore());
  };
  const raise = (id: string) =>
    store.append(episodeBatch(1, { changes: [changeOf('raised', id, { begin: 1 })] }));
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'ok',
      (error: unknown) => (isAppError(error) ? error.code : error),
    );

  it('serves several stores, each with what the others have appended', async () => {
    await start();
    const other = createEpisodeStore(episodes.openStore());
    await raise('a');
    expect(await other.episode('a')).toMatchObject({ id: 'a' });
    other.close();
    await raise('b');
    expect(await store.changes({ afterSeq: 0, limit: 9 })).toHaveLength(2);
  });

  it('tells across the thread that a refusal may be tried again', async () => {
    await start();
    await episodes.injectFault('query_only = ON');
    await expect(raise('a')).rejects.toMatchObject({ code: 'store_unavailable', retryable: true });
    await episodes.injectFault('query_only = OFF');
    expect(await codeOf(raise('a'))).toBe('ok');
  });

  it('rejects every call once its thread has ended, tells it once, and has lost nothing acknowledged', async () => {
    const fatal: Error[] = [];
    await start({ onFatal: error => fatal.push(error) });
    let sent = 0;
    const acknowledged: string[] = [];
    const raiseUntilRefused = async (): Promise<unknown> => {
      for (;;) {
        const id = `e${(sent += 1)}`;
        const code = await codeOf(raise(id));
        if (code !== 'ok') return code;
        acknowledged.push(id);
      }
    };
    const refusals = Promise.all([raiseUntilRefused(), raiseUntilRefused(), raiseUntilRefused()]);
    await waitFor('some episodes', () => acknowledged.length > 20);
    // The thread may be gone before its answer arrives.
    await episodes.injectFault('crash').catch(() => undefined);
    expect(await refusals).toEqual(['worker_failed', 'worker_failed', 'worker_failed']);
    await waitFor('the news of the end', () => fatal.length > 0);
    expect(fatal).toMatchObject([{ code: 'worker_failed' }]);
    expect(await codeOf(store.resume())).toBe('worker_failed');
    await episodes.stop();
    await start();
    const kept = (await store.changes({ afterSeq: 0, limit: sent })).map(({ change }) => change.id);
    expect(kept).toEqual(kept.map((_, at) => `e${at + 1}`));
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
  });

  it('ends the stores when it is stopped', async () => {
    await start();
    await raise('a');
    await episodes.stop();
    await episodes.stop();
    expect(['worker_failed', 'shutting_down']).toContain(await codeOf(raise('b')));
    expect(() => episodes.openStore()).toThrow('not open');
  });

  it('cannot be started where there is no folder, and can be stopped', async () => {
    episodes = new EpisodesClient({ directory: '/dev/null/data' });
    expect(await codeOf(episodes.start())).toBe('store_unavailable');
    await episodes.stop();
  });

  it('lets nobody inject faults unless it was told to', async () => {
    await start({ allowFaults: false });
    expect(await codeOf(episodes.injectFault('crash'))).toBe('unsupported');
  });
});
