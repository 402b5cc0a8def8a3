import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { Observation } from '../domain/model/observation.ts';
import type { Registry, StationSpec } from '../domain/model/registry.ts';
import { QUALITY } from '../domain/model/observation.ts';
import type { JournalStream } from '../domain/ports/journal.ts';
import { qualifySeries } from '../domain/quality/qualify-series.ts';
import { resolveParameters } from '../domain/quality/resolve-parameters.ts';
import { SeriesWindow } from '../domain/quality/series-window.ts';
import { durationMs, epochMs, MINUTE_MS } from '../domain/time/instant.ts';
import { BENCH_NOW, IngestBench, benchRegistry, storedContent } from '../test/harness/ingest-bench.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import type { IngestLimits } from './ingest-limits.ts';
import { rebuildStore } from './rebuild.ts';

const STATIONS = ['S-1', 'S-2', 'S-3'];
const ALWAYS = { from: epochMs(0), to: epochMs(9e12), limit: 1_000_000 };
const HORIZON = { qualityHorizonMs: durationMs(12 * MINUTE_MS) };

/** Three stations of which each sees the rain of the others. */
const REGISTRY: Registry = {
  version: 1,
  things: new Map(
    [...benchRegistry(...STATIONS).things].map(([id, thing]) => [
      id,
      { ...(thing as StationSpec), neighbours: STATIONS as ThingId[] },
    ]),
  ),
};

interface Message {
  readonly station: string;
  readonly stream: JournalStream;
  readonly obs: readonly { readonly p: string; readonly t: number; readonly v: number | null }[];
  readonly next: 'flow' | 'turn' | 'settle' | 'hold' | 'kill' | 'stop';
  readonly commits: number;
}

const reading = fc.oneof(
  fc.record({
    p: fc.constant('water_level'),
    t: fc.integer({ min: 0, max: 40 }).map(minute => BENCH_NOW - minute * MINUTE_MS),
    v: fc.constantFrom(1, 1, 1.1, 1.3, 2, 11, null),
  }),
  fc.record({
    p: fc.constant('rainfall'),
    t: fc.integer({ min: 0, max: 40 }).map(minute => BENCH_NOW - minute * MINUTE_MS),
    v: fc.constantFrom(0, 0, 6, 25),
  }),
);
const message: fc.Arbitrary<Message> = fc.record({
  station: fc.constantFrom(...STATIONS),
  stream: fc.constantFrom<JournalStream>('live', 'live', 'backlog'),
  obs: fc.array(reading, { minLength: 1, maxLength: 8 }),
  next: fc.constantFrom('flow' as const, 'flow', 'turn', 'settle', 'hold', 'kill', 'stop'),
  commits: fc.integer({ min: 0, max: 3 }),
});
const messages = fc.array(message, { minLength: 1, maxLength: 24 });

const turn = () => new Promise(resolve => setImmediate(resolve));

async function run(
  all: readonly Message[],
  onStart: (bench: IngestBench) => void,
  limits: Partial<IngestLimits> = HORIZON,
): Promise<IngestBench> {
  const bench = new IngestBench({ registry: REGISTRY, limits });
  const start = async (): Promise<void> => {
    onStart(bench);
    await bench.pipeline.start();
  };
  await start();
  for (const { station, stream, obs, next, commits } of all) {
    await bench.send({ station, stream, obs, sent: BENCH_NOW, received: BENCH_NOW });
    await bench.journal.committed();
    if (next === 'turn') await turn();
    else if (next === 'hold') bench.store.hold();
    else if (next === 'settle') {
      bench.store.release();
      await bench.settle();
    } else if (next === 'kill') {
      for (let n = 0; n < 6; n += 1) await turn();
      bench.store.hold();
      bench.store.commitOldest(commits);
      bench.kill();
      await start();
    } else if (next === 'stop') {
      bench.store.release();
      await bench.pipeline.stop();
      bench.kill();
      await start();
    }
  }
  bench.store.release();
  await bench.settle();
  expect(bench.failures).toEqual([]);
  return bench;
}

/** The flags of the whole series, made without any of the machinery of ingest. */
async function flagsOf(store: MemoryTelemetryStore): Promise<ReadonlyMap<string, number>> {
  const { datastreams } = await store.resume();
  const rows = new Map<number, readonly Observation[]>();
  for (const { id } of datastreams) rows.set(id, await store.range({ ...ALWAYS, datastream: id }));
  const flags = new Map<string, number>();
  for (const { id, station, property } of datastreams) {
    const spec = (REGISTRY.things.get(station) as StationSpec).datastreams.find(
      each => each.property === property,
    )!;
    const { parameters } = resolveParameters(spec);
    const windows = (of: string, isOthers: boolean) =>
      datastreams
        .filter(each => each.property === of && (!isOthers || each.station !== station))
        .map(each => SeriesWindow.of(rows.get(each.id) ?? [], [0, 800]));
    const companions = {
      neighbours:
        property === 'water_level'
          ? datastreams
              .filter(each => each.property === property && each.station !== station)
              .map(each => SeriesWindow.of(rows.get(each.id) ?? [], [0, 10]))
          : windows(property, true),
      rain: property === 'rainfall' ? [] : windows('rainfall', false),
    };
    const all = { from: epochMs(0), to: epochMs(9e12) };
    for (const { t, quality } of qualifySeries(rows.get(id) ?? [], parameters, all, companions)) {
      flags.set(`${id}@${t}`, quality);
    }
  }
  return flags;
}

