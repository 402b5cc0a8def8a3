import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Observation } from '../../domain/model/observation.ts';
import { AGGREGATES } from '../../domain/ports/telemetry-store.ts';
import type { AggregateRow, StoreBatch, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { BUCKETS } from '../../domain/time/bucket.ts';
import type { BucketName } from '../../domain/time/bucket.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { ledgerDelta, observation, quarantineItem, storeBatch } from '../../test/harness/store-batch.ts';
import { observationsOf, TelemetryModel } from '../../test/harness/telemetry-model.ts';
import { CONTRACT_DATASTREAMS } from '../../test/harness/telemetry-reader-contract.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { DuckdbTelemetry } from './telemetry-client.ts';
import { createTelemetryStore } from './telemetry-store.ts';

/** Readings lie around the turn of a month and of a year in UTC, in which their tables change. */
const EDGE = Date.UTC(2027, 0, 1);
const minute = (n: number) => epochMs(EDGE + n * 60_000);
const IDS = [1, 2, 3, 4];
const STATIONS = ['S-1', 'S-2', 'S-3'];

const reading: fc.Arbitrary<Observation> = fc
  .record({
    datastream: fc.constantFrom(...IDS),
    // Mostly about the newest, where a reading may be new or late and several come in one commit.
    minute: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: -3, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: -70_000, max: 3 }) },
    ),
    v: fc.option(fc.constantFrom(0, 0.1, 2.5, 1e-7, 7), { nil: null }),
    deviceFlag: fc.constantFrom(0, 0, 0, 2, 4),
    source: fc.constantFrom(SOURCE_RANK.device, SOURCE_RANK.device, SOURCE_RANK.operator),
    sent: fc.integer({ min: 0, max: 3 }),
    position: fc.integer({ min: 1, max: 1_000 }),
  })
  .map(({ minute: n, v, sent, ...rest }) => {
    const quality = v === null ? QUALITY.missing : rest.deviceFlag === 4 ? QUALITY.fail : QUALITY.good;
    // The columns that take no part in the order follow from those that do: equal candidates must be equal.
    const received = epochMs(EDGE + sent + rest.position);
    return observation({ ...rest, t: minute(n), v, quality, sent: epochMs(EDGE + sent), received });
  });

const place = fc.record({ position: fc.integer({ min: 1, max: 4 }), item: fc.integer({ min: -1, max: 1 }) });

const batch: fc.Arbitrary<Parameters<typeof storeBatch>[0]> = fc.record(
  {
    readings: fc.array(reading, { maxLength: 25 }),
    requalified: fc.array(
      fc.record({
        datastream: fc.constantFrom(...IDS),
        t: fc.integer({ min: -3, max: 4 }).map(minute),
        quality: fc.constantFrom(QUALITY.good, QUALITY.suspect, QUALITY.fail),
      }),
      { maxLength: 12 },
    ),
    ledger: fc.array(
      fc
        .record({
          station: fc.constantFrom(...STATIONS),
          messagesDecoded: fc.integer({ min: -300, max: 300 }),
          readingsDecoded: fc.integer({ min: 0, max: 2 ** 40 }),
          readingsRejected: fc.integer({ min: 0, max: 2 }),
        })
        .map(({ station, ...counts }) => ledgerDelta(station, counts)),
      { maxLength: 3 },
    ),
    quarantined: fc.array(
      fc
        .tuple(place, fc.constantFrom(...STATIONS), fc.constantFrom('future' as const, 'schema' as const))
        .map(([at, station, reason]) => quarantineItem({ ...at, station, reason })),
      { maxLength: 3 },
    ),
    released: fc.array(place, { maxLength: 2 }),
    held: fc.array(
      fc.integer({ min: 1, max: 5 }).map(position => ({
        position,
        received: minute(position),
        principal: 'gw-1',
        topic: `ww/v1/S-${position % 3}/obs`,
        payload: Uint8Array.from([position]),
        ...(position % 2 === 0 ? { splitBefore: minute(0) } : {}),
      })),
      { maxLength: 2 },
    ),
    unheld: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
    cursors: fc.record({ live: fc.nat(), backlog: fc.nat() }, { requiredKeys: [] }),
    stationStates: fc.array(
      fc.record({ station: fc.constantFrom(...STATIONS), state: fc.string({ unit: 'grapheme' }) }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);

type Step =
  | { readonly kind: 'append'; readonly batch: Parameters<typeof storeBatch>[0] }
  | { readonly kind: 'flush' | 'restart' | 'read' | 'block' };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: batch.map((parts): Step => ({ kind: 'append', batch: parts })) },
    { weight: 2, arbitrary: fc.constantFrom<Step>({ kind: 'read' }, { kind: 'block' }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'flush' }, { kind: 'restart' }) },
  ),
  { minLength: 2, maxLength: 12 },
);

const ALWAYS = { from: epochMs(0), to: epochMs(4e12), limit: 10_000 };
const byDatastream = (a: { datastream: number; t: number }, b: { datastream: number; t: number }) =>
  a.datastream - b.datastream || a.t - b.t;
