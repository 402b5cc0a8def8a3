import { describe, expect, it } from 'vitest';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { DatastreamSpec, StationSpec } from '../../domain/model/registry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { BenchMessage } from '../harness/ingest-bench.ts';
import { WatchBench } from '../harness/watch-bench.ts';

const DEPTH = 'ponding_depth';
const LEVEL = 'water_level';

const DATASTREAMS: readonly DatastreamSpec[] = [
  {
    property: DEPTH,
    intervalMs: MINUTE_MS,
    thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 },
  },
  {
    property: LEVEL,
    datum: 'gauge zero',
    intervalMs: MINUTE_MS,
    thresholds: { datum: 'gauge zero', warning: 2, guarantee: 3 },
  },
];

function stations(count: number): readonly StationSpec[] {
  return Array.from({ length: count }, (_, index): StationSpec => {
    const id = `S-${index + 1}` as ThingId;
    return { kind: 'station', id, name: id, datastreams: DATASTREAMS };
  });
}

const ROAD = { id: 'road', kind: 'ponding', subjects: { property: DEPTH }, timing: { offDelay: '2m' } };
const HIGH_FOR_90 = {
  id: 'high',
  kind: 'threshold_ladder',
  subjects: { property: LEVEL },
  timing: { onDelay: '90m' },
  params: { deadband: 0.1, steps: [{ severity: 'yellow', threshold: ['warning'] }] },
};
const SILENT = {
  id: 'silent',
  kind: 'absence',
  subjects: { property: LEVEL },
  params: { steps: [{ severity: 'blue', silentFor: '15m' }] },
};

function started(rules: readonly object[], count = 1): Promise<WatchBench> {
  return WatchBench.started({ stations: stations(count), rules });
}

interface Point {
  /** Minutes before now. */
  readonly ago?: number;
  readonly v: number;
  readonly p?: string;
}

/** Sends one message with these readings, and lets everything come to rest. */
async function send(bench: WatchBench, points: readonly Point[], of: BenchMessage = {}): Promise<void> {
  const now = bench.clock.now();
  const obs = points.map(({ ago = 0, v, p = DEPTH }) => ({ p, t: now - ago * MINUTE_MS, v }));
  await bench.send({ station: 'S-1', sent: now, obs, ...of });
  await bench.settle();
}

/** A value each minute for so many minutes. */
async function hold(bench: WatchBench, minutes: number, point: Point): Promise<void> {
  for (let at = 0; at < minutes; at += 1) {
    await bench.pass(MINUTE_MS);
    await send(bench, [point]);
  }
}

/** What people heard, one line each. */
async function heard(bench: WatchBench): Promise<readonly string[]> {
  return (await bench.told()).map(({ kind, liveSteps, episode }) => {
    return `${episode.rule} ${episode.subject} ${[kind, ...liveSteps].join(' ')}`;
  });
}

/** The episodes that are believed in: begin and end in minutes before now. */
async function episodes(bench: WatchBench): Promise<readonly (readonly (number | undefined)[])[]> {
  const now = bench.clock.now();
  const ago = (t: number | undefined): number | undefined =>
    t === undefined ? undefined : Math.round((now - t) / MINUTE_MS);
  return (await bench.records())
    .filter(({ status }) => status === 'open' || status === 'ended')
    .map(({ episode: { begin, end } }) => [ago(begin), ago(end)]);
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index);

async function kill(bench: WatchBench, awayMs: number): Promise<void> {
  bench.kill();
  bench.clock.advance(awayMs);
  await bench.start();
}