async function storedFlags(store: MemoryTelemetryStore): Promise<ReadonlyMap<string, number>> {
  const { datastreams } = await store.resume();
  const flags = new Map<string, number>();
  for (const { id } of datastreams) {
    for (const row of await store.range({ ...ALWAYS, datastream: id }))
      flags.set(`${id}@${row.t}`, row.quality);
  }
  return flags;
}

describe('Quality control in ingest', () => {
  it('ends with the flags of the whole series, however readings arrive and processes die', async () => {
    let doubted = 0;
    await fc.assert(
      fc.asyncProperty(messages, async all => {
        const told = new Map<string, number>();
        const bench = await run(all, ({ pipeline }) => {
          pipeline.subscribe(({ datastream, t, v, quality }) => told.set(`${datastream}@${t}@${v}`, quality));
        });
        const expected = await flagsOf(bench.store);
        doubted += [...expected.values()].filter(flag => flag === QUALITY.suspect).length;
        expect(await storedFlags(bench.store)).toEqual(expected);
        // Whoever listens has heard the flag that holds, of long past readings too, also where a process died meanwhile.
        for (const { id } of (await bench.store.resume()).datastreams) {
          for (const { t, v, quality } of await bench.store.range({ ...ALWAYS, datastream: id })) {
            expect(told.get(`${id}@${t}@${v}`)).toBe(quality);
          }
        }
        const byDatastream = (rows: readonly Observation[]) =>
          rows.toSorted((a, b) => a.datastream - b.datastream);
        expect(byDatastream(bench.pipeline.latest())).toEqual(byDatastream(await bench.store.latest()));
        const rebuilt = new MemoryTelemetryStore();
        const { cursors } = await bench.store.ledger();
        await rebuildStore({
          log: bench.journal,
          store: rebuilt,
          registry: REGISTRY,
          cursors,
          limits: HORIZON,
        });
        expect(await storedContent(rebuilt)).toEqual(await storedContent(bench.store));
        await bench.pipeline.stop();
      }),
      { numRuns: 300 },
    );
    expect(doubted).toBeGreaterThan(300);
  }, 120_000);

  it('tells listeners every change of a flag within the horizon', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async all => {
        const told = new Map<string, Observation>();
        const calm = all.map(each => ({ ...each, next: 'turn' as const }));
        const listen = ({ pipeline }: IngestBench) => {
          pipeline.subscribe(heard => told.set(`${heard.datastream}@${heard.t}@${heard.v}`, heard));
        };
        const bench = await run(calm, listen, {});
        for (const { id } of (await bench.store.resume()).datastreams) {
          for (const row of await bench.store.range({ ...ALWAYS, datastream: id })) {
            expect(told.get(`${id}@${row.t}@${row.v}`)?.quality).toBe(row.quality);
          }
        }
        await bench.pipeline.stop();
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it('takes a word back in the store, the last values and for listeners when the next reading is there', async () => {
    const bench = new IngestBench({ registry: REGISTRY });
    const heard: string[] = [];
    bench.pipeline.subscribe(({ t, quality }, live) =>
      heard.push(`${(t - BENCH_NOW) / MINUTE_MS} ${quality} ${live ? 'live' : 'again'}`),
    );
    await bench.pipeline.start();
    const level = (minute: number, v: number) =>
      bench.send({ obs: [{ p: 'water_level', t: BENCH_NOW + minute * MINUTE_MS, v }] });
    await level(-3, 1);
    await level(-2, 1.4);
    await bench.settle();
    expect(bench.pipeline.latest().map(({ v, quality }) => [v, quality])).toEqual([[1.4, 1]]);
    await level(-1, 1);
    await bench.settle();
    expect(heard).toEqual(['-3 1 live', '-2 1 live', '-1 1 live', '-2 3 again']);
    const rows = await bench.store.range({ ...ALWAYS, datastream: 1 });
    expect(rows.map(({ quality }) => quality)).toEqual([1, 3, 1]);
    const why = await bench.pipeline.explainQuality(1, epochMs(BENCH_NOW - 2 * MINUTE_MS));
    expect(why?.reading).toEqual(rows[1]);
    expect(why?.tests.filter(({ flag }) => flag === QUALITY.suspect).map(({ test }) => test)).toEqual([
      'spike',
    ]);
    expect(why?.tests.map(({ test }) => test)).toContain('gross_range');
    expect(await bench.pipeline.explainQuality(1, BENCH_NOW)).toBeUndefined();
    await bench.pipeline.stop();
  });

  it('links a station that is registered later, and keeps what it knows of the others', async () => {
    const one = { version: 1, things: new Map([...REGISTRY.things].slice(0, 2)) };
    const bench = new IngestBench({ registry: one });
    await bench.pipeline.start();
    const rain = (station: string, minute: number, v: number) =>
      bench.send({ station, obs: [{ p: 'rainfall', t: BENCH_NOW + minute * MINUTE_MS, v }] });
    await rain('S-1', -3, 25);
    await rain('S-2', -3, 0);
    await bench.settle();
    bench.pipeline.setRegistry(REGISTRY);
    await rain('S-3', -3, 0);
    await bench.settle();
    const [first] = await bench.store.range({ ...ALWAYS, datastream: 1 });
    expect(first?.quality).toBe(QUALITY.suspect);
    await bench.pipeline.stop();
  });
});
