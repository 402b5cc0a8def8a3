import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DAY_MS } from '../../domain/time/instant.ts';
import { cpuMs, residentMiB } from '../process-usage.ts';
import { ReferenceInflux } from '../reference/influxdb.ts';
import { until } from '../wait.ts';
import {
  HISTORY_FROM,
  basinOf,
  batchesOf,
  instantOf,
  lateReadings,
  propertyOf,
  stationOf,
} from './sample.ts';
import type { Block, LateBlock, SampleReading } from './sample.ts';
import type { StoreContender, StoreCost } from './store-contender.ts';

const KILL_AFTER_MS = 300;
/** Longer than the spans after which its configuration lets it compact. */
const QUIET_MS = 40_000;

/** InfluxDB 1.6.7 with the same readings: two fields (value, quality), tags for station, property and basin. */
export class InfluxContender implements StoreContender {
  readonly name = 'InfluxDB 1.6.7';
  readonly #influx: ReferenceInflux;

  private constructor(influx: ReferenceInflux) {
    this.#influx = influx;
  }

  static async start(program: string, folder: string): Promise<InfluxContender> {
    const influx = new ReferenceInflux(program, folder, 'soon');
    await influx.start();
    return new InfluxContender(influx);
  }

  insert(block: Block): Promise<StoreCost> {
    const batches = [...batchesOf(block)];
    return this.#timed(async () => {
      let rows = 0;
      for (const batch of batches) {
        rows += batch.length;
        await this.#influx.write(linesOf(batch));
      }
      return rows;
    });
  }

  late(block: LateBlock): Promise<StoreCost> {
    const readings = lateReadings(block);
    return this.#timed(async () => {
      await this.#influx.write(linesOf(readings));
      return readings.length;
    });
  }

  /** With a bound of two days, without which it would look through everything. */
  latest(): Promise<StoreCost> {
    return this.#asked(
      `SELECT last(value), quality FROM reading WHERE time >= ${HISTORY_FROM + 29 * DAY_MS}ms GROUP BY station, property`,
    );
  }

  day(firstStep: number): Promise<StoreCost> {
    const from = instantOf(firstStep);
    return this.#asked(
      `SELECT value, quality FROM reading WHERE station = '${stationOf(1)}' AND property = '${propertyOf(1)}' ` +
        `AND time >= ${from}ms AND time < ${from + DAY_MS}ms`,
    );
  }

  hourly(): Promise<StoreCost> {
    return this.#asked(
      `SELECT mean(value), max(value) FROM reading WHERE basin = '${basinOf(1)}' AND time >= ${HISTORY_FROM}ms ` +
        `AND time < ${HISTORY_FROM + 30 * DAY_MS}ms GROUP BY time(1h), station, property fill(none)`,
    );
  }

  residentMiB(): number {
    return residentMiB(this.#influx.pid);
  }

  /** Once its write-ahead log is gone and compaction has come to rest. */
  async bytesOnDisk(): Promise<number> {
    let last = -1;
    let sinceMs = performance.now();
    return await until(
      'InfluxDB to finish its compactions',
      async () => {
        const bytes = bytesBelow(this.#influx.folder);
        if (bytes !== last || bytesBelow(join(this.#influx.folder, 'wal')) > 1_024)
          sinceMs = performance.now();
        last = bytes;
        return performance.now() - sinceMs >= QUIET_MS ? bytes : undefined;
      },
      { timeoutMs: 300_000, intervalMs: 1_000 },
    );
  }

  async killAndOpenMs(block: Block): Promise<number> {
    // Nobody hears the end of it.
    void this.insert(block).catch(() => undefined);
    await sleep(KILL_AFTER_MS);
    await this.#influx.stop('SIGKILL');
    const startedMs = performance.now();
    await this.#influx.start();
    await this.day(0);
    return performance.now() - startedMs;
  }

  stop(): Promise<void> {
    return this.#influx.stop();
  }

  #asked(query: string): Promise<StoreCost> {
    return this.#timed(async () => {
      let rows = 0;
      for (const { values } of await this.#influx.query(query)) rows += values.length;
      return rows;
    });
  }

  /** Its client, which writes and reads the text, counts as the client of the embedded store does. */
  async #timed(work: () => Promise<number>): Promise<StoreCost> {
    const own = process.cpuUsage();
    const before = cpuMs(this.#influx.pid);
    const startedMs = performance.now();
    const rows = await work();
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(own);
    return { wallMs, cpuMs: cpuMs(this.#influx.pid) - before + (user + system) / 1_000, rows };
  }
}

function linesOf(readings: readonly SampleReading[]): string {
  return readings
    .map(
      ({ datastream, t, v }) =>
        `reading,basin=${basinOf(datastream)},property=${propertyOf(datastream)},station=${stationOf(datastream)} value=${v},quality=1i ${t}`,
    )
    .join('\n');
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