describe('readings that come late', () => {
  it('fires nothing for a two-hour-old reading where the level must be high for 90 minutes', async () => {
    const bench = await started([HIGH_FOR_90]);
    await send(bench, [{ p: LEVEL, v: 2.5, ago: 120 }]);
    await bench.pass(5 * MINUTE_MS);
    expect(await episodes(bench)).toEqual([]);
    expect(await heard(bench)).toEqual([]);
  });

  it('proves nothing by a gap inside a duration, and is live only by the next fresh reading once it is filled', async () => {
    const bench = await started([HIGH_FOR_90]);
    await hold(bench, 30, { p: LEVEL, v: 2.5 });
    await bench.pass(80 * MINUTE_MS);
    await hold(bench, 15, { p: LEVEL, v: 2.5 });
    expect(await episodes(bench)).toEqual([]);
    const filled = range(94, 15).map(ago => ({ p: LEVEL, v: 2.5, ago }));
    await send(bench, filled, { stream: 'backlog' });
    expect(await episodes(bench)).toEqual([[124, undefined]]);
    expect(await heard(bench)).toEqual([]);
    await hold(bench, 1, { p: LEVEL, v: 2.5 });
    expect(await heard(bench)).toEqual(['high S-1/water_level amended yellow']);
  });

  // Alarms of a device that is in contact every few hours begin and end between two contacts and are never seen.
  it('records what began and ended between two contacts with the times at which it happened, and tells nobody', async () => {
    const bench = await started([ROAD]);
    await send(
      bench,
      range(200, 100).map(ago => ({ v: ago > 150 && ago < 180 ? 0.2 : 0, ago })),
    );
    expect(await episodes(bench)).toEqual([[179, 150]]);
    expect(await heard(bench)).toEqual([]);
  });

  // A buffered two hours' batch makes several alarms and mails at once, out of order.
  it('tells one alarm, of the state of now, for a batch of two hours that ends with a fresh reading', async () => {
    const bench = await started([ROAD]);
    await send(bench, [...range(120, 1).map(ago => ({ v: ago % 20 < 10 ? 0.2 : 0, ago })), { v: 0.2 }]);
    expect(await heard(bench)).toEqual(['road S-1/ponding_depth raised blue yellow orange']);
    expect((await bench.judgedAtOnce()).differences).toEqual([]);
  });

  // Events that arrive out of order are lost from history.
  it('makes the same episodes of readings in whatever order they arrive', async () => {
    const bench = await started([ROAD]);
    const points = range(60, 0).map(ago => ({ v: ago > 20 && ago < 40 ? 0.2 : 0, ago }));
    for (const place of points.keys()) await send(bench, [points[(place * 37) % points.length]!]);
    expect(await episodes(bench)).toEqual([[39, 20]]);
    expect((await bench.judgedAtOnce()).differences).toEqual([]);
  });

  // An alarm with a duration comes although the excursion was shorter than the duration.
  it('does not raise for an excursion that is shorter than what must hold, however late its end becomes known', async () => {
    const bench = await started([{ ...HIGH_FOR_90, timing: { onDelay: '5m' } }]);
    await hold(bench, 3, { p: LEVEL, v: 2.5 });
    await bench.pass(30 * MINUTE_MS);
    await send(bench, [
      { p: LEVEL, v: 1, ago: 29 },
      { p: LEVEL, v: 1 },
    ]);
    expect(await episodes(bench)).toEqual([]);
  });

  // A notification shows another value than the one that triggered it.
  it('shows the value that raised it, not the one that came last', async () => {
    const bench = await started([ROAD]);
    await send(bench, [{ v: 0.05 }]);
    await hold(bench, 3, { v: 0.08 });
    const [first] = await bench.told();
    expect(first?.episode.steps).toMatchObject([{ severity: 'blue', value: 0.05, limit: 0.03 }]);
    expect((await bench.records())[0]?.episode.steps[0]?.value).toBe(0.05);
  });
});

