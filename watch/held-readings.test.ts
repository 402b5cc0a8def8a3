import { expect, it } from 'vitest';

import type { ThingId } from '../domain/model/identifier.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { MINUTE_MS } from '../domain/time/instant.ts';
import { WatchBench } from '../test/harness/watch-bench.ts';

const DEPTH = 'ponding_depth';
const ROAD = { id: 'road', kind: 'ponding', subjects: { property: DEPTH } };
const RAIN = {
  id: 'rain',
  kind: 'rain_accumulation',
  subjects: { property: 'rainfall' },
  params: { steps: [{ severity: 'blue', mm: 20, within: '1h' }] },
};
const SILENT = {
  id: 'silent',
  kind: 'absence',
  subjects: { property: DEPTH },
  params: { steps: [{ severity: 'blue', silentFor: '15m' }] },
};

function station(id: string): StationSpec {
  const thresholds = { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 };
  const datastreams = [{ property: DEPTH, intervalMs: 5 * MINUTE_MS, thresholds }];
  return { kind: 'station', id: id as ThingId, name: id, datastreams };
}

async function read(bench: WatchBench, id: string, v: number): Promise<void> {
  await bench.send({ station: id, obs: [{ p: DEPTH, t: bench.clock.now(), v }] });
}

async function heard(bench: WatchBench): Promise<readonly string[]> {
  await bench.settle();
  return (await bench.told()).map(({ kind, episode, liveSteps }) =>
    [episode.rule, episode.subject, kind, ...liveSteps].join(' '),
  );
}

it('judges what a new station sends before the watch has taken it over, and tells of it once', async () => {
  const bench = await WatchBench.started({ stations: [station('S-1')], rules: [ROAD] });
  await read(bench, 'S-1', 0.05);
  await bench.settle();
  bench.apply({ stations: [station('S-1'), station('S-2')] });
  await read(bench, 'S-1', 0.12);
  await read(bench, 'S-2', 0.05);
  bench.clock.advance(200);
  await read(bench, 'S-2', 0);
  await bench.pass(2_000, 500);
  expect(await heard(bench)).toEqual([
    'road S-1/ponding_depth raised blue',
    'road S-1/ponding_depth amended yellow',
    'road S-2/ponding_depth raised blue',
    'road S-2/ponding_depth ended',
  ]);
  expect((await bench.judgedAtOnce()).differences).toEqual([]);
});

it('listens for a station from the time at which it was last heard, although the rule is newer', async () => {
  const bench = await WatchBench.started({ stations: [station('S-1')], rules: [RAIN] });
  await read(bench, 'S-1', 0);
  await bench.settle();
  bench.apply({ rules: [RAIN, SILENT] });
  await bench.pass(20 * MINUTE_MS);
  expect(await heard(bench)).toEqual(['silent S-1/ponding_depth raised blue']);
});
