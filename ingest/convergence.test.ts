import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JournalStream } from '../domain/ports/journal.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import { BENCH_NOW, IngestBench, benchRegistry, storedContent } from '../test/harness/ingest-bench.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { rebuildStore } from './rebuild.ts';

const STATIONS = ['S-1', 'S-2', 'S-3'];
const MINUTE = 60_000;

interface Entry {
  readonly raw: unknown;
  readonly isBad: boolean;
}
interface Message {
  readonly station: string;
  readonly isOperator: boolean;
  readonly sent: number;
  readonly seq: number | undefined;
  readonly entries: readonly Entry[];
  /** A payload nobody can decode, instead of the entries. */
  readonly garbage: string | undefined;
}

/** Few instants and few values, so that duplicates and corrections are met; on both sides of the live window. */
const ago = fc.constantFrom(0, 1, 29, 30, 31, 600).map(minutes => BENCH_NOW - minutes * MINUTE);
const reading = fc
  .record(
    {
      p: fc.constantFrom('water_level', 'water_level', 'rainfall', 'pump_running.1', 'pump_running.2'),
      t: ago,
      // Also null, outside of the sensor's span, and the two faces of zero.
      v: fc.constantFrom(0, -0, 1, 2.5, 1e6, null),
      f: fc.constantFrom('N', 'T', 'S', 'B', 'D'),
    },
    { requiredKeys: ['p', 't', 'v'] },
  )
  .map((raw): Entry => ({ raw, isBad: false }));
const badEntry = fc
  .constantFrom<unknown>(
    7,
    { p: 'water_level', t: 'soon', v: 1 },
    { p: 'soil', t: BENCH_NOW, v: 1 },
    { p: 'ph', t: BENCH_NOW, v: 1 },
    { p: 'pump_running.3', t: BENCH_NOW - 40 * MINUTE, v: 1 },
    { p: 'water_level', t: 5, v: 1 },
    { p: 'water_level', t: BENCH_NOW + 20 * MINUTE, v: 1 },
  )
  .map((raw): Entry => ({ raw, isBad: true }));
const message: fc.Arbitrary<Message> = fc.record({
  station: fc.constantFrom(...STATIONS),
  isOperator: fc.constantFrom(false, false, false, true),
  sent: fc.constantFrom(0, 1, 2).map(n => BENCH_NOW - 1_000 + n),
  seq: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  entries: fc.array(fc.oneof({ weight: 6, arbitrary: reading }, { weight: 1, arbitrary: badEntry }), {
    minLength: 1,
    maxLength: 6,
  }),
  garbage: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('{', '{"sent":1,"obs":[]}', `{"sent":${BENCH_NOW + 4e6},"obs":[7]}`),
    },
  ),
});

/** One way in which messages may arrive and be worked on. */
interface Arrival {
  /** Indexes of messages, in the order of arrival; some more than once. */
  readonly order: readonly number[];
  readonly lanes: readonly JournalStream[];
  /** After so many messages (in turn), what happens next. */
  readonly groups: readonly {
    readonly size: number;
    readonly next: 'flow' | 'settle' | 'hold' | 'kill' | 'stop';
    readonly turns: number;
    readonly commits: number;
  }[];
}

const scenario = fc.array(message, { minLength: 1, maxLength: 14 }).chain(messages => {
  const indexes = messages.map((_, index) => index);
  const arrival: fc.Arbitrary<Arrival> = fc.record({
    order: fc
      .array(fc.constantFrom(...indexes), { maxLength: 10 })
      .chain(again =>
        fc.shuffledSubarray([...indexes, ...again], { minLength: indexes.length + again.length }),
      ),
    lanes: fc.array(fc.constantFrom<JournalStream>('live', 'live', 'backlog'), {
      minLength: 1,
      maxLength: 9,
    }),
    groups: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 6 }),
        next: fc.constantFrom('flow' as const, 'flow', 'settle', 'hold', 'kill', 'stop'),
        turns: fc.integer({ min: 0, max: 12 }),
        commits: fc.integer({ min: 0, max: 4 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  });
  return fc.record({ messages: fc.constant(messages), arrival });
});

const STRAIGHT: Pick<Arrival, 'lanes' | 'groups'> = {
  lanes: ['live'],
  groups: [{ size: 1_000, next: 'settle', turns: 0, commits: 0 }],
};
const turn = () => new Promise(resolve => setImmediate(resolve));