describe('silence', () => {
  // A dead-man alarm is cleared by points that are filled in, from two weeks ago as well.
  it('takes what is filled in for no recovery of a silent station and for no second alarm', async () => {
    const bench = await started([SILENT]);
    await send(bench, [{ p: LEVEL, v: 1 }]);
    await bench.pass(20 * MINUTE_MS);
    await bench.settle();
    const raised = ['silent S-1/water_level raised blue'];
    expect(await heard(bench)).toEqual(raised);
    await send(bench, [{ p: LEVEL, v: 1, ago: 14 * 24 * 60 }], { stream: 'backlog' });
    await send(
      bench,
      [
        { p: LEVEL, v: 1, ago: 12 },
        { p: LEVEL, v: 1, ago: 18 },
      ],
      { stream: 'backlog' },
    );
    expect(await heard(bench)).toEqual(raised);
    expect(await episodes(bench)).toEqual([[20, undefined]]);
    await hold(bench, 3, { p: LEVEL, v: 1 });
    expect(await heard(bench)).toEqual([...raised, 'silent S-1/water_level ended']);
  });

  // One mail a minute for each dead host.
  it('tells of a long silence once, a few seconds after it has lasted long enough', async () => {
    const bench = await started([SILENT]);
    await send(bench, [{ p: LEVEL, v: 1 }]);
    await bench.pass(5 * HOUR_MS, 2_000);
    await bench.settle();
    expect(await heard(bench)).toEqual(['silent S-1/water_level raised blue']);
    const [step] = (await bench.told())[0]?.episode.steps ?? [];
    expect(step?.decidedT).toBeLessThan((step?.t ?? 0) + 15 * MINUTE_MS + 10_000);
  });

  // A target that has vanished resolves its alerts.
  it('does not end an alarm because the station has fallen silent', async () => {
    const bench = await started([ROAD]);
    await hold(bench, 3, { v: 0.2 });
    await bench.pass(6 * HOUR_MS, MINUTE_MS);
    await bench.settle();
    expect((await heard(bench)).filter(line => line.includes('ended'))).toEqual([]);
    expect((await bench.records()).map(({ status }) => status)).toEqual(['open']);
  });

  // An offline alarm is raised at the moment at which data return, and is never cleared.
  it('returns from a silence that was decided in the very moment at which the data came back', async () => {
    const bench = await started([SILENT]);
    await send(bench, [{ p: LEVEL, v: 1 }]);
    await bench.pass(15 * MINUTE_MS - 2_000);
    bench.ingest.journal.hold();
    await bench.pass(4_000, 1_000);
    const back = bench.send({ obs: [{ p: LEVEL, t: bench.clock.now(), v: 1 }] });
    bench.ingest.journal.release();
    await back;
    await bench.settle();
    await hold(bench, 2, { p: LEVEL, v: 1 });
    expect(await heard(bench)).toEqual([
      'silent S-1/water_level raised blue',
      'silent S-1/water_level ended',
    ]);
  });

  // No-data alarms of many devices in one shared rule.
  it('tells which of many stations is silent, and nothing of the others', async () => {
    const bench = await started([SILENT], 3);
    for (let at = 0; at < 20; at += 1) {
      await bench.pass(MINUTE_MS);
      for (const station of at === 0 ? ['S-1', 'S-2', 'S-3'] : ['S-1', 'S-3']) {
        await send(bench, [{ p: LEVEL, v: 1 }], { station });
      }
    }
    expect(await heard(bench)).toEqual(['silent S-2/water_level raised blue']);
  });

  it('raises for a sensor in an underpass that goes silent while the water rises, to verify', async () => {
    const bench = await started([ROAD]);
    await send(bench, [{ v: 0.01 }]);
    await hold(bench, 1, { v: 0.05 });
    await hold(bench, 1, { v: 0.08 });
    await bench.pass(10 * MINUTE_MS);
    await bench.settle();
    expect(await heard(bench)).toEqual([
      'road S-1/ponding_depth raised blue',
      'road S-1/ponding_depth amended yellow',
    ]);
    const [record] = await bench.records();
    expect(record?.episode.steps[1]).toMatchObject({ severity: 'yellow', cause: 'blind', toVerify: true });
    await hold(bench, 4, { v: 0 });
    expect(await heard(bench)).toHaveLength(3);
  });
});

