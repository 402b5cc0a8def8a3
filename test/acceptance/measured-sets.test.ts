import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { settledLedger } from '../harness/acknowledged.ts';
import { printFigure } from '../harness/print-figure.ts';
import { runWw } from '../harness/run-ww.ts';
import { forbidLeftServers, startServer } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { sharedData } from '../harness/shared-data.ts';
import { temporaryFolder } from '../harness/temp-dir.ts';

const temporary = temporaryFolder();
forbidLeftServers();

/** Station, datastream, time in UTC and the value in the property's unit, converted by hand; undefined for no reading. */
type Sample = readonly [station: string, datastream: string, time: string, v: number | null | undefined];

interface MeasuredSet {
  readonly name: string;
  readonly file: string;
  /** What the file holds, counted by nothing but the file and its README. */
  readonly count: (rows: readonly string[][]) => Counts;
  readonly samples: readonly Sample[];
}

interface Counts {
  readonly stations: number;
  /** Cells that hold or could hold a reading. */
  readonly cells: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, number>>;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** Counts a table in which every cell of some columns is a reading, and none is excluded. */
function countWide(rows: readonly string[][], stations: number, columns: readonly number[]): Counts {
  const cells = rows.flatMap(row => columns.map(at => row[at]));
  const empty = cells.filter(cell => cell === '').length;
  return { stations, cells: cells.length, excluded: {}, missing: empty === 0 ? {} : { empty } };
}

function columnsFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A row is a flood; the last two columns are lists as long as each other. */
function countFloods(rows: readonly string[][]): Counts {
  const places = new Set<string>();
  const sensors = new Set<string>();
  let cells = 0;
  for (const [, sensor = '', start = '', ...rest] of rows) {
    sensors.add(sensor);
    for (const second of JSON.parse(rest.at(-1) ?? '[]') as number[]) {
      cells += 1;
      places.add(`${sensor} ${Date.parse(`${start}Z`) + second * 1_000}`);
    }
  }
  const excluded = { same_datastream_time_twice: cells - places.size };
  return { stations: sensors.size, cells, excluded, missing: {} };
}

const DAM_SIGNS = new Set(['–', 'NA', 'NaN', '#######', 'Shut down', 'Pumping started']);

/** Storage over percentage has to be the same for every row of a dam, or the columns are not what the header says. */
function countDams(rows: readonly string[][]): Counts {
  const full = new Map<string, number[]>();
  for (const [dam = '', , , , storage = '', percent = ''] of rows) {
    const share = Number(percent.slice(0, -1)) / 100;
    if (percent.endsWith('%') && share > 0.2 && NUMBER.test(storage)) {
      full.set(dam, [...(full.get(dam) ?? []), Number(storage) / share]);
    }
  }
  const medianOf = (dam: string): number => {
    const sorted = (full.get(dam) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const medians = new Map([...full.keys()].map(dam => [dam, medianOf(dam)]));
  const excluded: Record<string, number> = {};
  const missing: Record<string, number> = {};
  const add = (to: Record<string, number>, name: string): void => {
    to[name] = (to[name] ?? 0) + 1;
  };
  const played = new Set<string>();
  for (const [dam = '', , date = '', level = '', storage = '', percent = '', ...flows] of rows) {
    const share = Number(percent.replace('%', '')) / 100;
    const known = NUMBER.test(storage) && NUMBER.test(percent.replace('%', ''));
    const most = medians.get(dam) ?? Number.NaN;
    const fits = Math.abs(share * most - Number(storage)) <= Number(storage) / 10 + most / 100;
    const doubt = known ? (fits ? '' : 'shifted_columns') : 'unverified_columns';
    const isInflow = !/[%t]$/.test(flows[0] ?? '');
    for (const [at, cell] of [level, storage, ...flows].entries()) {
      const own = at === 0 ? '' : at === 1 || doubt !== '' || isInflow ? doubt : 'shifted_columns';
      if (date === '') add(excluded, 'unreadable_time');
      else if (cell !== '' && own !== '') add(excluded, own);
      else if (cell !== '' && !DAM_SIGNS.has(cell) && !NUMBER.test(cell)) add(excluded, 'unparsable_number');
      else if (played.has(`${dam} ${date} ${at}`)) add(excluded, 'same_datastream_time_twice');
      else {
        played.add(`${dam} ${date} ${at}`);
        if (cell === '') add(missing, 'empty');
        else if (!NUMBER.test(cell)) add(missing, 'sentinel');
      }
    }
  }
  return { stations: medians.size, cells: rows.length * 7, excluded, missing };
}

const SETS: readonly MeasuredSet[] = [
  {
    name: 'street floods of New York',
    file: 'street-flood-floodnet-nyc/flood-events-to-2025-09-30.csv.gz',
    count: countFloods,
    samples: [
      // 4.13 in, 1,505 s after 01:41:17.
      ['BK-hoyt-st-5th-st-007sk0', 'ponding_depth', '2020-11-16T02:06:22Z', 0.104902],
      ['BK-hoyt-st-5th-st-007sk0', 'ponding_depth', '2020-11-16T01:41:17Z', 0],
      // 40.87 in, the deepest of all, 7,377 s after 10:24:23.
      ['Q-davenport-ct-1-07zks0', 'ponding_depth', '2022-12-23T12:27:20Z', 1.038098],
    ],
  },
  {
    name: 'water quality of China',
    file: 'water-quality-class-cnemc/cnemc-snapshot-20260204.csv',
    count: rows => countWide(rows, 1_156, columnsFrom(5, 15)),
    samples: [
      // 02-04 10:00 Beijing time.
      ['深圳河口（广东省）', 'dissolved_oxygen', '2026-02-04T02:00:00Z', 5.16],
      ['深圳河口（广东省）', 'conductivity', '2026-02-04T02:00:00Z', 11_200.1],
      ['深圳河口（广东省）', 'total_phosphorus', '2026-02-04T02:00:00Z', 0.19],
      ['深圳河口（广东省）', 'chlorophyll_a', '2026-02-04T02:00:00Z', null],
      ['共和村（广东省）', 'ammonia_nitrogen', '2026-02-04T03:00:00Z', 0.649],
    ],
  },
  {
    name: 'canals of Miami',
    file: 'canal-gates-pumps-sfwmd/miami-canals-hourly-to-2020-04-30.csv.gz',
    count: rows => countWide(rows, 6, columnsFrom(1, 19)),
    samples: [
      // 19:00 Eastern Standard Time; 2.9 ft, 8.11 ft, 1,791.78 ft³/s, 0.50625 in.
      ['SFWMD-S25B', 'water_level.head', '2019-05-06T00:00:00Z', 0.88392],
      ['SFWMD-S25B', 'gate_opening.2', '2019-05-06T00:00:00Z', 2.471928],
      ['SFWMD-S25B', 'discharge.gate', '2019-05-06T00:00:00Z', 50.7375593866],
      ['SFWMD-catchment', 'rainfall', '2019-05-06T00:00:00Z', 12.85875],
      // 630.16 ft³/s.
      ['SFWMD-S25B', 'discharge.pump', '2020-02-20T18:00:00Z', 17.8441440484],
      ['SFWMD-S26', 'discharge.pump', '2018-12-10T17:00:00Z', null],
    ],
  },
  {
    name: 'dams of Kerala',
    file: 'reservoir-kerala/kseb-dams-daily-2020-2026.csv.gz',
    count: countDams,
    samples: [
      // 07:00 Indian Standard Time; 283.320 million m³.
      ['KSEB-Anathode', 'water_level', '2020-08-13T01:30:00Z', 970.3],
      ['KSEB-Anathode', 'storage_volume.live', '2020-08-13T01:30:00Z', 283_320_000],
      ['KSEB-Anathode', 'discharge.powerhouse', '2020-08-13T01:30:00Z', 42.14],
      ['KSEB-Anathode', 'rainfall', '2020-08-13T01:30:00Z', 2],
      ['KSEB-Idukki', 'discharge.inflow', '2022-08-07T01:30:00Z', 445.71],
      // A dash.
      ['KSEB-Anathode', 'discharge.spillway', '2025-06-05T01:30:00Z', null],
      // Gross storage stands where live storage should.
      ['KSEB-Anathode', 'water_level', '2020-09-26T01:30:00Z', 977],
      ['KSEB-Anathode', 'storage_volume.live', '2020-09-26T01:30:00Z', undefined],
    ],
  },
  {
    name: 'the Don in 2007',
    file: 'river-flood-uk/don-hadfields-2007-15min.csv.gz',
    count: rows => countWide(rows, 1, [1, 3]),
    samples: [
      ['don-hadfields-2007-15min', 'water_level', '2007-06-25T18:30:00Z', 4.675],
      ['don-hadfields-2007-15min', 'discharge', '2007-06-25T18:30:00Z', 259],
      ['don-hadfields-2007-15min', 'water_level', '2007-11-21T09:15:00Z', null],
    ],
  },
  {
    name: 'the Swindale in 2009',
    file: 'river-flood-uk/swindale-2009-11-15min.csv',
    count: rows => countWide(rows, 1, [1, 3]),
    samples: [
      ['swindale-2009-11-15min', 'discharge', '2009-11-19T08:00:00Z', 48.3],
      ['swindale-2009-11-15min', 'rainfall', '2009-11-19T04:45:00Z', 2.8],
    ],
  },
];

function rowsOf(path: string): readonly string[][] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim();
  return text
    .split(/\r?\n/)
    .slice(1)
    .map(line => (line.match(/("[^"]*"|[^,]*)(,|$)/g) ?? []).slice(0, line.endsWith(',') ? undefined : -1))
    .map(fields => fields.map(field => field.replace(/,$/, '').replaceAll('"', '')));
}

interface Station {
  readonly id: string;
  readonly name: string;
}

async function stationsOf(server: ServerProcess): Promise<readonly Station[]> {
  const stations: Station[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = (await server.get(`/api/v1/stations?limit=500${after}`)) as {
      items: Station[];
      next: string | null;
    };
    stations.push(...page.items);
    cursor = page.next;
  }
  return stations;
}

describe('the measured sets', () => {
  for (const { name, file, count, samples } of SETS) {
    const path = sharedData(file);
    it.skipIf(path === undefined)(
      `${name} are replayed, stored, accounted for and answered`,
      { timeout: 120_000 },
      async () => {
        const counts = count(rowsOf(path ?? ''));
        const leftOut = Object.values(counts.excluded).reduce((sum, cells) => sum + cells, 0);
        const readings = counts.cells - leftOut;
        const dataDir = temporary.path;
        const server = await startServer({ dataDir });
        const started = performance.now();
        const replay = await runWw(['replay', path ?? '', '--json'], dataDir);
        expect(replay).toMatchObject({ code: 0 });
        const ledger = await settledLedger(server, 60_000);
        const elapsed = performance.now() - started;

        expect(JSON.parse(replay.out)).toMatchObject({
          stations: counts.stations,
          readings: { read: readings, acknowledged: readings },
          excluded: counts.excluded,
          missing: counts.missing,
          skipped: {},
        });
        expect(ledger.balanced).toBe(true);
        expect(ledger.readings).toEqual({
          decoded: readings,
          stored: readings,
          duplicate: 0,
          corrected: 0,
          quarantined: 0,
          rejected: 0,
          inFlight: 0,
        });
        const stations = await stationsOf(server);
        expect(stations).toHaveLength(counts.stations);
        const answered: Sample[] = [];
        for (const [station, datastream, time] of samples) {
          const id = stations.find(one => one.id === station || one.name === station)?.id ?? station;
          const t = Date.parse(time);
          const url = `/api/v1/datastreams/${id}/${datastream}/observations?from=${t}&to=${t + 1}`;
          const { items } = (await server.get(url)) as { items: { v: number | null }[] };
          answered.push([station, datastream, time, items[0]?.v]);
        }
        expect(answered).toEqual(samples);
        printFigure(
          `replay of ${name}: ${readings} readings of ${counts.stations} stations stored in ` +
            `${(elapsed / 1_000).toFixed(1)} s; not played ${JSON.stringify(counts.excluded)}, ` +
            `null ${JSON.stringify(counts.missing)}`,
        );
        expect(await server.stop()).toBe(0);
      },
    );
  }
});