async function live(messages: readonly Message[], arrival: Arrival): Promise<IngestBench> {
  const bench = await IngestBench.started();
  let at = 0;
  for (let round = 0; at < arrival.order.length; round += 1) {
    const group = arrival.groups[round % arrival.groups.length]!;
    for (const index of arrival.order.slice(at, at + group.size)) {
      const { station, isOperator, sent, seq, entries, garbage } = messages[index]!;
      void bench.send({
        station,
        principal: isOperator ? 'operator:wang' : station,
        stream: arrival.lanes[at++ % arrival.lanes.length]!,
        sent,
        received: BENCH_NOW,
        obs: entries.map(({ raw }) => raw),
        ...(seq === undefined ? {} : { seq }),
        ...(garbage === undefined ? {} : { payload: garbage }),
      });
    }
    await bench.journal.committed();
    for (let n = 0; n < group.turns; n += 1) await turn();
    switch (group.next) {
      case 'flow':
        break;
      case 'settle':
        bench.store.release();
        await bench.settle();
        break;
      case 'hold':
        bench.store.hold();
        break;
      case 'kill':
        bench.store.hold();
        bench.store.commitOldest(group.commits);
        bench.kill();
        await bench.pipeline.start();
        break;
      case 'stop':
        bench.store.release();
        await bench.pipeline.stop();
        bench.kill();
        await bench.pipeline.start();
        break;
    }
  }
  bench.store.release();
  await bench.settle();
  // What looks like the future waits for the verdict about our clock.
  await bench.pass(6_000);
  expect(bench.failures).toEqual([]);
  return bench;
}

/** The content without what differs by arrival: where a message stands in the journal. */
async function contentOf(store: TelemetryStore): Promise<unknown> {
  const { observations, corrections } = await storedContent(store);
  const withoutPlace = (row: string) => row.replace(/"position":\d+/, '');
  return {
    observations: observations.map(withoutPlace).sort(),
    corrections: corrections.map(withoutPlace).sort(),
  };
}

/** Every message and every reading that was journalled is in the ledger, once. */
async function expectAccount(bench: IngestBench, arrived: readonly Message[]): Promise<void> {
  for (const station of STATIONS) {
    const mine = arrived.filter(each => each.station === station);
    const decodable = mine.filter(({ garbage }) => garbage === undefined);
    const entries = decodable.flatMap(each => each.entries);
    const { messages, readings, balanced } = await bench.ledger(station);
    expect(messages).toEqual({
      journalled: mine.length,
      decoded: decodable.length,
      quarantined: mine.length - decodable.length,
      inFlight: 0,
    });
    expect(readings).toMatchObject({
      decoded: entries.length,
      quarantined: entries.filter(({ isBad }) => isBad).length,
      rejected: 0,
      inFlight: 0,
    });
    expect(balanced).toBe(true);
    expect((await bench.store.countRows()).get(station) ?? 0).toBe(readings.stored);
  }
  const total = await bench.ledger();
  expect(total.balanced).toBe(true);
  const places = (await bench.store.quarantine({ limit: 10_000 })).map(
    ({ position, item }) => `${position}/${item}`,
  );
  expect(places).toHaveLength(total.messages.quarantined + total.readings.quarantined);
}

async function storedAndCorrected(bench: IngestBench): Promise<unknown> {
  return Promise.all(
    STATIONS.map(async station => {
      const { stored, corrected } = (await bench.ledger(station)).readings;
      return { station, stored, corrected };
    }),
  );
}

describe('The way from the journal to the store', () => {
  it('ends with the same content and a balanced ledger, however messages arrive and processes die', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ messages, arrival }) => {
        const straight = await live(messages, { order: messages.map((_, index) => index), ...STRAIGHT });
        const winding = await live(messages, arrival);
        expect(await contentOf(winding.store)).toEqual(await contentOf(straight.store));
        expect(await storedAndCorrected(winding)).toEqual(await storedAndCorrected(straight));
        await expectAccount(straight, messages);
        await expectAccount(
          winding,
          arrival.order.map(index => messages[index]!),
        );
        expect(winding.pipeline.latest().toSorted((a, b) => a.datastream - b.datastream)).toEqual(
          (await winding.store.latest()).toSorted((a, b) => a.datastream - b.datastream),
        );

        const rebuilt = new MemoryTelemetryStore();
        const { cursors } = await winding.store.ledger();
        const registry = benchRegistry(...STATIONS);
        await rebuildStore({ log: winding.journal, store: rebuilt, registry, cursors });
        expect(await storedContent(rebuilt)).toEqual(await storedContent(winding.store));
        const before = await winding.store.ledger();
        const after = await rebuilt.ledger();
        expect(Object.fromEntries(after.stations)).toEqual(Object.fromEntries(before.stations));
        expect([after.cursors, after.held.size]).toEqual([before.cursors, 0]);
        const all = { limit: 10_000 };
        expect(await rebuilt.quarantine(all)).toEqual(await winding.store.quarantine(all));
        await straight.pipeline.stop();
        await winding.pipeline.stop();
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
