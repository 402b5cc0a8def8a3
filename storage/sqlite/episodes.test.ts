import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { EpisodeQuery, EpisodeStore } from '../../domain/ports/episode-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ARBITRARY_TRACKS, arbitraryBatch } from '../../test/harness/episode-batch-arbitrary.ts';
import { changeOf, episodeBatch } from '../../test/harness/episode-batch.ts';
import { episodeStoreContract } from '../../test/harness/episode-store-contract.ts';
import { MemoryEpisodeStore } from '../../test/harness/memory-episode-store.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { Database } from './database.ts';
import { EPISODES_FILE } from './episodes-schema.ts';
import { SqliteEpisodes } from './episodes.ts';

const temporary = temporaryFolder();
const path = () => join(temporary.path, EPISODES_FILE);

episodeStoreContract('SqliteEpisodes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterwarden-'));
  return {
    open: () => {
      const store = new SqliteEpisodes(join(folder, EPISODES_FILE));
      return Promise.resolve({ store, close: () => Promise.resolve(store.close()) });
    },
    remove: () => Promise.resolve(rmSync(folder, { recursive: true })),
  };
});

describe('SqliteEpisodes and the store in memory', () => {
  const instants = Array.from({ length: 9 }, (_, at) => epochMs(at * 5));
  const queries: readonly EpisodeQuery[] = [undefined, ...instants].flatMap(knownAt => {
    const query = { limit: 20, ...(knownAt === undefined ? {} : { knownAt }) };
    return [
      query,
      { ...query, limit: 2, after: { begin: epochMs(20), id: 'r2' } },
      { ...query, from: epochMs(10), to: epochMs(25), statuses: ['open', 'ended'] as const },
      { ...query, stations: ['S2'], rule: 'q', limit: 3 },
    ];
  });

  /** Everything that can be asked. */
  async function answersOf(store: EpisodeStore): Promise<unknown> {
    const { refills, checkpoints, ...marks } = await store.resume();
    const all = await store.episodes({ limit: 100 });
    return {
      marks,
      refills: new Set(refills),
      checkpoints: new Set(checkpoints),
      listed: await Promise.all(queries.map(query => store.episodes(query))),
      remembered: await Promise.all(
        instants.flatMap(since => [
          store.remembered({ since }),
          ...ARBITRARY_TRACKS.map(track => store.remembered({ since, track })),
        ]),
      ),
      single: await Promise.all(all.map(({ id }) => store.episode(id))),
      changes: await Promise.all(all.map(({ id }) => store.changes({ id }))),
      log: await store.changes({ afterSeq: 3, limit: 7 }),
      decisions: await store.decisions({ from: epochMs(5), to: epochMs(30), inputs: ['S/level'] }),
    };
  }

  it('answer alike whatever was told, also after a restart', async () => {
    let runs = 0;
    const steps = fc.array(
      fc.record({
        batch: arbitraryBatch,
        restarts: fc.boolean(),
        checkpoint: fc.option(fc.subarray([...ARBITRARY_TRACKS])),
      }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const file = join(temporary.path, `${(runs += 1)}.db`);
        const model = new MemoryEpisodeStore();
        let store = new SqliteEpisodes(file);
        try {
          for (const { batch, restarts, checkpoint } of script) {
            for (const each of [model, store]) await each.append(batch);
            if (checkpoint !== null) {
              const tracks = checkpoint.map(track => ({
                ...track,
                foldedTo: batch.knownAt,
                state: `${batch.knownAt}`,
                segments: [],
              }));
              const heardThrough = batch.knownAt;
              for (const each of [model, store]) {
                await each.checkpoint({ tracks, refilled: checkpoint, heardThrough });
              }
            }
            if (restarts) {
              store.close();
              store = new SqliteEpisodes(file);
            }
          }
          expect(await answersOf(store)).toStrictEqual(await answersOf(model));
        } finally {
          store.close();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('SqliteEpisodes on a disk that refuses', () => {
  const raised = (id: string) => changeOf('raised', id, { begin: 1 });
  const told = async (store: EpisodeStore) =>
    (await store.changes({ afterSeq: 0, limit: 999 })).map(({ seq, change }) => `${seq} ${change.id}`);

  it.each([
    ['cannot be written', 'query_only = ON', 'query_only = OFF'],
    ['is full', 'max_page_count = 1', 'max_page_count = 1000000'],
  ])(
    'rejects with a retryable error while it %s, keeps nothing of a batch, and takes it afterwards',
    async (_fault, begin, end) => {
      const store = new SqliteEpisodes(path());
      await store.append(episodeBatch(1, { changes: [raised('a')] }));
      await store.injectFault(begin);
      const many = Array.from({ length: 200 }, (_, at) => raised(`b${at}`));
      const batch = episodeBatch(2, {
        changes: many,
        through: { live: 3, backlog: 0 },
        refills: [{ ...ARBITRARY_TRACKS[0], from: epochMs(1) }],
      });
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(store.append(batch)).rejects.toMatchObject({
          code: 'store_unavailable',
          retryable: true,
          message: expect.stringMatching(/^The episodes cannot be written/) as string,
        });
      }
      expect(await told(store)).toEqual(['1 a']);
      expect(await store.episode('b0')).toBeUndefined();
      expect(await store.resume()).toMatchObject({ through: { live: 0, backlog: 0 }, refills: [] });
      await store.injectFault(end);
      await store.append(batch);
      expect(await told(store)).toEqual(['1 a', ...many.map(({ id }, at) => `${at + 2} ${id}`)]);
      store.close();
    },
  );

  it('keeps nothing of a batch that it cannot take for another reason, and does not ask for it again', async () => {
    const store = new SqliteEpisodes(path());
    const other = new Database(path());
    other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON refill BEGIN SELECT RAISE(ABORT, 'no'); END`);
    const refills = [{ ...ARBITRARY_TRACKS[0], from: epochMs(1) }];
    await expect(store.append(episodeBatch(2, { changes: [raised('a')], refills }))).rejects.toMatchObject({
      code: 'internal_error',
      retryable: false,
    });
    expect(await told(store)).toEqual([]);
    other.close();
    store.close();
  });

  it('speaks of the episodes when there is no file for them', () => {
    writeFileSync(join(temporary.path, 'file'), '');
    const below = join(temporary.path, 'file', EPISODES_FILE);
    expect(() => new SqliteEpisodes(below)).toThrow(
      expect.objectContaining({
        code: 'store_unavailable',
        retryable: true,
        message: expect.stringContaining(below) as string,
      }),
    );
  });

  it('tells a file that is none from a disk that refuses', () => {
    writeFileSync(path(), 'no database at all, but long enough for its header to be read as one'.repeat(50));
    expect(() => new SqliteEpisodes(path())).toThrow(
      expect.objectContaining({ code: 'store_corrupt', retryable: false }),
    );
  });

  it('answers no more once it is closed', async () => {
    const store = new SqliteEpisodes(path());
    store.close();
    store.close();
    await expect(store.append(episodeBatch(2))).rejects.toMatchObject({ code: 'shutting_down' });
  });
});
