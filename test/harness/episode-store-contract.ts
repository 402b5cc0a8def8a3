import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { EpisodeQuery, EpisodeStore, TrackCheckpoint } from '../../domain/ports/episode-store.ts';
import type { WatchDecision } from '../../domain/model/watch-decision.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { changeOf, episodeBatch, episodeOf } from './episode-batch.ts';
import type { ChangeParts } from './episode-batch.ts';

/** A place for an episode store that can be closed and opened again on the same data. */
export interface EpisodeStorePlace {
  open(): Promise<OpenedEpisodeStore>;
  remove(): Promise<void>;
}

interface OpenedEpisodeStore {
  readonly store: EpisodeStore;
  close(): Promise<void>;
}

const FOREVER = epochMs(Number.MAX_SAFE_INTEGER);
const TRACK = { rule: 'r', subject: 'S/level' };
const OTHER = { rule: 'r', subject: 'T/level' };

/** What every episode store promises; `create` gives a new, empty place for one. */
export function episodeStoreContract(name: string, create: () => EpisodeStorePlace): void {
  describe(`${name} keeps the contract of the episode store`, () => {
    let place: EpisodeStorePlace;
    let opened: OpenedEpisodeStore;
    beforeEach(async () => {
      place = create();
      opened = await place.open();
    });
    afterEach(async () => {
      await opened.close();
      await place.remove();
    });
    const reopen = async () => {
      await opened.close();
      opened = await place.open();
    };
    const tell = (knownAt: number, ...changes: readonly Parameters<typeof changeOf>[]) =>
      opened.store.append(episodeBatch(knownAt, { changes: changes.map(each => changeOf(...each)) }));
    const listed = async (query: Partial<EpisodeQuery> = {}) =>
      (await opened.store.episodes({ limit: 100, ...query })).map(({ id }) => id);
    const remembered = async (since: number, track?: { rule: string; subject: string }) =>
      (
        await opened.store.remembered({ since: epochMs(since), ...(track === undefined ? {} : { track }) })
      ).map(({ id }) => id);

    it('is empty at first', async () => {
      const { store } = opened;
      expect(await store.resume()).toEqual({
        through: { live: 0, backlog: 0 },
        refills: [],
        checkpoints: [],
      });
      expect(await listed()).toEqual([]);
      expect(await listed({ knownAt: FOREVER })).toEqual([]);
      expect(await remembered(0)).toEqual([]);
      expect(await store.episode('a')).toBeUndefined();
      expect(await store.changes({ id: 'a' })).toEqual([]);
      expect(await store.changes({ afterSeq: 0, limit: 10 })).toEqual([]);
      expect(await store.decisions({ from: epochMs(0), to: FOREVER })).toEqual([]);
    });

    it('gives back every change as it was told, numbered from 1 on, also after a restart', async () => {
      const raised = { begin: 10, told: ['blue', 'yellow'] } satisfies ChangeParts;
      await tell(100, ['raised', 'a', raised], ['raised', 'b', { begin: 40 }]);
      await reopen();
      await tell(200, ['ended', 'a', { begin: 10, end: 30, live: true }]);
      const log = [
        { seq: 1, knownAt: 100, change: changeOf('raised', 'a', raised) },
        { seq: 2, knownAt: 100, change: changeOf('raised', 'b', { begin: 40 }) },
        { seq: 3, knownAt: 200, change: changeOf('ended', 'a', { begin: 10, end: 30, live: true }) },
      ];
      expect(await opened.store.changes({ afterSeq: 0, limit: 10 })).toStrictEqual(log);
      expect(await opened.store.changes({ afterSeq: 1, limit: 1 })).toStrictEqual(log.slice(1, 2));
      expect(await opened.store.changes({ id: 'a' })).toStrictEqual([log[0], log[2]]);
    });

    it('knows an episode as its changes have left it', async () => {
      await tell(100, ['raised', 'a', { begin: 10, told: ['blue'] }]);
      await tell(200, ['amended', 'a', { begin: 5, end: 30 }]);
      const record = {
        id: 'a',
        status: 'ended',
        episode: episodeOf({ begin: 5, end: 30 }),
        firstBegin: 10,
        told: 'blue',
        isOverLive: false,
        firstKnownAt: 100,
        changedAt: 200,
        seq: 2,
      };
      expect(await opened.store.episode('a')).toStrictEqual(record);
      await reopen();
      expect(await opened.store.episode('a')).toStrictEqual(record);
      expect(await opened.store.episodes({ limit: 1 })).toStrictEqual([record]);
      expect(await opened.store.remembered({ since: FOREVER })).toStrictEqual([record]);
    });

    it('hands on what was told to the parts of a split, and to the whole of a merger', async () => {
      await tell(100, ['raised', 'a', { begin: 10, told: ['blue', 'orange'] }]);
      await tell(200, ['split', 'b', { begin: 20, other: 'a' }], ['raised', 'c', { begin: 5 }]);
      await tell(300, ['merged', 'b', { begin: 20, other: 'c' }]);
      const records = await opened.store.episodes({ limit: 10 });
      expect(records.map(({ id, status, told, into, seq }) => [id, status, told, into, seq])).toEqual([
        ['b', 'merged', 'orange', 'c', 4],
        ['a', 'open', 'orange', undefined, 1],
        ['c', 'open', 'orange', undefined, 4],
      ]);
    });

    it('takes batches in the order of the calls without waiting for one another', async () => {
      await Promise.all(Array.from({ length: 30 }, (_, at) => tell(at, ['raised', `e${at}`, { begin: at }])));
      const log = await opened.store.changes({ afterSeq: 0, limit: 100 });
      expect(log.map(({ seq, knownAt }) => [seq, knownAt])).toEqual(log.map((_, at) => [at + 1, at]));
      expect(log).toHaveLength(30);
    });

    describe('lists', () => {
      beforeEach(async () => {
        await tell(
          100,
          ['raised', 'a', { begin: 10, end: 20 }],
          ['raised', 'b', { begin: 30 }],
          ['raised', 'c', { begin: 30, end: 40, subject: 'T/level' }],
          ['raised', 'd', { begin: 50, end: 60, subject: 'S2/level', rule: 'q' }],
          ['withdrawn', 'd', { begin: 50, end: 60, subject: 'S2/level', rule: 'q' }],
          ['raised', 'e', { begin: 12 }],
          ['merged', 'e', { begin: 12, other: 'b' }],
        );
      });

      it('newest begin first', async () => {
        expect(await listed()).toEqual(['d', 'c', 'b', 'e', 'a']);
      });

      it.each<[string, Partial<EpisodeQuery>, readonly string[]]>([
        ['what lasts at the first instant', { from: epochMs(19) }, ['d', 'c', 'b', 'a']],
        ['nothing that was over by then', { from: epochMs(20) }, ['d', 'c', 'b']],
        ['an open one for ever', { from: epochMs(1_000) }, ['b']],
        ['one that never was open again at its begin', { from: epochMs(12), to: epochMs(13) }, ['e', 'a']],
        ['nothing from the end of the stretch on', { to: epochMs(30) }, ['e', 'a']],
        ['those of some stations', { stations: ['S', 'S2'] }, ['d', 'b', 'e', 'a']],
        ['none of no station', { stations: [] }, []],
        ['those of a rule', { rule: 'q' }, ['d']],
        ['those of some statuses', { statuses: ['ended', 'open'] }, ['c', 'b', 'a']],
        ['none of no status', { statuses: [] }, []],
        ['the first few', { limit: 2 }, ['d', 'c']],
        ['those after one of the same begin', { after: { begin: epochMs(30), id: 'c' } }, ['b', 'e', 'a']],
        ['a page of a selection', { statuses: ['ended'], after: { begin: epochMs(30), id: 'b' } }, ['a']],
      ])('%s', async (_what, query, ids) => {
        expect(await listed(query)).toEqual(ids);
        expect(await listed({ ...query, knownAt: epochMs(100) })).toEqual(ids);
        expect(await listed({ ...query, knownAt: epochMs(99) })).toEqual([]);
      });
    });

    it('lists what was known at an instant, as it was known', async () => {
      await tell(100, ['raised', 'a', { begin: 50, told: ['orange'] }]);
      await tell(
        200,
        ['amended', 'a', { begin: 40, end: 60 }],
        ['raised', 'b', { begin: 10, told: ['blue'] }],
      );
      await tell(300, ['merged', 'a', { begin: 40, other: 'b' }]);
      await tell(400, ['split', 'c', { begin: 20, other: 'b' }]);
      await tell(500, ['amended', 'b', { begin: 15, told: ['red'] }], ['amended', 'c', { begin: 25 }]);
      const known = async (at: number) =>
        (await opened.store.episodes({ limit: 9, knownAt: epochMs(at) })).map(
          ({ id, status, episode, told, seq }) => [id, status, episode.begin, told, seq],
        );
      expect(await known(99)).toEqual([]);
      expect(await known(100)).toEqual([['a', 'open', 50, 'orange', 1]]);
      expect(await known(299)).toEqual([
        ['a', 'ended', 40, 'orange', 2],
        ['b', 'open', 10, 'blue', 3],
      ]);
      expect(await known(499)).toEqual([
        ['a', 'merged', 40, 'orange', 4],
        ['c', 'open', 20, 'orange', 5],
        ['b', 'open', 10, 'orange', 4],
      ]);
      expect(await known(500)).toEqual([
        ['a', 'merged', 40, 'orange', 4],
        ['c', 'open', 25, 'orange', 7],
        ['b', 'open', 15, 'red', 6],
      ]);
      expect(await listed({ knownAt: epochMs(299), statuses: ['open'] })).toEqual(['b']);
      expect(await listed({ knownAt: epochMs(100), from: epochMs(45), to: epochMs(51) })).toEqual(['a']);
    });

    it('passes over what a clock that went back has dated later', async () => {
      await tell(900, ['raised', 'a', { begin: 1, told: ['blue'] }]);
      await tell(200, ['raised', 'b', { begin: 2 }]);
      await tell(300, ['merged', 'b', { begin: 2, other: 'a' }]);
      await tell(950, ['amended', 'b', { begin: 3 }]);
      await tell(400, ['ended', 'a', { begin: 1, end: 9, live: true }]);
      const [a, b] = ['a', 'b'].map(id => ({ id }));
      expect(await opened.store.episodes({ limit: 9, knownAt: epochMs(500) })).toMatchObject([
        { ...b, status: 'merged', episode: { begin: 2 } },
        { ...a, status: 'ended', firstKnownAt: 400, firstBegin: 1, seq: 5 },
      ]);
    });

    it('remembers what is open, what is told and not over, and what touches the time since', async () => {
      await tell(
        100,
        ['raised', 'open', { begin: 1 }],
        ['raised', 'told', { begin: 2, end: 3, told: ['blue'] }],
        ['raised', 'over', { begin: 2, end: 3, told: ['blue'] }],
        ['ended', 'over', { begin: 2, end: 3, live: true }],
        ['raised', 'ended', { begin: 4, end: 50 }],
        ['raised', 'gone', { begin: 60 }],
        ['withdrawn', 'gone', { begin: 60 }],
        ['raised', 'moved', { begin: 55 }],
        ['amended', 'moved', { begin: 5, end: 10 }],
        ['raised', 'part', { begin: 6, told: ['blue'] }],
        ['merged', 'part', { begin: 6, other: 'open' }],
        ['raised', 'other', { begin: 7, subject: OTHER.subject }],
      );
      expect(await remembered(50)).toEqual(['open', 'told', 'ended', 'moved', 'other', 'gone']);
      expect(await remembered(61)).toEqual(['open', 'told', 'other']);
      expect(await remembered(61, OTHER)).toEqual(['other']);
      expect(await remembered(51, TRACK)).toEqual(['open', 'told', 'moved', 'gone']);
      expect(await remembered(0, { ...TRACK, rule: 'q' })).toEqual([]);
    });

    it('keeps each decision once, and lists them in order of time', async () => {
      const at = (t: number) => ({ t: epochMs(t) });
      const silence = { kind: 'silence', input: 'S/level', ...at(30), since: epochMs(1) } as const;
      const other = { ...silence, input: 'T/level' };
      const outage = { kind: 'outage', from: epochMs(5), ...at(20) } as const;
      const signal = { kind: 'signal', zone: 'z', ...at(10), severity: 'red' } as const;
      const lifted = { ...signal, ...at(40), severity: null };
      const first: readonly WatchDecision[] = [silence, other, outage, lifted];
      await opened.store.append(episodeBatch(100, { decisions: first }));
      await opened.store.append(
        episodeBatch(200, { decisions: [{ ...silence, since: epochMs(2) }, signal, outage] }),
      );
      await reopen();
      const decided = (from: number, to: number, inputs?: readonly string[]) =>
        opened.store.decisions({
          from: epochMs(from),
          to: epochMs(to),
          ...(inputs === undefined ? {} : { inputs }),
        });
      expect(await decided(0, 100)).toStrictEqual([signal, outage, silence, other, lifted]);
      expect(await decided(20, 40)).toStrictEqual([outage, silence, other]);
      expect(await decided(0, 100, ['T/level'])).toStrictEqual([signal, outage, other, lifted]);
      expect(await decided(0, 100, [])).toStrictEqual([signal, outage, lifted]);
    });

    it('resumes where the batches and the checkpoints have left it', async () => {
      const checkpoint = (foldedTo: number, state: string): TrackCheckpoint => ({
        ...TRACK,
        foldedTo: epochMs(foldedTo),
        state,
        segments: [{ ruleSet: 1, registry: 2 }],
      });
      const elsewhere = { ...checkpoint(7, '{}'), ...OTHER };
      const { store } = opened;
      await store.append(
        episodeBatch(100, {
          through: { live: 9, backlog: 4 },
          refills: [
            { ...TRACK, from: epochMs(50) },
            { ...OTHER, from: epochMs(70) },
          ],
        }),
      );
      await store.append(
        episodeBatch(200, { through: { live: 8, backlog: 6 }, refills: [{ ...TRACK, from: epochMs(60) }] }),
      );
      await store.append(episodeBatch(300, { refills: [{ ...TRACK, from: epochMs(40) }] }));
      await store.checkpoint({
        tracks: [checkpoint(10, '["old"]'), elsewhere],
        refilled: [],
        heardThrough: epochMs(250),
      });
      await reopen();
      const before = await opened.store.resume();
      expect(before).toMatchObject({ through: { live: 9, backlog: 6 }, heardThrough: 250 });
      expect(new Set(before.refills)).toStrictEqual(
        new Set([
          { ...TRACK, from: epochMs(40) },
          { ...OTHER, from: epochMs(70) },
        ]),
      );
      expect(new Set(before.checkpoints)).toStrictEqual(new Set([checkpoint(10, '["old"]'), elsewhere]));
      await opened.store.checkpoint({
        tracks: [checkpoint(20, '["new"]')],
        refilled: [TRACK],
        heardThrough: epochMs(350),
      });
      await reopen();
      const after = await opened.store.resume();
      expect(after).toMatchObject({ heardThrough: 350, refills: [{ ...OTHER, from: 70 }] });
      expect(new Set(after.checkpoints)).toStrictEqual(new Set([checkpoint(20, '["new"]'), elsewhere]));
    });
  });
}
