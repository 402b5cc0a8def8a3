import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { QuarantineRow } from '../domain/ports/telemetry-store.ts';
import { BENCH_NOW, IngestBench, benchRegistry } from '../test/harness/ingest-bench.ts';
import { diskRefusal } from '../test/harness/memory-telemetry-store.ts';

const ALL = benchRegistry('S-1', 'S-2', 'S-3');
const WITHOUT_S1 = benchRegistry('S-2', 'S-3');
const level = (t: number, v = 1) => ({ p: 'water_level', t, v });
const turn = () => new Promise(resolve => setImmediate(resolve));

/** A registry in which S-1 lacks its level. */
const withoutLevel = () => {
  const station = benchRegistry('S-1').things.get('S-1');
  if (station?.kind !== 'station') throw new Error('no station');
  const datastreams = station.datastreams.filter(({ property }) => property !== 'water_level');
  return { version: 1, things: new Map([['S-1', { ...station, datastreams }]]) };
};

let bench: IngestBench;
const ledger = async () => {
  const { messages, readings, balanced } = await bench.ledger('S-1');
  expect(balanced).toBe(true);
  expect((await bench.ledger()).balanced).toBe(true);
  return { ...messages, readings };
};
const quarantined = (query: { includeReleased?: boolean } = {}): Promise<readonly QuarantineRow[]> =>
  bench.store.quarantine({ limit: 10_000, ...query });

beforeEach(() => {
  bench = new IngestBench();
});
afterEach(async () => {
  bench.store.refuseWith(undefined);
  bench.store.release();
  await bench.pipeline.stop();
});

