import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '../domain/errors.ts';
import type { Log } from '../domain/ports/log.ts';
import { SILENT_LOG } from '../domain/ports/log.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import {
  BENCH_NOW,
  IngestBench,
  benchRegistry,
  readerWith,
  storedContent,
} from '../test/harness/ingest-bench.ts';
import { diskRefusal } from '../test/harness/memory-telemetry-store.ts';
import { waitFor } from '../test/harness/wait-for.ts';
import { NOTHING_SEEN } from './pipeline.ts';

const MINUTE = 60_000;
const ago = (minutes: number) => BENCH_NOW - minutes * MINUTE;
const level = (t: number, v: number | null = 1) => ({ p: 'water_level', t, v });
const WINDOW = 30;

let bench: IngestBench;
const start = async (options: ConstructorParameters<typeof IngestBench>[0] = {}) => {
  bench = await IngestBench.started(options);
};
afterEach(async () => {
  bench.store.refuseWith(undefined);
  bench.store.release();
  await bench.pipeline.stop().catch(() => undefined);
});

function linesOf(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string) => void lines.push(message);
  return { log: { ...SILENT_LOG, error: keep, warn: keep, info: keep }, lines };
}

describe('IngestPipeline with two lanes', () => {
  it('hands fresh readings on, moves old ones to the backlog, and counts message and readings once', async () => {
    await start();
    const heard: [number, boolean][] = [];
    bench.pipeline.subscribe(({ t }, live) => heard.push([t, live]));
    await bench.send({ obs: [level(ago(WINDOW)), level(ago(WINDOW) - 1), level(ago(1)), { p: 'x' }] });
    await bench.settle();
    expect(heard).toEqual([
      [ago(WINDOW), true],
      [ago(1), true],
      [ago(WINDOW) - 1, false],
    ]);
    const { messages, readings, balanced } = await bench.ledger('S-1');
    expect(messages).toEqual({ journalled: 1, decoded: 1, quarantined: 0, inFlight: 0 });
    expect(readings).toMatchObject({ decoded: 4, stored: 3, quarantined: 1, duplicate: 0 });
    expect(balanced).toBe(true);
  });

  it('hears live readings although the store of a new directory has never committed', async () => {
    bench = new IngestBench();
    bench.store.hold();
    await bench.pipeline.start();
    const heard: number[] = [];
    bench.pipeline.subscribe(({ t }) => heard.push(t));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    await bench.send({ obs: [level(ago(1))] });
    await bench.journal.committed();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    expect(heard).toEqual([ago(1)]);
  });

  it.each([0, 1, 2])('counts a moved message once when it is killed after %d commits', async commits => {
    await start();
    bench.store.hold();
    await bench.send({ obs: [level(ago(1)), level(ago(60)), { p: 'x' }], seq: 4 });
    await bench.journal.committed();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    bench.store.commitOldest(commits);
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    const { messages, readings, balanced } = await bench.ledger('S-1');
    expect(messages).toEqual({ journalled: 1, decoded: 1, quarantined: 0, inFlight: 0 });
    expect(readings).toMatchObject({ decoded: 3, stored: 2, quarantined: 1, duplicate: 0 });
    expect(balanced).toBe(true);
  });

  it.each([10, 90])(
    'splits a message again where it was split before, also with a live window of %d minutes since',
    async minutes => {
      await start();
      await bench.settle();
      bench.store.hold();
      await bench.send({ obs: [level(ago(5)), level(ago(20)), level(ago(45)), level(ago(120))] });
      await bench.journal.committed();
      for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
      bench.kill({ limits: { liveWindowMs: durationMs(minutes * MINUTE) } });
      await bench.pipeline.start();
      await bench.settle();
      expect((await bench.ledger()).readings).toMatchObject({ decoded: 4, stored: 4, duplicate: 0 });
      // From then on the new window holds.
      const heard: boolean[] = [];
      bench.pipeline.subscribe((_, live) => heard.push(live));
      await bench.send({ obs: [level(ago(minutes - 1)), level(ago(minutes + 1))] });
      await bench.settle();
      expect(heard).toEqual([true, false]);
      expect((await bench.ledger()).readings).toMatchObject({ decoded: 6, stored: 6, duplicate: 0 });
    },
  );

  it('counts once what was moved from a station that is gone when its turn comes', async () => {
    const gone = benchRegistry('S-2');
    await start();
    bench.pipeline.subscribe(() => bench.pipeline.setRegistry(gone));
    await bench.send({ obs: [level(ago(1)), level(ago(60))] });
    await bench.settle();
    const { messages, readings, balanced } = await bench.ledger('S-1');
    expect(messages).toEqual({ journalled: 1, decoded: 1, quarantined: 0, inFlight: 0 });
    expect(readings).toMatchObject({ decoded: 2, stored: 1, quarantined: 1 });
    expect(balanced).toBe(true);
    expect(await bench.store.quarantine({ limit: 9 })).toMatchObject([
      { item: 1, reason: 'unknown_station' },
    ]);
  });

  it('lets live messages in between slices of a backlog flood', async () => {
    const limits = { backlogSliceMs: durationMs(20) };
    bench = new IngestBench({ limits });
    const stations = ['S-1', 'S-2', 'S-3'];
    for (let n = 0; n < 300; n += 1) {
      void bench.send({ station: stations[n % 3]!, stream: 'backlog', obs: [level(ago(100 + n))] });
    }
    await bench.journal.committed();
    const backlogBefore: number[] = [];
    let backlog = 0;
    let slice = 0;
    let longest = 0;
    bench.pipeline.subscribe((_, live) => {
      if (live) {
        backlogBefore.push(backlog);
        return;
      }
      backlog += 1;
      // Every reading costs 4 ms; the lane has to ask the clock.
      bench.clock.advance(durationMs(4));
      const given = bench.turnsGiven;
      slice = given === turnsSeen ? slice + 4 : 4;
      turnsSeen = given;
      longest = Math.max(longest, slice);
      if (backlog % 50 === 0) void bench.send({ station: 'S-2', obs: [level(ago(1) - backlog)] });
    });
    let turnsSeen = 0;
    await bench.pipeline.start();
    await bench.settle();
    expect(longest).toBe(20);
    expect(bench.turnsGiven).toBeGreaterThanOrEqual(60);
    expect(backlogBefore).toHaveLength(6);
    // Each was handled within a few slices of five readings, and not after the flood.
    for (const [index, before] of backlogBefore.entries()) {
      expect(before - (index + 1) * 50).toBeLessThanOrEqual(25);
    }
  });
});

