import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from '../child-program.ts';
import type { BenchPart, FigureTable, PartContext, PartReport } from '../part.ts';
import { median, medianRatio, rounded } from '../statistics.ts';
import { DuckdbContender } from '../store/duckdb-contender.ts';
import { InfluxContender } from '../store/influx-contender.ts';
import { DISTRICT_DATASTREAMS, STEPS_A_DAY } from '../store/sample.ts';
import type { StoreContender, StoreCost } from '../store/store-contender.ts';

const SLICES = 6;
const REPEATS = 7;
const HISTORY_DAYS = 30;
const HOURLY_TARGET_MS = 200;

type Row = FigureTable['rows'][number];

/** The embedded store through its port, beside InfluxDB with the same readings. */
export const store: BenchPart = {
  name: 'store',
  summary: 'the embedded store: insert, latest, raw, hourly, late merges, size, open; beside InfluxDB',
  run: async context => {
    const folder = join(context.folder, 'store');
    mkdirSync(folder);
    const contenders: StoreContender[] = [await DuckdbContender.start(folder)];
    const influxd = findProgram('influxd');
    if (influxd !== undefined) contenders.push(await InfluxContender.start(influxd, context.folder));
    try {
      return await new StoreBench(context, contenders).run();
    } finally {
      for (const contender of contenders) await contender.stop();
    }
  },
};

class StoreBench {
  readonly #context: PartContext;
  readonly #contenders: readonly StoreContender[];
  readonly #fleet: number;
  #step = HISTORY_DAYS * STEPS_A_DAY;
  #stored = 0;
  #late = 0;
  readonly #lines: Row[] = [];

  constructor(context: PartContext, contenders: readonly StoreContender[]) {
    this.#context = context;
    this.#contenders = contenders;
    this.#fleet = context.quick ? 2_000 : 10_000;
  }

