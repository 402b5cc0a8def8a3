import { describe, expect, it } from 'vitest';

import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import type { HeldMessage, StoreBatch } from '../../domain/ports/telemetry-store.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ledgerDelta, observation, quarantineItem, storeBatch } from './store-batch.ts';
import { contentOf, sortedResumption } from './store-content.ts';
import { useStore } from './store-under-test.ts';
import type { StorePlace } from './store-under-test.ts';
import { telemetryMergeContract } from './telemetry-merge-contract.ts';
import { telemetryQuarantineContract } from './telemetry-quarantine-contract.ts';
import { CONTRACT_DATASTREAMS, telemetryReaderContract } from './telemetry-reader-contract.ts';
import { telemetryRequalifiedContract } from './telemetry-requalified-contract.ts';

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

/** What every telemetry store of record promises; `create` gives a new, empty place for one. */
export function telemetryStoreContract(name: string, create: () => StorePlace): void {
  telemetryReaderContract(name, async () => {
    const place = create();
    const opened = await place.open();
    const { store } = opened;
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
        await opened.close();
        await place.remove();
      },
    };
  });

  telemetryMergeContract(name, create);
  telemetryRequalifiedContract(name, create);
  telemetryQuarantineContract(name, create);

  describe(`${name} keeps the telemetry store contract`, () => {
    const under = useStore(create);

    it('is empty at first', async () => {
      expect(await under.store.resume()).toEqual({
        cursors: { live: 0, backlog: 0 },
        datastreams: [],
        latest: [],
        held: [],
        stationStates: [],
      });
      const ledger = await under.store.ledger();
      expect(ledger.cursors).toEqual({ live: 0, backlog: 0 });
      expect([ledger.held.size, ledger.stations.size, (await under.store.countRows()).size]).toEqual([
        0, 0, 0,
      ]);
      expect(await under.store.quarantine({ limit: 10 })).toEqual([]);
      expect(await under.store.staged()).toBe(0);
      await under.store.flush();
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
      await under.append({ newDatastreams: CONTRACT_DATASTREAMS, readings: rows });
      expect(await under.store.range({ ...ALWAYS, datastream: 1 })).toEqual(rows);
      expect(await under.store.latest()).toEqual(rows.slice(1));
    });

    it('shows readings at once, before they are durable', async () => {
      await under.announce();
      await under.append({ readings: [observation({ datastream: 1, t: t(0), v: 1, position: 1 })] });
      const durable = [
        under.append({ readings: [observation({ datastream: 1, t: t(1), v: 2, position: 2 })] }),
        // A correction of a durable row and of a row that is not.
        under.append({
          readings: [
            observation({ datastream: 1, t: t(0), v: 5, sent: t(9), position: 3 }),
            observation({ datastream: 1, t: t(1), v: 6, sent: t(9), position: 3 }),
          ],
        }),
      ];
      const rows = under.store.range({ ...ALWAYS, datastream: 1 });
      const latest = under.store.latest();
      const buckets = under.store.aggregate({
        ...ALWAYS,
        datastreams: [1],
        bucket: '1d',
        aggregates: ['sum'],
      });
      expect((await rows).map(row => row.v)).toEqual([5, 6]);
      expect((await latest).map(row => row.v)).toEqual([6]);
      expect((await buckets).map(row => row.values.sum)).toEqual([11]);
      await Promise.all(durable);
      expect((await under.store.range({ ...ALWAYS, datastream: 1 })).map(row => row.v)).toEqual([5, 6]);
    });

    it('makes batches durable in the order of the calls', async () => {
      await under.announce();
      const order: number[] = [];
      const calls = Array.from({ length: 30 }, (_, n) =>
        under
          .append({
            readings: [observation({ datastream: 1, t: t(n), position: n + 1 })],
            cursors: { live: n + 1 },
          })
          .then(() => order.push(n)),
      );
      await Promise.all(calls);
      expect(order).toEqual(Array.from({ length: 30 }, (_, n) => n));
      expect((await under.store.ledger()).cursors).toEqual({ live: 30, backlog: 0 });
    });

    it('commits all parts of a batch together: who sees the cursor sees the rest', async () => {
      await under.announce();
      const whole = (n: number): StoreBatch =>
        storeBatch({
          readings: [observation({ datastream: 1, t: t(n), position: n })],
          ledger: [ledgerDelta('S-1', { messagesDecoded: 1, readingsDecoded: 1 })],
          cursors: { live: n },
        });
      const writing = Array.from({ length: 50 }, (_, n) => under.store.append(whole(n + 1)));
      for (let look = 0; look < 20; look += 1) {
        const { cursors, stations } = await under.store.ledger();
        const counts = stations.get('S-1');
        expect(counts?.messages.decoded ?? 0).toBe(cursors.live);
        expect(counts?.readings.stored ?? 0).toBe(cursors.live);
      }
      await Promise.all(writing);
    });

    it('makes everything taken durable with flush, and tells what is staged', async () => {
      await under.announce();
      let durable = 0;
      const taken = Array.from({ length: 5 }, (_, n) =>
        under
          .append({ readings: [observation({ datastream: 1, t: t(n), position: n })] })
          .then(() => durable++),
      );
      await under.store.flush();
      expect(await under.store.staged()).toBe(0);
      expect((await under.store.countRows()).get('S-1')).toBe(5);
      await Promise.all(taken);
      expect(durable).toBe(5);
    });

    it('adds ledger increments by station, negative ones too', async () => {
      const counts = { messagesDecoded: 5, readingsDecoded: 9, readingsQuarantined: 3, readingsRejected: 1 };
      await under.append({
        ledger: [
          ledgerDelta('S-1', { ...counts, messagesQuarantined: 2 }),
          ledgerDelta('S-9', { messagesQuarantined: 1 }),
        ],
      });
      await under.append({
        ledger: [
          ledgerDelta('S-1', { messagesQuarantined: -2, messagesDecoded: 2, readingsQuarantined: -1 }),
        ],
      });
      const { stations } = await under.store.ledger();
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

    it('counts held messages by the station of their topic until they are let go', async () => {
      const split: HeldMessage = { ...HELD, position: 8, splitBefore: t(3) };
      const other: HeldMessage = { ...HELD, position: 9, topic: 'ww/v1/S-2/backlog', principal: 'G-1' };
      await under.append({ held: [HELD, split, other] });
      expect(Object.fromEntries((await under.store.ledger()).held)).toEqual({ 'S-1': 2, 'S-2': 1 });
      const byPosition = async () =>
        [...(await under.store.resume()).held].sort((a, b) => a.position - b.position);
      expect(await byPosition()).toEqual([HELD, split, other]);
      await under.append({ unheld: [7, 9] });
      expect(await byPosition()).toEqual([split]);
      expect(Object.fromEntries((await under.store.ledger()).held)).toEqual({ 'S-1': 1 });
    });

    it('moves only the cursors a batch names', async () => {
      await under.append({ cursors: { live: 4 } });
      await under.append({ cursors: { backlog: 9 } });
      await under.append({ cursors: {} });
      expect((await under.store.ledger()).cursors).toEqual({ live: 4, backlog: 9 });
      await under.append({ cursors: { live: 6, backlog: 10 } });
      expect((await under.store.resume()).cursors).toEqual({ live: 6, backlog: 10 });
    });

    it('replaces the kept state of a station', async () => {
      await under.append({
        stationStates: [
          { station: 'S-1', state: '{"a":1}' },
          { station: 'S-2', state: '{}' },
        ],
      });
      await under.append({ stationStates: [{ station: 'S-1', state: '{"a":"水"}' }] });
      expect(sortedResumption(await under.store.resume()).stationStates).toEqual([
        { station: 'S-1', state: '{"a":"水"}' },
        { station: 'S-2', state: '{}' },
      ]);
    });

    it('has everything again after it was closed and opened, and goes on counting from there', async () => {
      await under.append({
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
      await under.append({ released: [{ position: 5, item: -1 }] });
      const everything = async () => ({
        content: await contentOf(under.store),
        resume: sortedResumption(await under.store.resume()),
        quarantine: await under.store.quarantine({ limit: 10, includeReleased: true }),
        held: Object.fromEntries((await under.store.ledger()).held),
      });
      const before = await everything();
      await under.reopen();
      expect(await everything()).toEqual(before);
      expect(sortedResumption(await under.store.resume()).datastreams).toEqual(CONTRACT_DATASTREAMS);
      await under.append({
        readings: [
          // The content that lost is known, although it is in no observation row.
          observation({ datastream: 1, t: t(0), v: 1, position: 9 }),
          observation({ datastream: 1, t: t(0), v: 3, position: 9 }),
        ],
      });
      expect(await under.readingsOf('S-1')).toMatchObject({ stored: 1, corrected: 2, duplicate: 2 });
    });
  });
}
