import type { ReadingColumns, StoreBatch, TelemetryStore } from '../../domain/ports/telemetry-store.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import { DAY_MS, durationMs, later } from '../../domain/time/instant.ts';
import { ReadingBuffer } from '../../ingest/reading-buffer.ts';
import { SYSTEM_CLOCK } from '../../server/system-clock.ts';
import { DuckdbTelemetry } from '../../storage/duckdb/telemetry-client.ts';
import { createTelemetryStore } from '../../storage/duckdb/telemetry-store.ts';
import type { TelemetryStoreClient } from '../../storage/duckdb/telemetry-store.ts';
import { answerParent } from '../child-program.ts';
import { epochMs } from '../../domain/time/instant.ts';
import type { DuckdbRequest } from './duckdb-contender.ts';
import {
  DISTRICT_DATASTREAMS,
  HISTORY_FROM,
  batchesOf,
  instantOf,
  lateReadings,
  propertyOf,
  stationOf,
} from './sample.ts';
import type { SampleReading } from './sample.ts';
import type { StoreCost } from './store-contender.ts';

let telemetry: DuckdbTelemetry | undefined;
let store: TelemetryStoreClient | undefined;
let position = 0;
let known = 0;
/** By first station and length: batches of one shape have equal increments. */
const ledgers = new Map<string, StoreBatch['ledger']>();

async function open(directory: string): Promise<object> {
  telemetry = new DuckdbTelemetry({ directory });
  await telemetry.start();
  store = createTelemetryStore(telemetry.openStore());
  const { datastreams } = await store.resume();
  known = datastreams.length;
  // Far above what a run uses, so that no position comes twice after a kill.
  position = SYSTEM_CLOCK.now();
  return {};
}

async function close(): Promise<object> {
  store?.close();
  await telemetry?.stop();
  return {};
}

function opened(): TelemetryStore {
  if (store === undefined) throw new Error('The store is not open.');
  return store;
}

/** As ingest would hand it over: one message for each reading, its station's counts beside it. */
function batchOf(readings: readonly SampleReading[]): StoreBatch {
  const newDatastreams: StoreBatch['newDatastreams'][number][] = [];
  for (const { datastream } of readings) {
    if (datastream <= known) continue;
    known = datastream;
    newDatastreams.push({
      id: datastream,
      station: stationOf(datastream),
      property: propertyOf(datastream),
    });
  }
  return {
    readings: columnsOf(readings),
    newDatastreams,
    ledger: ledgerOf(readings),
    quarantined: [],
    released: [],
    held: [],
    unheld: [],
    cursors: { live: position },
  };
}

function columnsOf(readings: readonly SampleReading[]): ReadingColumns {
  const buffer = new ReadingBuffer();
  for (const { datastream, t, v } of readings) {
    position += 1;
    buffer.add({
      datastream,
      t,
      v,
      quality: QUALITY.good,
      deviceFlag: NORMAL_FLAG,
      source: SOURCE_RANK.device,
      sent: later(t, durationMs(1_000)),
      received: later(t, durationMs(1_050 + (position % 97))),
      position,
    });
  }
  return buffer.take();
}

function ledgerOf(readings: readonly SampleReading[]): StoreBatch['ledger'] {
  const key = `${readings[0]?.datastream}/${readings.at(-1)?.datastream}/${readings.length}`;
  const cached = ledgers.get(key);
  if (cached !== undefined) return cached;
  const counts = new Map<string, number>();
  for (const { datastream } of readings) {
    const station = stationOf(datastream);
    counts.set(station, (counts.get(station) ?? 0) + 1);
  }
  const ledger = [...counts].map(([station, count]) => ({
    station,
    messagesDecoded: count,
    messagesQuarantined: 0,
    readingsDecoded: count,
    readingsQuarantined: 0,
    readingsRejected: 0,
  }));
  ledgers.set(key, ledger);
  return ledger;
}

async function append(batches: readonly StoreBatch[]): Promise<StoreCost> {
  return await timed(async () => {
    let rows = 0;
    for (const batch of batches) {
      rows += batch.readings.count;
      await Promise.all([opened().append(batch), opened().flush()]);
    }
    return rows;
  });
}

async function timed(work: () => Promise<number>): Promise<StoreCost> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const rows = await work();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000, rows };
}

async function answer(request: DuckdbRequest): Promise<object> {
  switch (request.kind) {
    case 'open':
      return await open(request.directory);
    case 'close':
      return await close();
    case 'insert':
      return await append([...batchesOf(request.block)].map(batchOf));
    case 'late':
      return await append([batchOf(lateReadings(request.block))]);
    case 'latest':
      return await timed(async () => (await opened().latest()).length);
    case 'day': {
      const from = instantOf(request.firstStep);
      const query = { datastream: 1, from, to: later(from, DAY_MS), limit: 50_000 };
      return await timed(async () => (await opened().range(query)).length);
    }
    case 'hourly': {
      const datastreams = Array.from({ length: DISTRICT_DATASTREAMS }, (_, index) => index + 1);
      return await timed(async () => {
        const rows = await opened().aggregate({
          datastreams,
          from: HISTORY_FROM,
          to: epochMs(HISTORY_FROM + 30 * DAY_MS),
          bucket: '1h',
          aggregates: ['mean', 'max'],
          limit: 1_000_000,
        });
        return rows.length;
      });
    }
  }
}

answerParent(answer);
