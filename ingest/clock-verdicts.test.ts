import { afterEach, describe, expect, it } from 'vitest';

import { SILENT_LOG } from '../domain/ports/log.ts';
import { durationMs, later } from '../domain/time/instant.ts';
import {
  BENCH_NOW,
  IngestBench,
  benchRegistry,
  readerWith,
  storedContent,
} from '../test/harness/ingest-bench.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { rebuildStore } from './rebuild.ts';

const STATIONS = ['S-1', 'S-2', 'S-3', 'S-4', 'S-5', 'S-6', 'S-7', 'S-8'];
const REGISTRY = benchRegistry(...STATIONS);
/** So far is the machine's clock behind. */
const BEHIND_MS = 3_600_000;
const turn = () => new Promise(resolve => setImmediate(resolve));

let bench: IngestBench;
const alarms: string[] = [];
const start = async (options: ConstructorParameters<typeof IngestBench>[0] = {}) => {
  alarms.length = 0;
  const log = { ...SILENT_LOG, error: (line: string) => void alarms.push(line) };
  bench = await IngestBench.started({ registry: REGISTRY, log, ...options });
  await bench.settle();
};
afterEach(async () => {
  bench.store.release();
  await bench.pipeline.stop();
});

/** A message of a device whose clock is `ahead` of ours. */
const send = (station: string, ahead = 0, v = 1, stream: 'live' | 'backlog' = 'live') => {
  const sent = bench.clock.now() + ahead;
  return bench.send({ station, stream, sent, obs: [{ p: 'water_level', t: sent - 1_000, v }] });
};
const sendAll = (ahead: number, v = 1) => Promise.all(STATIONS.map(station => send(station, ahead, v)));
const counts = async () => {
  const { messages, readings, balanced } = await bench.ledger();
  expect(balanced).toBe(true);
  const { decoded, quarantined, inFlight } = messages;
  return { decoded, quarantined, inFlight, stored: readings.stored };
};

async function expectEqualRebuild(): Promise<void> {
  const store = new MemoryTelemetryStore();
  const cursors = (await bench.store.ledger()).cursors;
  await rebuildStore({ log: bench.journal, store, registry: REGISTRY, cursors });
  expect(await storedContent(store)).toEqual(await storedContent(bench.store));
  const [mine, theirs] = [await bench.store.ledger(), await store.ledger()];
  expect(Object.fromEntries(theirs.stations)).toEqual(Object.fromEntries(mine.stations));
  const all = { limit: 1_000, includeReleased: true };
  expect(await store.quarantine(all)).toEqual(await bench.store.quarantine(all));
}

describe('A device that speaks from the future', () => {
  it('waits, and is quarantined when the others do not agree with it', async () => {
    await start();
    await send('S-1', BEHIND_MS);
    for (const station of STATIONS.slice(1)) await send(station);
    await bench.settle();
    expect(await counts()).toEqual({ decoded: 7, quarantined: 0, inFlight: 1, stored: 7 });
    expect(bench.pipeline.status()).toMatchObject({ clockTrust: 'watching', held: 1 });
    await bench.pass(5_500);
    expect(await counts()).toEqual({ decoded: 7, quarantined: 1, inFlight: 0, stored: 7 });
    expect(await bench.store.quarantine({ limit: 9 })).toMatchObject([
      { position: 1, reason: 'sent_in_future' },
    ]);
    expect(bench.pipeline.latest()).toHaveLength(7);
    expect(bench.decisions).toEqual([]);
    await expectEqualRebuild();
  });

  it('has only those readings quarantined that are in the future, and the rest stored', async () => {
    await start();
    const t = bench.clock.now();
    const obs = [t - 1, t + 601_000, t + 600_000].map(at => ({ p: 'water_level', t: at, v: 1 }));
    await bench.send({ obs });
    await bench.pass(5_500);
    expect(await counts()).toEqual({ decoded: 1, quarantined: 0, inFlight: 0, stored: 2 });
    expect(await bench.store.quarantine({ limit: 9 })).toMatchObject([{ item: 1, reason: 'future' }]);
    expect(bench.pipeline.latest()[0]?.t).toBe(t + 600_000);
  });

  it('is judged after a restart too, and counted once', async () => {
    await start();
    await send('S-1', BEHIND_MS);
    await bench.settle();
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    expect(bench.pipeline.status().held).toBe(1);
    expect(await counts()).toMatchObject({ inFlight: 1, quarantined: 0 });
    await bench.pass(5_500);
    expect(await counts()).toEqual({ decoded: 0, quarantined: 1, inFlight: 0, stored: 0 });
  });
});