describe('A replay of quarantine', () => {
  it('releases a whole message once its station is known, and quarantines the readings that are still bad', async () => {
    await bench.pipeline.start();
    bench.pipeline.setRegistry(WITHOUT_S1);
    await bench.send({ obs: [level(BENCH_NOW - 1), { p: 'soil', t: BENCH_NOW, v: 1 }, 7], seq: 3 });
    await bench.settle();
    expect(await ledger()).toMatchObject({ decoded: 0, quarantined: 1, readings: { decoded: 0 } });
    expect(await bench.pipeline.replayQuarantine({})).toEqual({ tried: 1, released: 0, stillQuarantined: 1 });

    bench.pipeline.setRegistry(ALL);
    const heard: boolean[] = [];
    bench.pipeline.subscribe((_, live) => heard.push(live));
    expect(await bench.pipeline.replayQuarantine({})).toMatchObject({ tried: 1, released: 1 });
    expect(heard).toEqual([false]);
    expect(await ledger()).toMatchObject({
      decoded: 1,
      quarantined: 0,
      readings: { decoded: 3, stored: 1, quarantined: 2 },
    });
    expect((await quarantined()).map(({ position, item }) => [position, item])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(await quarantined({ includeReleased: true })).toHaveLength(3);
    // Once more changes nothing.
    expect(await bench.pipeline.replayQuarantine({})).toEqual({ tried: 2, released: 0, stillQuarantined: 2 });
    expect(await ledger()).toMatchObject({ readings: { decoded: 3, stored: 1, quarantined: 2 } });
    expect(bench.pipeline.tracks()).toEqual([]);
  });

  it('releases a reading once its datastream is known, with message and reading counted as before', async () => {
    await bench.pipeline.start();
    bench.pipeline.setRegistry(withoutLevel());
    await bench.send({
      obs: [
        { p: 'rainfall', t: BENCH_NOW, v: 2 },
        { ...level(BENCH_NOW, 3), f: 'T' },
      ],
    });
    await bench.settle();
    expect(await ledger()).toMatchObject({ decoded: 1, readings: { decoded: 2, stored: 1, quarantined: 1 } });
    bench.pipeline.setRegistry(ALL);
    expect(await bench.pipeline.replayQuarantine({ reason: 'unknown_datastream' })).toMatchObject({
      released: 1,
    });
    expect(await ledger()).toMatchObject({
      decoded: 1,
      quarantined: 0,
      readings: { decoded: 2, stored: 2, quarantined: 0 },
    });
    const [reading] = await bench.store.range({
      datastream: 2,
      from: BENCH_NOW,
      to: (BENCH_NOW + 1) as typeof BENCH_NOW,
      limit: 9,
    });
    expect(reading).toMatchObject({ v: 3, deviceFlag: 1, position: 1, received: BENCH_NOW });
  });

  it('takes a reading that came again meanwhile for a duplicate', async () => {
    await bench.pipeline.start();
    bench.pipeline.setRegistry(WITHOUT_S1);
    await bench.send({ obs: [level(BENCH_NOW)] });
    await bench.settle();
    bench.pipeline.setRegistry(ALL);
    await bench.send({ obs: [level(BENCH_NOW)] });
    await bench.settle();
    await bench.pipeline.replayQuarantine({ station: 'S-1', reason: 'unknown_station' });
    expect(await ledger()).toMatchObject({
      decoded: 2,
      quarantined: 0,
      readings: { decoded: 2, stored: 1, duplicate: 1 },
    });
  });

  it('leaves what was from the future, and what has no bytes, where it is', async () => {
    bench = new IngestBench({ limits: { quarantineQuotaPerHour: 2 } });
    await bench.pipeline.start();
    await bench.send({ sent: BENCH_NOW + 4e6 });
    await bench.send({ obs: [level(BENCH_NOW + 4e6)] });
    await bench.settle();
    bench.pipeline.setRegistry(WITHOUT_S1);
    for (let n = 0; n < 3; n += 1) await bench.send({ obs: [level(BENCH_NOW - n)] });
    await bench.settle();
    bench.pipeline.setRegistry(ALL);
    await bench.pass(6_000);
    const before = await ledger();
    expect(before).toMatchObject({ quarantined: 4, decoded: 1, readings: { quarantined: 1 } });
    expect(await bench.pipeline.replayQuarantine({})).toMatchObject({ tried: 5, released: 2 });
    expect(await ledger()).toMatchObject({
      quarantined: 2,
      decoded: 3,
      readings: { quarantined: 1, stored: 2 },
    });
    const rest = (await quarantined()).map(({ reason, payload }) => `${reason} ${payload.length > 0}`);
    expect(rest.toSorted()).toEqual(['future true', 'sent_in_future false', 'unknown_station false']);
  });

  it('goes through many pages, and two at once release nothing twice', async () => {
    bench = new IngestBench({ limits: { quarantineQuotaPerHour: 5_000 } });
    await bench.pipeline.start();
    bench.pipeline.setRegistry(WITHOUT_S1);
    for (let n = 0; n < 1_100; n += 1) void bench.send({ obs: [level(BENCH_NOW - n)] });
    await bench.settle();
    bench.pipeline.setRegistry(ALL);
    const [first, second] = await Promise.all([
      bench.pipeline.replayQuarantine({}),
      bench.pipeline.replayQuarantine({}),
    ]);
    expect(first).toEqual({ tried: 1_100, released: 1_100, stillQuarantined: 0 });
    expect(second).toEqual({ tried: 0, released: 0, stillQuarantined: 0 });
    expect(await ledger()).toMatchObject({ decoded: 1_100, quarantined: 0, readings: { stored: 1_100 } });
  });

  it('waits out a disk that refuses, and releases once', async () => {
    await bench.pipeline.start();
    bench.pipeline.setRegistry(WITHOUT_S1);
    await bench.send({ obs: [level(BENCH_NOW)] });
    await bench.settle();
    bench.pipeline.setRegistry(ALL);
    bench.store.refuseWith(diskRefusal());
    const replays = [bench.pipeline.replayQuarantine({}), bench.pipeline.replayQuarantine({})];
    for (let n = 0; n < 10; n += 1) await turn();
    bench.store.refuseWith(undefined);
    await bench.pass(3_000);
    expect(await Promise.all(replays)).toMatchObject([{ released: 1 }, { released: 0 }]);
    expect(await ledger()).toMatchObject({ decoded: 1, quarantined: 0, readings: { decoded: 1, stored: 1 } });
  });

  it('ends with the pipeline, which waits for it', async () => {
    bench = new IngestBench({ limits: { quarantineQuotaPerHour: 5_000 } });
    await bench.pipeline.start();
    bench.pipeline.setRegistry(WITHOUT_S1);
    for (let n = 0; n < 1_100; n += 1) void bench.send({ obs: [level(BENCH_NOW - n)] });
    await bench.settle();
    bench.pipeline.setRegistry(ALL);
    bench.store.hold();
    const replay = bench.pipeline.replayQuarantine({});
    for (let n = 0; n < 5; n += 1) await turn();
    const stopped = bench.pipeline.stop();
    bench.store.release();
    await stopped;
    const { released } = await replay;
    expect(released).toBe(500);
    expect(await ledger()).toMatchObject({ decoded: released, quarantined: 1_100 - released });
    await expect(bench.pipeline.replayQuarantine({})).rejects.toMatchObject({ code: 'shutting_down' });
  });
});