describe('IngestPipeline and what it is given', () => {
  it('stores, counts and goes on when a listener throws', async () => {
    const { log, lines } = linesOf();
    await start({
      log,
      onSideMessage: () => {
        throw new Error('side');
      },
    });
    const heard: number[] = [];
    bench.pipeline.subscribe(() => {
      throw new Error('broken');
    });
    bench.pipeline.subscribe(({ t }) => heard.push(t));
    await bench.send();
    await bench.send({ channel: 'status', payload: '{"state":"online"}' });
    await bench.settle();
    expect(bench.failures).toEqual([]);
    expect(heard).toHaveLength(1);
    expect((await bench.ledger()).messages).toMatchObject({ decoded: 2, inFlight: 0 });
    expect(lines).toHaveLength(2);
    for (let n = 0; n < 50; n += 1) await bench.send({ obs: [level(ago(1) + n)] });
    await bench.settle();
    expect(lines).toHaveLength(10);
  });

  it('publishes duplicates too, and keeps the latest value, whatever its quality', async () => {
    await start();
    const heard: (number | null)[] = [];
    bench.pipeline.subscribe(({ v }) => heard.push(v));
    await bench.send({ obs: [level(ago(2), 5), level(ago(2), 5)] });
    await bench.send({ obs: [level(ago(1), 99), { p: 'rainfall', t: ago(1), v: null }] });
    await bench.settle();
    expect(heard).toEqual([5, 5, 99, null]);
    expect(bench.pipeline.latest().map(({ v, quality }) => [v, quality])).toEqual([
      [99, 4],
      [null, 9],
    ]);
    expect(await bench.store.latest()).toEqual(bench.pipeline.latest());
    expect((await bench.ledger()).readings).toMatchObject({ decoded: 4, stored: 3, duplicate: 1 });
  });

  it('ranks what an operator entered over the device, and a token like a device', async () => {
    await start();
    await bench.send({ principal: 'operator:wang', obs: [level(ago(1), 2)], sent: ago(1) });
    await bench.send({ obs: [level(ago(1), 3)] });
    await bench.send({ principal: 'token:t1', obs: [level(ago(1), 4)] });
    await bench.settle();
    expect((await bench.store.latest()).map(({ v, source }) => [v, source])).toEqual([[2, 2]]);
    const losers = await bench.store.corrections({
      datastream: 1,
      from: epochMs(0),
      to: epochMs(4e12),
      limit: 9,
    });
    expect(losers.map(({ v, source }) => `${v} of ${source}`).toSorted()).toEqual(['3 of 1', '4 of 1']);
  });

  it('numbers a datastream only with its first accepted reading', async () => {
    await start();
    await bench.send({ obs: [{ p: 'rainfall', t: 5, v: 1 }] });
    await bench.send({ obs: [level(ago(1))] });
    await bench.settle();
    expect(bench.pipeline.datastreams(0)).toEqual([{ id: 1, station: 'S-1', property: 'water_level' }]);
  });

  it.each([
    { name: 'counts what a device skipped over an orderly stop', ending: 'stop' as const, gaps: 4 },
    { name: 'counts no gap that its own death may have made', ending: 'kill' as const, gaps: 0 },
  ])('$name', async ({ ending, gaps }) => {
    await start();
    await bench.send({ seq: 5 });
    await bench.pass(31_000);
    // The states are kept with this batch; what follows is committed without them.
    await bench.send({ seq: 6 });
    await bench.settle();
    for (const seq of [7, 8]) await bench.send({ seq });
    await bench.settle();
    if (ending === 'stop') await bench.pipeline.stop();
    bench.kill();
    await bench.pipeline.start();
    await bench.send({ seq: 13 });
    await bench.settle();
    expect(bench.pipeline.tracks()).toMatchObject([{ station: 'S-1', sequence: { highest: 13, gaps } }]);
  });

  it('counts a clock entry of the server as a message, and quarantines one that cannot be read', async () => {
    await start();
    await bench.journalDecision({ live: { from: 1, through: 1 }, correctionMs: 1 });
    await bench.send({
      station: '-',
      channel: 'clock',
      principal: '-server',
      payload: '{"from":"elsewhere"}',
    });
    await bench.send({ station: '-', channel: 'clock', principal: '-server', payload: 'no JSON' });
    await bench.settle();
    expect(bench.failures).toEqual([]);
    for (const station of ['-', undefined]) {
      const { messages, balanced } = await bench.ledger(station);
      expect(messages).toEqual({ journalled: 3, decoded: 1, quarantined: 2, inFlight: 0 });
      expect(balanced).toBe(true);
    }
  });

  it('stops with an alarm at a batch that cannot be read, and passes nothing over', async () => {
    bench = new IngestBench();
    const { journal } = bench;
    const corrupt = new AppError('journal_corrupt', 'The batch cannot be read back.');
    const reader = readerWith(journal, {
      read: (stream, after, maxBytes) =>
        stream === 'live' && after > 0
          ? Promise.reject(corrupt)
          : bench.journal.read(stream, after, maxBytes),
    });
    bench.kill({ reader });
    await bench.send();
    await bench.pipeline.start();
    await bench.settle();
    expect(bench.failures).toEqual([corrupt]);
    await bench.pipeline.stop();
    expect((await bench.ledger()).messages).toMatchObject({ decoded: 1, inFlight: 0 });
    expect((await bench.store.ledger()).cursors.live).toBe(1);
  });
});