describe('a restart', () => {
  // An alert stays critical outside because the recovery happened while the engine was down.
  it('lets an alarm return once, by the first fresh reading, where the recovery was while the engine was down', async () => {
    const bench = await started([ROAD]);
    await send(bench, [{ v: 0.2 }]);
    await kill(bench, HOUR_MS);
    await send(
      bench,
      range(50, 40).map(ago => ({ v: 0, ago })),
      { stream: 'backlog' },
    );
    const raised = 'road S-1/ponding_depth raised blue yellow orange';
    expect(await heard(bench)).toEqual([raised]);
    await hold(bench, 3, { v: 0 });
    expect(await heard(bench)).toEqual([raised, 'road S-1/ponding_depth ended']);
  });

  // Every restart sends the alerts again.
  it('tells nothing again of what is still so after restarts, in order or not', async () => {
    const bench = await started([ROAD]);
    await hold(bench, 3, { v: 0.2 });
    for (const awayMin of [0, 2, 45]) {
      await kill(bench, awayMin * MINUTE_MS);
      await hold(bench, 3, { v: 0.2 });
      await bench.stop();
      await bench.start();
      await hold(bench, 3, { v: 0.2 });
    }
    expect(await heard(bench)).toEqual(['road S-1/ponding_depth raised blue yellow orange']);
  });

  // A restart of the server marks all devices as disconnected: a huge amount of notifications.
  it('calls nobody silent for three hours in which it was itself down', async () => {
    const bench = await started([SILENT], 20);
    const all = async (): Promise<void> => {
      const t = bench.clock.now();
      for (const { id } of stations(20)) await bench.send({ station: id, obs: [{ p: LEVEL, t, v: 1 }] });
      await bench.settle();
    };
    await all();
    await bench.pass(MINUTE_MS);
    await all();
    await kill(bench, 3 * HOUR_MS);
    await bench.pass(90_000);
    await all();
    await bench.pass(5 * MINUTE_MS);
    await bench.settle();
    expect(await heard(bench)).toEqual([]);
  });

  it('tells of a station that has fallen silent with a restart', async () => {
    const bench = await started([SILENT]);
    await hold(bench, 3, { p: LEVEL, v: 1 });
    await bench.stop();
    await bench.start();
    await bench.pass(20 * MINUTE_MS);
    await bench.settle();
    expect(await heard(bench)).toEqual(['silent S-1/water_level raised blue']);
  });

  it('tells of a station that was dead before a restart and stays dead once', async () => {
    const bench = await started([SILENT], 2);
    for (const station of ['S-1', 'S-2']) await send(bench, [{ p: LEVEL, v: 1 }], { station });
    for (let at = 0; at < 20; at += 1) {
      await bench.pass(MINUTE_MS);
      await send(bench, [{ p: LEVEL, v: 1 }], { station: 'S-2' });
    }
    expect(await heard(bench)).toEqual(['silent S-1/water_level raised blue']);
    for (const awayMs of [3 * HOUR_MS, MINUTE_MS]) {
      await kill(bench, awayMs);
      for (let at = 0; at < 40; at += 1) {
        await bench.pass(MINUTE_MS);
        await send(bench, [{ p: LEVEL, v: 1 }], { station: 'S-2' });
      }
    }
    expect(await heard(bench)).toEqual(['silent S-1/water_level raised blue']);
  });

  // After an outage of the data source all firing alerts are notified again.
  it('tells everything once where the store of the episodes refuses for a while', async () => {
    const bench = await started([ROAD], 3);
    await send(bench, [{ v: 0.05 }]);
    bench.disk.refuse(true);
    const t = bench.clock.now();
    for (const station of ['S-1', 'S-2', 'S-3'])
      await bench.send({ station, obs: [{ p: DEPTH, t, v: 0.2 }] });
    await bench.pass(2 * MINUTE_MS);
    expect(await heard(bench)).toHaveLength(1);
    bench.disk.refuse(false);
    await bench.settle();
    expect([...(await heard(bench))].sort()).toEqual([
      'road S-1/ponding_depth amended yellow orange',
      'road S-1/ponding_depth raised blue',
      'road S-2/ponding_depth raised blue yellow orange',
      'road S-3/ponding_depth raised blue yellow orange',
    ]);
  });
});