describe('Our own clock, an hour behind', () => {
  it('holds everything, quarantines nothing, and accepts all by the corrected time once it is right', async () => {
    await start();
    await sendAll(BEHIND_MS, 1);
    await send('S-2', BEHIND_MS + 1, 2, 'backlog');
    await bench.pass(5_500);
    expect(bench.pipeline.status().clockTrust).toBe('suspect');
    expect(alarms).toHaveLength(1);
    await sendAll(BEHIND_MS, 3);
    await bench.pass(20_000);
    expect(await counts()).toEqual({ decoded: 0, quarantined: 0, inFlight: 17, stored: 0 });

    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    await bench.pass(5_500);
    await sendAll(0, 5);
    await bench.pass(6_000);
    expect(bench.pipeline.status()).toMatchObject({ clockTrust: 'trusted', held: 0 });
    expect(bench.decisions).toHaveLength(1);
    expect(await counts()).toEqual({ decoded: 26, quarantined: 0, inFlight: 0, stored: 25 });
    await expectEqualRebuild();
  });

  it('corrects what it held and not what it had judged before', async () => {
    await start();
    // A day earlier the clock of one device was as wrong as ours is now.
    await send('S-1', BEHIND_MS, 7);
    for (const station of STATIONS.slice(1)) await send(station);
    await bench.pass(6_000);
    expect(await counts()).toMatchObject({ quarantined: 1 });
    await sendAll(BEHIND_MS, 1);
    await send('S-3', BEHIND_MS + 5, 1, 'backlog');
    await bench.pass(6_000);
    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    await bench.pass(6_000);
    await sendAll(0, 2);
    await bench.pass(6_000);
    expect(await counts()).toMatchObject({ quarantined: 1, inFlight: 0 });
    // And a device that is wrong afterwards is wrong.
    await send('S-1', BEHIND_MS, 8);
    for (const station of STATIONS.slice(1)) await send(station, 0, 9);
    await bench.pass(6_000);
    expect(await counts()).toMatchObject({ quarantined: 2, inFlight: 0 });
    await expectEqualRebuild();
  });

  it('does not let another verdict have what a decision on its way will decide', async () => {
    await start();
    bench.isJournallingDecisions = false;
    await sendAll(BEHIND_MS, 1);
    await bench.pass(6_000);
    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    await bench.pass(6_000);
    await sendAll(0, 2);
    await bench.pass(6_000);
    expect(bench.decisions).toHaveLength(1);
    // The journal is slow; meanwhile a device is in the future by itself.
    await send('S-1', BEHIND_MS, 7);
    for (const station of STATIONS.slice(1)) await send(station, 0, 9);
    await bench.pass(6_000);
    expect(await counts()).toMatchObject({ quarantined: 1, inFlight: 8 });
    await bench.journalDecision(bench.decisions[0]!);
    await bench.settle();
    expect(await counts()).toMatchObject({ quarantined: 1, inFlight: 0 });
    await expectEqualRebuild();
  });

  it.each(['before', 'after'])('decides alike when it is killed %s the decision is durable', async moment => {
    await start();
    await sendAll(BEHIND_MS, 1);
    await send('S-2', BEHIND_MS + 1, 2, 'backlog');
    await bench.pass(6_000);
    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    await bench.pass(6_000);
    await sendAll(0, 2);
    await bench.settle();
    if (moment === 'before') bench.store.hold();
    bench.clock.advance(6_000);
    await bench.journal.committed();
    for (let n = 0; n < 20; n += 1) await turn();
    expect(bench.decisions).toHaveLength(1);
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    expect(await counts()).toMatchObject({ decoded: 18, quarantined: 0, inFlight: 0 });
    await bench.pass(12_000);
    expect(bench.decisions).toHaveLength(1);
    await expectEqualRebuild();
  });

  it('decides alike when nothing of it was durable and all is read at once with the decision', async () => {
    await start();
    bench.store.hold();
    await sendAll(BEHIND_MS, 1);
    await send('S-2', BEHIND_MS + 1, 2, 'backlog');
    await bench.journal.committed();
    for (let n = 0; n < 20; n += 1) await turn();
    for (let n = 0; n < 12; n += 1) bench.clock.advance(500);
    expect(bench.pipeline.status().clockTrust).toBe('suspect');
    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    for (let n = 0; n < 12; n += 1) bench.clock.advance(500);
    await sendAll(0, 2);
    for (let n = 0; n < 20; n += 1) await turn();
    for (let n = 0; n < 12; n += 1) bench.clock.advance(500);
    await bench.journal.committed();
    expect(bench.decisions).toHaveLength(1);
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    await bench.pass(6_000);
    expect(await counts()).toEqual({ decoded: 18, quarantined: 0, inFlight: 0, stored: 17 });
    await expectEqualRebuild();
  });

  it('remembers a decision for what the backlog lane comes to after two more deaths', async () => {
    await start();
    bench.store.hold();
    await send('S-2', BEHIND_MS + 1, 2, 'backlog');
    await sendAll(BEHIND_MS, 1);
    const last = 9;
    await bench.journal.committed();
    await bench.journalDecision({
      live: { from: 1, through: last },
      backlog: { from: 1, through: last },
      correctionMs: BEHIND_MS,
    });
    const { journal } = bench;
    const deaf = readerWith(journal, {
      read: (stream, after, bytes) =>
        stream === 'backlog' ? new Promise(() => undefined) : journal.read(stream, after, bytes),
    });
    bench.kill({ reader: deaf });
    await bench.pipeline.start();
    for (let n = 0; n < 20; n += 1) await turn();
    expect(await counts()).toMatchObject({ decoded: 9, inFlight: 1 });
    bench.kill({ reader: journal });
    await bench.pipeline.start();
    await bench.pass(6_000);
    expect(await counts()).toEqual({ decoded: 10, quarantined: 0, inFlight: 0, stored: 9 });
    await expectEqualRebuild();
  });

  it('judges nothing before it has read what was journalled while it was down', async () => {
    await start();
    bench.isJournallingDecisions = false;
    await sendAll(BEHIND_MS, 1);
    await bench.settle();
    const { journal } = bench;
    let resume: () => void = () => undefined;
    const resumed = new Promise<void>(resolve => {
      resume = resolve;
    });
    const slow = readerWith(journal, {
      read: async (stream, after, bytes) => {
        if (stream === 'live') await resumed;
        return journal.read(stream, after, bytes);
      },
    });
    await bench.journalDecision({ live: { from: 1, through: 8 }, correctionMs: BEHIND_MS });
    bench.kill({ reader: slow });
    await bench.pipeline.start();
    for (let n = 0; n < 30; n += 1) {
      bench.clock.advance(500);
      await turn();
    }
    expect(bench.pipeline.status()).toMatchObject({ held: 8, clockTrust: 'watching' });
    resume();
    await bench.pass(6_000);
    expect(await counts()).toEqual({ decoded: 9, quarantined: 0, inFlight: 0, stored: 8 });
    await expectEqualRebuild();
  });

  it('still finds the end of the suspicion when held messages have filled the memory', async () => {
    await start({ limits: { maxHeldMessages: 10 } });
    await sendAll(BEHIND_MS, 1);
    await bench.pass(6_000);
    for (let round = 0; round < 5; round += 1) await sendAll(BEHIND_MS + round + 1, round);
    await bench.journal.committed();
    for (let n = 0; n < 50; n += 1) await turn();
    expect(bench.pipeline.status().held).toBeLessThan(30);
    bench.clock.set(later(bench.clock.now(), durationMs(BEHIND_MS)));
    for (let round = 0; round < 80; round += 1) {
      await sendAll(0, 100);
      bench.clock.advance(500);
      for (let n = 0; n < 10; n += 1) await turn();
    }
    await bench.pass(12_000);
    expect(bench.pipeline.status()).toMatchObject({ held: 0, clockTrust: 'trusted' });
    expect(await counts()).toMatchObject({ quarantined: 0, inFlight: 0 });
    expect(bench.failures).toEqual([]);
    await expectEqualRebuild();
  });

  it('takes no word from messages that say nothing about the present time', async () => {
    await start();
    for (const station of STATIONS.slice(0, 5)) await send(station, BEHIND_MS);
    const old = BENCH_NOW - 7_200_000;
    for (let n = 0; n < 30; n += 1) {
      await bench.send({ station: `S-${(n % 8) + 1}`, payload: 'no JSON' });
      await bench.send({ station: `S-${(n % 8) + 1}`, channel: 'status', payload: '{"state":"online"}' });
    }
    await bench.send({ station: 'S-8', obs: [{ p: 'water_level', t: old, v: 1 }] });
    await bench.pass(6_000);
    expect(bench.pipeline.status().clockTrust).toBe('suspect');
    // Five that are right, of which four only in what nobody can date: that clears nothing.
    const undated = { channel: 'status', payload: '{"state":"online"}' };
    for (const station of STATIONS.slice(0, 4)) await bench.send({ station, ...undated });
    await send('S-5');
    await bench.pass(6_000);
    expect(bench.pipeline.status().clockTrust).toBe('suspect');
  });
});