  async run(): Promise<PartReport> {
    const { quick, say } = this.#context;
    await this.#insertHistory();
    await this.#insertFleet('fleet, batches of 10,000', 10_000, quick ? 24 : STEPS_A_DAY);
    await this.#insertFleet('fleet, batches of 1,000', 1_000, quick ? 6 : 30);
    say('store: queries');
    const firstOfFleet = HISTORY_DAYS * STEPS_A_DAY;
    const fleet = this.#fleet.toLocaleString('en-US');
    await this.#queries(`latest of ${fleet} datastreams`, contender => contender.latest());
    await this.#queries('one datastream, one day raw', contender =>
      contender.day(firstOfFleet - STEPS_A_DAY),
    );
    const hourly = await this.#queries(`${DISTRICT_DATASTREAMS} datastreams x 30 days hourly`, contender =>
      contender.hourly(),
    );
    say('store: late merges');
    for (const [rows, days] of [
      [50, 1],
      [10_000, 1],
      [10_000, 10],
    ] as const) {
      await this.#merges(rows, days);
    }
    const memory = this.#contenders.map(contender => contender.residentMiB());
    say('store: size and open after kill -9');
    const bytes = await this.#forEach(contender => contender.bytesOnDisk());
    const opened = await this.#openAfterKill();
    return {
      tables: [
        {
          title:
            'Rates and spans, medians; CPU of store and client together; ratios of the medians slice by slice',
          columns: ['what', 'rows', 'store', 'ms', 'CPU µs/row', 'krows/s', 'time ratio', 'CPU ratio'],
          rows: this.#lines,
        },
        {
          title: 'Size and start',
          columns: ['store', 'readings', 'bytes/reading', 'resident MiB', 'open after kill -9, ms'],
          rows: this.#contenders.map(({ name }, index) => [
            name,
            this.#stored,
            (bytes[index] ?? Number.NaN) / this.#stored,
            memory[index],
            opened[index],
          ]),
        },
      ],
      targets: [
        {
          target: `${DISTRICT_DATASTREAMS} series x 30 days to hourly in at most ${HOURLY_TARGET_MS} ms`,
          measured: `${rounded(hourly)} ms`,
          met: hourly <= HOURLY_TARGET_MS,
        },
      ],
      notes: [
        'A row of the embedded store holds value, flags, source, sent, received and journal position, and the ledger',
        'goes with it; every batch is one durable transaction. InfluxDB holds value and quality. Late rows cost it',
        'little when they come and much when it compacts, which is not counted. Open: from the start of the process',
        'to the first answer.',
        ...(this.#contenders.length > 1 ? [] : ['SKIPPED: InfluxDB 1.6.7 is not installed.']),
      ],
    };
  }

  async #insertHistory(): Promise<void> {
    const steps = (HISTORY_DAYS * STEPS_A_DAY) / SLICES;
    await this.#slices(`${DISTRICT_DATASTREAMS} datastreams x 30 days, batches of 10,000`, slice => ({
      datastreams: DISTRICT_DATASTREAMS,
      firstStep: slice * steps,
      steps,
      batchReadings: 10_000,
    }));
  }

  async #insertFleet(label: string, batchReadings: number, steps: number): Promise<void> {
    const first = this.#step;
    this.#step += steps;
    await this.#slices(`insert: ${label}`, slice => ({
      datastreams: this.#fleet,
      firstStep: first + (slice * steps) / SLICES,
      steps: steps / SLICES,
      batchReadings,
    }));
  }

  async #slices(
    label: string,
    blockOf: (slice: number) => Parameters<StoreContender['insert']>[0],
  ): Promise<void> {
    this.#context.say(`store: ${label}`);
    const costs: StoreCost[][] = this.#contenders.map(() => []);
    for (let slice = 0; slice < SLICES; slice++) {
      for (const [index, contender] of this.#contenders.entries()) {
        costs[index]?.push(await contender.insert(blockOf(slice)));
      }
    }
    this.#stored += costs[0]?.reduce((sum, { rows }) => sum + rows, 0) ?? 0;
    this.#addLines(label, costs);
  }

  /** Answers the median span of the embedded store, milliseconds. */
  async #queries(label: string, ask: (contender: StoreContender) => Promise<StoreCost>): Promise<number> {
    // The first answer fills caches on both sides.
    await this.#forEach(ask);
    const costs: StoreCost[][] = this.#contenders.map(() => []);
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [index, contender] of this.#contenders.entries()) costs[index]?.push(await ask(contender));
    }
    this.#addLines(label, costs);
    return median(costs[0]?.map(({ wallMs }) => wallMs) ?? []);
  }

  async #merges(rows: number, days: number): Promise<void> {
    const costs: StoreCost[][] = this.#contenders.map(() => []);
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      this.#late += 1;
      const block = { rows, days, offsetMs: this.#late * 1_000 };
      for (const [index, contender] of this.#contenders.entries()) {
        costs[index]?.push(await contender.late(block));
      }
      this.#stored += rows;
    }
    this.#addLines(`late merge: ${rows} rows over ${days} ${days === 1 ? 'day' : 'days'}`, costs);
  }

  async #openAfterKill(): Promise<readonly number[]> {
    const spans: number[][] = this.#contenders.map(() => []);
    for (let round = 0; round < (this.#context.quick ? 1 : 3); round++) {
      const block = { datastreams: this.#fleet, firstStep: this.#step, steps: 24, batchReadings: 10_000 };
      this.#step += block.steps;
      for (const [index, contender] of this.#contenders.entries()) {
        spans[index]?.push(await contender.killAndOpenMs(block));
      }
    }
    return spans.map(median);
  }

  #addLines(label: string, costs: readonly (readonly StoreCost[])[]): void {
    for (const [index, { name }] of this.#contenders.entries()) {
      const mine = costs[index] ?? [];
      const reference = costs[1] ?? [];
      const rows = median(mine.map(cost => cost.rows));
      const ms = median(mine.map(({ wallMs }) => wallMs));
      this.#lines.push([
        index === 0 ? label : '',
        rows,
        name,
        ms,
        (median(mine.map(({ cpuMs }) => cpuMs)) * 1_000) / rows,
        rows / ms,
        index === 0 ? ratioOf(mine, reference, 'wallMs') : undefined,
        index === 0 ? ratioOf(mine, reference, 'cpuMs') : undefined,
      ]);
    }
  }

  async #forEach<Answer>(ask: (contender: StoreContender) => Promise<Answer>): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const contender of this.#contenders) answers.push(await ask(contender));
    return answers;
  }
}

function ratioOf(
  mine: readonly StoreCost[],
  reference: readonly StoreCost[],
  field: 'wallMs' | 'cpuMs',
): number {
  return medianRatio(
    mine.map(cost => cost[field]),
    reference.map(cost => cost[field]),
  );
}
