import { expect, it } from 'vitest';

import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../domain/model/observation.ts';
import type { QualityFlag } from '../domain/model/observation.ts';
import { durationMs, epochMs, HOUR_MS, MINUTE_MS } from '../domain/time/instant.ts';
import { BENCH_NOW, benchRegistry } from '../test/harness/ingest-bench.ts';
import { MemoryTelemetryStore } from '../test/harness/memory-telemetry-store.ts';
import { BatchBuilder } from './batch-builder.ts';
import { DatastreamDirectory } from './datastream-directory.ts';
import { QualityControl } from './quality-control.ts';
import { Requalifier } from './requalifier.ts';

const LEVEL = { id: 1, station: 'S-1', property: 'water_level' };
const at = (minute: number) => epochMs(BENCH_NOW + minute * MINUTE_MS);

/** A store in which a spike has the flag of its value alone. */
async function storeWithSpike(): Promise<MemoryTelemetryStore> {
  const store = new MemoryTelemetryStore();
  const builder = new BatchBuilder();
  for (const [minute, v] of [1, 1.4, 1].entries()) {
    const t = at(minute);
    const rest = { deviceFlag: NORMAL_FLAG, source: SOURCE_RANK.device, sent: t, received: t };
    builder.addReading({ datastream: 1, t, v, quality: QUALITY.good, position: minute + 1, ...rest });
  }
  await store.append(builder.take({ cursors: {}, newDatastreams: [LEVEL] }));
  await store.flush();
  return store;
}

it('tells of a flag before it is handed to the store, in the same turn, and forgets the stretch with it', async () => {
  const store = await storeWithSpike();
  const directory = new DatastreamDirectory();
  directory.adopt([LEVEL]);
  const registry = benchRegistry('S-1');
  directory.setRegistry(registry);
  const control = new QualityControl(directory, { horizonMs: durationMs(2 * HOUR_MS), maxReadings: 100 });
  control.setRegistry(registry);
  control.stale.add({ datastream: 1, from: at(0), to: at(2) });
  const events: unknown[] = [];
  const requalifier = new Requalifier({
    store,
    control,
    offered: () => Promise.resolve(),
    giveWay: () => Promise.resolve(),
    onRequalified: ({ t, quality }) => {
      // What runs in between would judge by a store that has not the flag yet.
      queueMicrotask(() => events.push('another turn'));
      events.push(['told', t, quality]);
    },
    write: builder => {
      const { requalified } = builder.take({ cursors: {}, newDatastreams: [] });
      const flags: QualityFlag[] = [...(requalified?.quality ?? [])].map(flag => flag as QualityFlag);
      events.push(['written', ...flags]);
      return Promise.resolve();
    },
  });
  await requalifier.finish();
  expect(events.slice(0, 2)).toEqual([
    ['told', at(1), QUALITY.suspect],
    ['written', QUALITY.suspect],
  ]);
  expect(control.stale.size).toBe(0);
});
