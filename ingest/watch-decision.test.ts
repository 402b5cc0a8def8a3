import { afterEach, expect, it } from 'vitest';

import type { WatchDecision } from '../domain/model/watch-decision.ts';
import { epochMs } from '../domain/time/instant.ts';
import { BENCH_NOW, IngestBench, benchRegistry } from '../test/harness/ingest-bench.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { rebuildStore } from './rebuild.ts';

const SILENCE: WatchDecision = {
  kind: 'silence',
  input: 'S-1/water_level',
  t: epochMs(BENCH_NOW),
  since: epochMs(BENCH_NOW - 900_000),
};
const OUTAGE: WatchDecision = { kind: 'outage', from: epochMs(BENCH_NOW - 60_000), t: epochMs(BENCH_NOW) };
const level = (secondsAgo: number) => ({ p: 'water_level', t: BENCH_NOW - secondsAgo * 1_000, v: 1 });

let bench: IngestBench;
afterEach(async () => {
  bench.store.refuseWith(undefined);
  bench.store.release();
  await bench.pipeline.stop().catch(() => undefined);
});

const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
};

/** A bench that notes what it hears in order: readings by their time, decisions by their kind. */
async function listening(options: ConstructorParameters<typeof IngestBench>[0] = {}) {
  const heard: (number | string)[] = [];
  bench = new IngestBench({
    onWatchDecisions: decisions => heard.push(...decisions.map(({ kind }) => kind)),
    ...options,
  });
  bench.pipeline.subscribe(({ t }) => heard.push((BENCH_NOW - t) / 1_000));
  await bench.pipeline.start();
  return heard;
}

it('hears decisions in their place among the readings, and counts them as decoded', async () => {
  const heard = await listening();
  await bench.send({ obs: [level(3)] });
  await bench.journalWatchDecisions([SILENCE, OUTAGE]);
  await bench.send({ obs: [level(2)] });
  await bench.settle();
  expect(heard).toEqual([3, 'silence', 'outage', 2]);
  const { messages, balanced } = await bench.ledger();
  expect(messages).toEqual({ journalled: 3, decoded: 3, quarantined: 0, inFlight: 0 });
  expect(balanced).toBe(true);
});

it('takes a decision from nobody but the server', async () => {
  const heard = await listening();
  await bench.journalWatchDecisions([SILENCE], 'S-1');
  await bench.settle();
  expect(heard).toEqual([]);
  expect((await bench.ledger()).messages).toMatchObject({ decoded: 0, quarantined: 1 });
});

it('hears again after a crash what was not committed, and nothing else', async () => {
  const heard = await listening();
  await bench.journalWatchDecisions([SILENCE]);
  await bench.settle();
  bench.store.hold();
  await bench.journalWatchDecisions([OUTAGE]);
  await turns();
  expect(heard).toEqual(['silence', 'outage']);
  bench.kill();
  await bench.pipeline.start();
  await bench.settle();
  expect(heard).toEqual(['silence', 'outage', 'outage']);
});

it('counts decisions alike when the store is made anew', async () => {
  await listening();
  await bench.send({ obs: [level(3)] });
  await bench.journalWatchDecisions([SILENCE]);
  await bench.settle();
  const before = await bench.store.ledger();
  const store = new MemoryTelemetryStore();
  const { cursors } = before;
  await rebuildStore({ log: bench.journal, store, registry: benchRegistry('S-1'), cursors });
  expect((await store.ledger()).stations).toEqual(before.stations);
});

it('commits no reading before what listeners have to make durable is', async () => {
  let settle: () => void = () => undefined;
  const settled = new Promise<void>(resolve => {
    settle = resolve;
  });
  let isOpen = false;
  const heard = await listening({ settledBefore: () => (isOpen ? settled : undefined) });
  await bench.settle();
  isOpen = true;
  await bench.send({ obs: [level(3)] });
  await bench.journal.committed();
  await turns();
  expect([heard, (await bench.store.ledger()).cursors.live]).toEqual([[3], 0]);
  settle();
  await bench.settle();
  expect((await bench.store.ledger()).cursors.live).toBeGreaterThan(0);
});

it('has heard everything up to now while nothing waits, and up to the last message while something does', async () => {
  let isSlow = false;
  let go: () => void = () => undefined;
  await listening({
    settledBefore: () =>
      isSlow
        ? new Promise<void>(resolve => {
            go = resolve;
          })
        : undefined,
    limits: { maxOutstandingReadings: 2 },
  });
  await bench.settle();
  expect(bench.pipeline.progress().heardThrough).toBe(bench.clock.now());
  isSlow = true;
  await bench.send({ obs: [level(3), level(2)] });
  await turns();
  const last = bench.clock.now();
  bench.clock.advance(60_000);
  await bench.send({ obs: [level(1)] });
  await turns();
  expect(bench.pipeline.progress().heardThrough).toBe(last);
  expect(bench.pipeline.progress().inHand.live).toBe(bench.pipeline.status().taken.live);
  isSlow = false;
  go();
  await bench.settle();
  expect(bench.pipeline.progress().heardThrough).toBe(bench.clock.now());
});