describe('IngestPipeline and who watches it', () => {
  it('tells what moved since a mark: everything first, then only what came', async () => {
    await start();
    await bench.send({ obs: [level(ago(3), 5)] });
    await bench.send({ station: 'S-2', obs: [level(ago(3), 6)] });
    await bench.settle();
    const first = bench.pipeline.changesSince(NOTHING_SEEN);
    expect(first.latest.map(({ v }) => v)).toEqual([5, 6]);
    expect(first.tracks.map(({ station }) => station)).toEqual(['S-1', 'S-2']);
    expect(bench.pipeline.changesSince(first.mark)).toEqual({ mark: first.mark, latest: [], tracks: [] });
    await bench.send({ station: 'S-2', obs: [level(ago(24), 8)] });
    await bench.settle();
    // A late reading is no last value, but the station was heard.
    const second = bench.pipeline.changesSince(first.mark);
    expect(second.latest).toEqual([]);
    expect(second.tracks.map(({ station }) => station)).toEqual(['S-2']);
  });

  it('tells for how long the oldest message waits for the store', async () => {
    await start();
    expect(bench.pipeline.status().oldestUnstoredMs).toBe(0);
    bench.store.hold();
    const heard: number[] = [];
    bench.pipeline.subscribe(({ t }) => heard.push(t));
    await bench.send({ obs: [level(ago(2))] });
    await waitFor('the first reading', () => heard.length === 1);
    bench.clock.advance(3_000);
    await bench.send({ obs: [level(ago(1))] });
    await waitFor('the second reading', () => heard.length === 2);
    expect(bench.pipeline.status().oldestUnstoredMs).toBe(3_000);
    bench.store.release();
    await bench.settle();
    expect(bench.pipeline.status().oldestUnstoredMs).toBe(0);
  });
});