/** Sums of doubles depend on the order of the summands in their last digits. */
const rounded = (rows: readonly AggregateRow[]) =>
  [...rows].sort(byDatastream).map(({ datastream, t, values }) => ({
    datastream,
    t,
    values: Object.fromEntries(Object.entries(values).map(([name, v]) => [name, Number(v.toFixed(6))])),
  }));

/** What reads overlay: it must be as of the last append, durable or not. */
async function expectSameReadings(store: TelemetryStore, model: TelemetryModel): Promise<void> {
  for (const datastream of IDS) {
    for (const query of [
      { ...ALWAYS, datastream },
      { datastream, from: minute(-2), to: minute(3), limit: 3 },
    ]) {
      expect(await store.range(query)).toEqual(model.range(query));
    }
  }
  expect([...(await store.latest())].sort(byDatastream)).toEqual(model.latest().sort(byDatastream));
  for (const spans of [
    IDS.map(datastream => ({ ...ALWAYS, datastream })),
    [
      { datastream: 1, from: minute(-2), to: minute(3) },
      { datastream: 3, from: minute(-70_000), to: minute(-1) },
    ],
  ]) {
    const rows = observationsOf(await store.winners(spans));
    expect(rows.sort(byDatastream)).toEqual(model.winners(spans).sort(byDatastream));
  }
  for (const bucket of Object.keys(BUCKETS) as BucketName[]) {
    for (const window of [ALWAYS, { ...ALWAYS, from: minute(-1), to: minute(61) }]) {
      const query = { ...window, datastreams: [...IDS, 5], bucket, aggregates: AGGREGATES };
      expect(rounded(await store.aggregate(query))).toEqual(rounded(model.aggregate(query)));
    }
  }
}

/** What is answered from what is committed. */
async function expectSameCommitted(store: TelemetryStore, model: TelemetryModel): Promise<void> {
  const order = (rows: readonly Observation[]) =>
    [...rows].sort((a, b) => byDatastream(a, b) || a.position - b.position || (a.v ?? -1) - (b.v ?? -1));
  for (const datastream of IDS) {
    const query = { ...ALWAYS, datastream };
    expect(order(await store.corrections(query))).toEqual(order(model.corrections(query)));
  }
  expect(await store.ledger()).toEqual(model.ledger());
  expect(await store.countRows()).toEqual(model.countRows());
  for (const query of [
    { limit: 100, includeReleased: true },
    { limit: 2, station: 'S-1', after: { position: 1, item: 0 } },
    { limit: 100, reason: 'future' as const },
  ]) {
    expect(await store.quarantine(query)).toEqual(model.quarantine(query));
  }
  const [mine, theirs] = [await store.resume(), model.resume()];
  expect(mine.cursors).toEqual(theirs.cursors);
  expect(mine.datastreams).toEqual(theirs.datastreams);
  expect([...mine.latest].sort(byDatastream)).toEqual([...theirs.latest].sort(byDatastream));
  const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;
  expect([...mine.held].sort(byPosition)).toEqual([...theirs.held].sort(byPosition));
  expect(new Map(mine.stationStates.map(({ station, state }) => [station, state]))).toEqual(
    new Map(theirs.stationStates.map(({ station, state }) => [station, state])),
  );
}

describe('the DuckDB store beside the reference model', () => {
  const folder = temporaryFolder();

  it('answers alike after any batches, flushes, reads and restarts', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async all => {
        const directory = `${folder.path}/${(run += 1)}`;
        const model = new TelemetryModel();
        const open = async () => {
          const telemetry = new DuckdbTelemetry({ directory, lingerMs: 3, allowFaults: true });
          await telemetry.start();
          return { telemetry, store: createTelemetryStore(telemetry.openStore()) };
        };
        let { telemetry, store } = await open();
        const append = (parts: StoreBatch): Promise<void> => {
          model.apply(structuredClone(parts));
          return store.append(parts);
        };
        const durable = [append(storeBatch({ newDatastreams: CONTRACT_DATASTREAMS }))];
        const unblock = () => telemetry.injectFault('unblock');
        for (const step of all) {
          if (step.kind === 'block') {
            // From here on readings stay staged, so that reads have to overlay them.
            await unblock();
            await store.flush();
            await telemetry.injectFault('block');
          } else if (step.kind === 'append') durable.push(append(storeBatch(step.batch)));
          else if (step.kind === 'flush') {
            await unblock();
            await store.flush();
          } else if (step.kind === 'read') await expectSameReadings(store, model);
          else {
            // Stopping goes another way than appending: only an answer tells that all of them have arrived.
            await store.staged();
            await unblock();
            await telemetry.stop();
            store.close();
            ({ telemetry, store } = await open());
            await expectSameCommitted(store, model);
          }
        }
        await expectSameReadings(store, model);
        await unblock();
        await store.flush();
        await Promise.all(durable);
        await expectSameReadings(store, model);
        await expectSameCommitted(store, model);
        await telemetry.stop();
        store.close();
      }),
      { numRuns: 20, endOnFailure: true },
    );
    expect(run).toBe(20);
  }, 120_000);
});