describe('clocks', () => {
  // Data from the future corrupt the status of a device.
  it('raises nothing for a device whose clock says 2099, and hears its neighbours', async () => {
    const bench = await started([ROAD, SILENT], 2);
    const t = epochMs(Date.UTC(2099, 0, 1));
    await bench.send({
      station: 'S-1',
      sent: t,
      obs: [
        { p: DEPTH, t, v: 0.2 },
        { p: LEVEL, t, v: 1 },
      ],
    });
    await send(bench, [{ v: 0.2 }], { station: 'S-2' });
    await bench.pass(MINUTE_MS);
    await bench.settle();
    expect(await heard(bench)).toEqual(['road S-2/ponding_depth raised blue yellow orange']);
    await hold(bench, 1, { v: 0.05 });
    expect(await heard(bench)).toHaveLength(2);
  });

  it('calls nobody silent while our own clock is suspect, nor for that time once it is right again', async () => {
    const bench = await started([SILENT], 6);
    const right = bench.clock.now();
    let passedMs = 0;
    const all = async (): Promise<void> => {
      const t = right + passedMs;
      for (const { id } of stations(6)) {
        await bench.send({ station: id, sent: t, obs: [{ p: LEVEL, t, v: 1 }] });
      }
      await bench.pass(MINUTE_MS);
      passedMs += MINUTE_MS;
    };
    for (let at = 0; at < 3; at += 1) await all();
    // Our clock falls a day behind: everybody seems to speak from the future.
    bench.clock.set(epochMs(right + passedMs - DAY_MS));
    for (let at = 0; at < 40; at += 1) await all();
    expect(bench.ingest.pipeline.status().clockTrust).toBe('suspect');
    expect(await heard(bench)).toEqual([]);
    bench.clock.set(epochMs(right + passedMs));
    for (let at = 0; at < 3; at += 1) await all();
    await bench.settle();
    expect(bench.ingest.pipeline.status().clockTrust).toBe('trusted');
    expect(await heard(bench)).toEqual([]);
  });
});

describe('floods of alarms', () => {
  // Values that jump around the limit produce many records.
  it('makes one alarm of a value that jumps around its limit', async () => {
    const bench = await started([{ ...ROAD, timing: { offDelay: '10m' } }]);
    for (let at = 0; at < 60; at += 1) await hold(bench, 1, { v: at % 3 === 0 ? 0.031 : 0.01 });
    await hold(bench, 15, { v: 0 });
    expect(await heard(bench)).toEqual([
      'road S-1/ponding_depth raised blue',
      'road S-1/ponding_depth ended',
    ]);
  });

  // The same message comes several times and makes as many alarms.
  it('takes a message that comes three times, before and after a restart, for one', async () => {
    const bench = await started([ROAD]);
    const message = { seq: 1, sent: bench.clock.now(), obs: [{ p: DEPTH, t: bench.clock.now(), v: 0.2 }] };
    for (let at = 0; at < 3; at += 1) {
      await bench.send(message);
      await bench.settle();
      await kill(bench, 0);
    }
    expect(await heard(bench)).toEqual(['road S-1/ponding_depth raised blue yellow orange']);
  });

  // A device of another product alarms too.
  it('judges a station by its own readings alone', async () => {
    const bench = await started([ROAD, HIGH_FOR_90, SILENT], 3);
    await send(bench, [{ v: 0.2 }, { p: LEVEL, v: 1 }], { station: 'S-2' });
    expect(new Set((await bench.records()).map(({ episode }) => episode.subject))).toEqual(
      new Set(['S-2/ponding_depth']),
    );
  });
});