describe('IngestPipeline and a store in trouble', () => {
  it('goes on publishing while the store is blocked, stops taking at its limit, and stores all afterwards', async () => {
    await start({ limits: { maxOutstandingReadings: 3 } });
    await bench.settle();
    bench.store.hold();
    let heard = 0;
    bench.pipeline.subscribe(() => (heard += 1));
    for (let n = 0; n < 6; n += 1) {
      await bench.send({ obs: [level(ago(1) + n)] });
      for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve));
    }
    expect(heard).toBe(3);
    expect(bench.pipeline.latest()[0]?.t).toBe(ago(1) + 2);
    expect((await bench.ledger()).messages).toMatchObject({ journalled: 6, decoded: 0, inFlight: 6 });
    bench.store.release();
    await bench.settle();
    expect(heard).toBe(6);
    expect((await bench.ledger()).readings).toMatchObject({ decoded: 6, stored: 6 });
  });

  it('keeps going while the disk refuses, alarms once, and commits each batch once when it works again', async () => {
    const { log, lines } = linesOf();
    await start({ log });
    await bench.settle();
    bench.store.refuseWith(diskRefusal());
    for (let n = 0; n < 3; n += 1) await bench.send({ obs: [level(ago(1) + n), level(ago(60) + n)] });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    bench.clock.advance(durationMs(2_000));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    expect(bench.failures).toEqual([]);
    expect(bench.pipeline.status().committed).toEqual({ live: 0, backlog: 0 });
    expect(lines).toHaveLength(1);
    bench.store.refuseWith(undefined);
    await bench.pass(2_000);
    expect(lines).toHaveLength(2);
    const { taken, committed, outstandingReadings } = bench.pipeline.status();
    expect([committed, outstandingReadings]).toEqual([taken, 0]);
    expect((await bench.ledger()).readings).toMatchObject({ decoded: 6, stored: 6, duplicate: 0 });
  });

  it('fails once when the store gives a batch up for good', async () => {
    await start();
    await bench.settle();
    const fatal = new AppError('store_corrupt', 'No.');
    bench.store.refuseWith(fatal);
    await bench.send();
    await bench.send({ stream: 'backlog' });
    await bench.settle();
    expect(bench.failures).toEqual([fatal]);
    await expect(bench.pipeline.stop()).rejects.toThrow(/./);
  });

  it('stops while it waits for room, and again, and what is durable is all there is', async () => {
    await start({ limits: { maxOutstandingReadings: 1 } });
    await bench.settle();
    bench.store.hold();
    for (let n = 0; n < 3; n += 1) await bench.send({ obs: [level(ago(1) + n)] });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    let ended = 0;
    const first = bench.pipeline.stop().then(() => (ended += 1));
    const second = bench.pipeline.stop().then(() => (ended += 1));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    expect(ended).toBe(0);
    bench.store.release();
    await Promise.all([first, second]);
    const { messages, readings, balanced } = await bench.ledger();
    expect(messages.decoded + messages.inFlight).toBe(3);
    expect(readings.stored).toBe(messages.decoded);
    expect(balanced).toBe(true);
  });

  it('does not wait for ever at the stop for a store that does not answer', async () => {
    await start();
    await bench.settle();
    bench.store.hold();
    await bench.send({ obs: [level(ago(1)), level(ago(60))] });
    await bench.journal.committed();
    const stopped = bench.pipeline.stop().catch((error: unknown) => error);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    bench.clock.advance(10_000);
    expect(await stopped).toMatchObject({ code: 'store_unavailable', retryable: true });
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    expect((await bench.ledger()).readings).toMatchObject({ decoded: 2, stored: 2, duplicate: 0 });
  });

  it('tells of a disk that refuses at the stop, and takes the messages anew at the next start', async () => {
    await start();
    await bench.settle();
    bench.store.refuseWith(diskRefusal());
    await bench.send();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
    await expect(bench.pipeline.stop()).rejects.toMatchObject({ code: 'store_unavailable' });
    bench.kill();
    await bench.pipeline.start();
    await bench.settle();
    expect((await bench.ledger()).readings).toMatchObject({ decoded: 1, stored: 1, duplicate: 0 });
    expect((await storedContent(bench.store)).observations).toHaveLength(1);
  });
});
