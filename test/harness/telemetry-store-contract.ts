import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type {
  HeldMessage,
  QuarantineQuery,
  StoreBatch,
  StoreResumption,
  TelemetryStore,
} from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ledgerDelta, observation, quarantineItem, storeBatch } from './store-batch.ts';
import { CONTRACT_DATASTREAMS, telemetryReaderContract } from './telemetry-reader-contract.ts';

/** A store that can be closed and opened again on the same data. */
export interface StoreUnderTest {
  open(): Promise<OpenedStore>;
  remove(): Promise<void>;
}

export interface OpenedStore {
  readonly store: TelemetryStore;
  close(): Promise<void>;
}

const T0 = 1_790_000_000_000;
const t = (n: number) => epochMs(T0 + n * 60_000);
const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 10_000 };
const HELD: HeldMessage = {
  position: 7,
  received: epochMs(T0),
  principal: 'S-1',
  topic: 'ww/v1/S-1/obs',
  payload: Uint8Array.from([1, 0, 255]),
};

/** Everything a reader of the whole store can see, in a fixed order. */
async function contentOf(store: TelemetryStore) {
  const ids = CONTRACT_DATASTREAMS.map(({ id }) => id);
  const observations = await Promise.all(ids.map(datastream => store.range({ ...ALWAYS, datastream })));
  const corrections = await Promise.all(ids.map(datastream => store.corrections({ ...ALWAYS, datastream })));
  const sorted = corrections.map(rows =>
    [...rows].sort(
      (a, b) =>
        a.t - b.t || (a.v ?? -1e9) - (b.v ?? -1e9) || a.deviceFlag - b.deviceFlag || a.source - b.source,
    ),
  );
  const ledger = await store.ledger();
  return {
    observations,
    corrections: sorted,
    stations: Object.fromEntries([...ledger.stations].sort(([a], [b]) => (a < b ? -1 : 1))),
    rows: Object.fromEntries([...(await store.countRows())].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The order of these lists is the store's own affair. */
function sortedResumption({ cursors, datastreams, latest, held, stationStates }: StoreResumption) {
  return {
    cursors,
    datastreams: datastreams.toSorted((a, b) => a.id - b.id),
    latest: latest.toSorted((a, b) => a.datastream - b.datastream),
    held: held.toSorted((a, b) => a.position - b.position),
    stationStates: stationStates.toSorted((a, b) => (a.station < b.station ? -1 : 1)),
  };
}

/** Few instants, values, flags and senders, so that every kind of conflict is met. */
const candidate: fc.Arbitrary<Observation> = fc
  .record({
    datastream: fc.constantFrom(1, 3),
    minute: fc.integer({ min: 0, max: 3 }),
    v: fc.option(fc.constantFrom(0, 1, 2.5), { nil: null }),
    deviceFlag: fc.constantFrom(0, 0, 2, 4),
    source: fc.constantFrom(SOURCE_RANK.device, SOURCE_RANK.device, SOURCE_RANK.operator),
    sent: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ datastream, minute, v, deviceFlag, source, sent }) =>
    observation({
      datastream,
      t: t(minute),
      v,
      deviceFlag,
      source,
      sent: epochMs(T0 + sent),
      quality: v === null ? QUALITY.missing : deviceFlag === 4 ? QUALITY.fail : QUALITY.good,
    }),
  );

/** What every telemetry store of record promises; `create` gives a new, empty place for one. */
export function telemetryStoreContract(name: string, create: () => StoreUnderTest): void {
  telemetryReaderContract(name, async () => {
    const place = create();
    const under = await place.open();
    const { store } = under;
    let position = 0;
    let announced = false;
    return {
      reader: store,
      seed: async (datastreams, readings) => {
        const placed = readings.map(reading => ({ ...reading, position: ++position }));
        await store.append(storeBatch({ newDatastreams: announced ? [] : datastreams, readings: placed }));
        announced = true;
      },
      close: async () => {
        await under.close();
        await place.remove();
      },
    };
  });

  describe(`${name} keeps the telemetry store contract`, () => {
    let place: StoreUnderTest;
    let opened: OpenedStore;
    let store: TelemetryStore;
    const reopen = async () => {
      await opened.close();
      opened = await place.open();
      store = opened.store;
    };
    const append = (parts: Parameters<typeof storeBatch>[0]) => store.append(storeBatch(parts));
    const announce = () => append({ newDatastreams: CONTRACT_DATASTREAMS });
    const readingsOf = async (station: string) => (await store.ledger()).stations.get(station)?.readings;

    beforeEach(async () => {
      place = create();
      opened = await place.open();
      store = opened.store;
    });
    afterEach(async () => {
      await opened.close();
      await place.remove();
    });

    it('is empty at first', async () => {
      expect(await store.resume()).toEqual({
        cursors: { live: 0, backlog: 0 },
        datastreams: [],
        latest: [],
        held: [],
        stationStates: [],
      });
      const ledger = await store.ledger();
      expect(ledger.cursors).toEqual({ live: 0, backlog: 0 });
      expect([ledger.held.size, ledger.stations.size, (await store.countRows()).size]).toEqual([0, 0, 0]);
      expect(await store.quarantine({ limit: 10 })).toEqual([]);
      expect(await store.staged()).toBe(0);
      await store.flush();
    });

    it('gives back every field of an observation as it came', async () => {
      const rows: Observation[] = [
        observation({
          datastream: 1,
          t: t(0),
          v: -1.25,
          quality: QUALITY.suspect,
          deviceFlag: 7,
          source: SOURCE_RANK.operator,
          sent: epochMs(T0 - 86_400_123),
          received: epochMs(T0 + 5),
          position: 2 ** 40,
        }),
        observation({ datastream: 1, t: t(1), v: null, quality: QUALITY.missing, position: 2 }),
      ];
      await append({ newDatastreams: CONTRACT_DATASTREAMS, readings: rows });
      expect(await store.range({ ...ALWAYS, datastream: 1 })).toEqual(rows);
      expect(await store.latest()).toEqual(rows.slice(1));
    });

    it('shows readings at once, before they are durable', async () => {
      await announce();
      await append({ readings: [observation({ datastream: 1, t: t(0), v: 1, position: 1 })] });
      const durable = [
        append({ readings: [observation({ datastream: 1, t: t(1), v: 2, position: 2 })] }),
        // A correction of a durable row and of a row that is not.
        append({
          readings: [
            observation({ datastream: 1, t: t(0), v: 5, sent: t(9), position: 3 }),
            observation({ datastream: 1, t: t(1), v: 6, sent: t(9), position: 3 }),
          ],
        }),
      ];
      const rows = store.range({ ...ALWAYS, datastream: 1 });
      const latest = store.latest();
      const buckets = store.aggregate({ ...ALWAYS, datastreams: [1], bucket: '1d', aggregates: ['sum'] });
      expect((await rows).map(row => row.v)).toEqual([5, 6]);
      expect((await latest).map(row => row.v)).toEqual([6]);
      expect((await buckets).map(row => row.values.sum)).toEqual([11]);
      await Promise.all(durable);
      expect((await store.range({ ...ALWAYS, datastream: 1 })).map(row => row.v)).toEqual([5, 6]);
    });

    it('makes batches durable in the order of the calls', async () => {
      await announce();
      const order: number[] = [];
      const calls = Array.from({ length: 30 }, (_, n) =>
        append({
          readings: [observation({ datastream: 1, t: t(n), position: n + 1 })],
          cursors: { live: n + 1 },
        }).then(() => order.push(n)),
      );
      await Promise.all(calls);
      expect(order).toEqual(Array.from({ length: 30 }, (_, n) => n));
      expect((await store.ledger()).cursors).toEqual({ live: 30, backlog: 0 });
    });

    it('commits all parts of a batch together: who sees the cursor sees the rest', async () => {
      await announce();
      const whole = (n: number): StoreBatch =>
        storeBatch({
          readings: [observation({ datastream: 1, t: t(n), position: n })],
          ledger: [ledgerDelta('S-1', { messagesDecoded: 1, readingsDecoded: 1 })],
          cursors: { live: n },
        });
      const writing = Array.from({ length: 50 }, (_, n) => store.append(whole(n + 1)));
      for (let look = 0; look < 20; look += 1) {
        const { cursors, stations } = await store.ledger();
        const counts = stations.get('S-1');
        expect(counts?.messages.decoded ?? 0).toBe(cursors.live);
        expect(counts?.readings.stored ?? 0).toBe(cursors.live);
      }
      await Promise.all(writing);
    });

    it('makes everything taken durable with flush, and tells what is staged', async () => {
      await announce();
      let durable = 0;
      const taken = Array.from({ length: 5 }, (_, n) =>
        append({ readings: [observation({ datastream: 1, t: t(n), position: n })] }).then(() => durable++),
      );
      await store.flush();
      expect(await store.staged()).toBe(0);
      expect((await store.countRows()).get('S-1')).toBe(5);
      await Promise.all(taken);
      expect(durable).toBe(5);
    });

    it('adds ledger increments by station, negative ones too', async () => {
      const counts = { messagesDecoded: 5, readingsDecoded: 9, readingsQuarantined: 3, readingsRejected: 1 };
      await append({
        ledger: [
          ledgerDelta('S-1', { ...counts, messagesQuarantined: 2 }),
          ledgerDelta('S-9', { messagesQuarantined: 1 }),
        ],
      });
      await append({
        ledger: [
          ledgerDelta('S-1', { messagesQuarantined: -2, messagesDecoded: 2, readingsQuarantined: -1 }),
        ],
      });
      const { stations } = await store.ledger();
      expect(stations.get('S-1')?.messages).toEqual({ decoded: 7, quarantined: 0 });
      expect(stations.get('S-1')?.readings).toMatchObject({
        decoded: 9,
        quarantined: 2,
        rejected: 1,
        inFlight: 0,
      });
      expect(stations.get('S-9')?.messages).toEqual({ decoded: 0, quarantined: 1 });
      expect(stations.get('S-9')?.readings).toMatchObject({ decoded: 0, stored: 0 });
    });

    it('counts identities as stored, further contents as corrected, the rest as duplicate', async () => {
      const at = (parts: Partial<Observation>) => observation({ datastream: 1, t: t(0), ...parts });
      await append({
        newDatastreams: CONTRACT_DATASTREAMS,
        readings: [
          at({ v: 1, position: 1 }),
          at({ v: 1, position: 2, sent: t(5) }),
          at({ v: 2, position: 3 }),
          observation({ datastream: 3, t: t(0), position: 4 }),
        ],
      });
      await append({
        readings: [at({ v: 2, position: 5 }), at({ v: 1, position: 6 }), at({ v: 3, position: 7 })],
      });
      expect(await readingsOf('S-1')).toMatchObject({ stored: 1, corrected: 2, duplicate: 3 });
      expect(await readingsOf('S-2')).toMatchObject({ stored: 1, corrected: 0, duplicate: 0 });
      expect(Object.fromEntries(await store.countRows())).toEqual({ 'S-1': 1, 'S-2': 1 });
    });

    it('lets the fixed order decide who wins, and keeps every loser', async () => {
      const at = (parts: Partial<Observation>) => observation({ datastream: 1, t: t(0), ...parts });
      const ranked = [
        at({ v: 1, source: SOURCE_RANK.operator, deviceFlag: 2, sent: t(0), position: 6 }),
        at({ v: 9, sent: t(2), position: 5 }),
        at({ v: 8, sent: t(2), position: 4 }),
        at({ v: 99, sent: t(1), position: 3 }),
        at({ v: 99, deviceFlag: 4, quality: QUALITY.fail, sent: t(9), position: 2 }),
        at({ v: null, quality: QUALITY.missing, sent: t(9), position: 1 }),
      ];
      await announce();
      // Worst first, one batch each: every one of them wins for a while.
      for (const reading of ranked.toReversed()) await append({ readings: [reading] });
      expect(await store.range({ ...ALWAYS, datastream: 1 })).toEqual(ranked.slice(0, 1));
      const losers = [...(await store.corrections({ ...ALWAYS, datastream: 1 }))];
      const winner = { v: 1, deviceFlag: 2, source: SOURCE_RANK.operator };
      expect(losers.sort((a, b) => b.position - a.position)).toEqual(
        ranked.slice(1).map(loser => ({ ...loser, winner })),
      );
    });

    it('pages corrections from ≤ t < to, oldest first', async () => {
      await announce();
      const readings = [0, 1, 2, 3].flatMap(n =>
        [1, 2].map(v => observation({ datastream: 1, t: t(n), v, position: n * 2 + v })),
      );
      await append({ readings });
      const query = { datastream: 1, from: t(1), to: t(3), limit: 10 };
      expect((await store.corrections(query)).map(row => row.t)).toEqual([t(1), t(2)]);
      expect((await store.corrections({ ...query, limit: 1 })).map(row => row.t)).toEqual([t(1)]);
      expect(await store.corrections({ ...query, datastream: 2 })).toEqual([]);
    });

    it('ends with the same rows, corrections and counts in whatever order and batches readings come', async () => {
      const shuffled = fc
        .array(candidate, { minLength: 1, maxLength: 30 })
        .map(readings => readings.map((reading, index) => ({ ...reading, position: index + 1 })))
        .chain(readings =>
          fc.record({
            readings: fc.constant(readings),
            order: fc.shuffledSubarray(readings, { minLength: readings.length }),
            sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
          }),
        );
      const contents = async (readings: readonly Observation[], sizes: readonly number[]) => {
        const own = create();
        const mine = await own.open();
        await mine.store.append(storeBatch({ newDatastreams: CONTRACT_DATASTREAMS }));
        for (let at = 0, turn = 0; at < readings.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          const durable = mine.store.append(storeBatch({ readings: readings.slice(at, at + size) }));
          if (turn % 2 === 0) await durable;
          at += size;
        }
        await mine.store.flush();
        const content = await contentOf(mine.store);
        await mine.close();
        await own.remove();
        return content;
      };
      await fc.assert(
        fc.asyncProperty(shuffled, async ({ readings, order, sizes }) => {
          expect(await contents(order, sizes)).toEqual(await contents(readings, [readings.length]));
        }),
        { numRuns: 15 },
      );
    });

    it('keeps a quarantined item with every field, once, however often it is put', async () => {
      const item = quarantineItem({ position: 3, item: 2, reason: 'future' });
      const bare = quarantineItem({ position: 4, payload: new Uint8Array(0) });
      await append({ quarantined: [item, bare] });
      await append({ quarantined: [item] });
      expect(await store.quarantine({ limit: 10 })).toEqual([
        { ...item, released: false },
        { ...bare, released: false },
      ]);
    });

    it('hides what was released unless it is asked for, and does not bring it back', async () => {
      const item = quarantineItem({ position: 3, item: 2 });
      const whole = quarantineItem({ position: 3, item: -1 });
      await append({ quarantined: [item, whole] });
      const released = [
        { position: 3, item: 2 },
        { position: 3, item: 2 },
        { position: 99, item: 0 },
      ];
      await append({ released });
      expect(await store.quarantine({ limit: 10 })).toEqual([{ ...whole, released: false }]);
      await append({ quarantined: [item] });
      expect(await store.quarantine({ limit: 10 })).toEqual([{ ...whole, released: false }]);
      expect(await store.quarantine({ limit: 10, includeReleased: true })).toEqual([
        { ...whole, released: false },
        { ...item, released: true },
      ]);
    });

    it('filters quarantine and pages through it by position and item', async () => {
      const item = (
        position: number,
        index: number,
        station: string,
        reason: 'future' | 'schema' = 'schema',
      ) => quarantineItem({ position, item: index, station, reason });
      await append({
        quarantined: [
          item(2, -1, 'S-1'),
          item(1, 10, 'S-1', 'future'),
          item(1, 2, 'S-2'),
          item(10, 0, 'S-1'),
          item(2, 0, 'S-2', 'future'),
        ],
      });
      const places = async (query: Partial<QuarantineQuery>) =>
        (await store.quarantine({ limit: 10, ...query })).map(row => [row.position, row.item]);
      const all = [
        [1, 2],
        [1, 10],
        [2, -1],
        [2, 0],
        [10, 0],
      ];
      expect(await places({})).toEqual(all);
      expect(await places({ limit: 2 })).toEqual(all.slice(0, 2));
      expect(await places({ limit: 2, after: { position: 1, item: 10 } })).toEqual(all.slice(2, 4));
      expect(await places({ after: { position: 2, item: -1 } })).toEqual(all.slice(3));
      expect(await places({ station: 'S-1' })).toEqual([all[1], all[2], all[4]]);
      expect(await places({ reason: 'future' })).toEqual([all[1], all[3]]);
      expect(await places({ station: 'S-2', reason: 'future' })).toEqual([all[3]]);
    });

    it('counts held messages by the station of their topic until they are let go', async () => {
      const split: HeldMessage = { ...HELD, position: 8, splitBefore: t(3) };
      const other: HeldMessage = { ...HELD, position: 9, topic: 'ww/v1/S-2/backlog', principal: 'G-1' };
      await append({ held: [HELD, split, other] });
      expect(Object.fromEntries((await store.ledger()).held)).toEqual({ 'S-1': 2, 'S-2': 1 });
      const byPosition = async () => [...(await store.resume()).held].sort((a, b) => a.position - b.position);
      expect(await byPosition()).toEqual([HELD, split, other]);
      await append({ unheld: [7, 9] });
      expect(await byPosition()).toEqual([split]);
      expect(Object.fromEntries((await store.ledger()).held)).toEqual({ 'S-1': 1 });
    });

    it('moves only the cursors a batch names', async () => {
      await append({ cursors: { live: 4 } });
      await append({ cursors: { backlog: 9 } });
      await append({ cursors: {} });
      expect((await store.ledger()).cursors).toEqual({ live: 4, backlog: 9 });
      await append({ cursors: { live: 6, backlog: 10 } });
      expect((await store.resume()).cursors).toEqual({ live: 6, backlog: 10 });
    });

    it('replaces the kept state of a station', async () => {
      await append({
        stationStates: [
          { station: 'S-1', state: '{"a":1}' },
          { station: 'S-2', state: '{}' },
        ],
      });
      await append({ stationStates: [{ station: 'S-1', state: '{"a":"水"}' }] });
      expect(sortedResumption(await store.resume()).stationStates).toEqual([
        { station: 'S-1', state: '{"a":"水"}' },
        { station: 'S-2', state: '{}' },
      ]);
    });

    it('has everything again after it was closed and opened, and goes on counting from there', async () => {
      await append({
        newDatastreams: CONTRACT_DATASTREAMS,
        readings: [
          observation({ datastream: 1, t: t(0), v: 1, position: 1 }),
          observation({ datastream: 1, t: t(0), v: 2, position: 2 }),
          observation({ datastream: 1, t: t(0), v: 2, position: 3 }),
          observation({ datastream: 4, t: t(5), v: null, quality: QUALITY.missing, position: 3 }),
        ],
        ledger: [
          ledgerDelta('S-1', { messagesDecoded: 3, readingsDecoded: 3 }),
          ledgerDelta('S-2', { readingsDecoded: 1 }),
        ],
        quarantined: [quarantineItem({ position: 5 }), quarantineItem({ position: 6 })],
        held: [HELD],
        cursors: { live: 3, backlog: 1 },
        stationStates: [{ station: 'S-1', state: '{}' }],
      });
      await append({ released: [{ position: 5, item: -1 }] });
      const everything = async () => ({
        content: await contentOf(store),
        resume: sortedResumption(await store.resume()),
        quarantine: await store.quarantine({ limit: 10, includeReleased: true }),
        held: Object.fromEntries((await store.ledger()).held),
      });
      const before = await everything();
      await reopen();
      expect(await everything()).toEqual(before);
      expect(sortedResumption(await store.resume()).datastreams).toEqual(CONTRACT_DATASTREAMS);
      await append({
        readings: [
          // The content that lost is known, although it is in no observation row.
          observation({ datastream: 1, t: t(0), v: 1, position: 9 }),
          observation({ datastream: 1, t: t(0), v: 3, position: 9 }),
        ],
      });
      expect(await readingsOf('S-1')).toMatchObject({ stored: 1, corrected: 2, duplicate: 2 });
    });
  });
}
