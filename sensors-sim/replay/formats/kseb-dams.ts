import { readFile } from 'node:fs/promises';

import { DAY_MS } from '../../../domain/time/instant.ts';
import { asciiId } from '../ascii-id.ts';
import { cellOutcome } from '../measured-column.ts';
import type { MeasuredColumn } from '../measured-column.ts';
import { isPlainNumber } from '../measured-value.ts';
import { parseTime } from '../recorded-time.ts';
import type { Exclusion } from '../recording.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { ReadingOutcome, RecordingFormat } from '../row-format.ts';
import type { StationRow } from '../station-table.ts';
import { CUBIC_METRES_PER_MCM } from '../unit-factors.ts';

/** The operator writes these where there is no value: a dash, `NA`, a full cell of a spreadsheet, a state of the plant. */
const SENTINELS: ReadonlySet<string> = new Set(['–', 'NA', 'NaN', '#######', 'Shut down', 'Pumping started']);

/** The report names no datum; the figures are the heights of the valleys. */
const LEVEL: MeasuredColumn = {
  property: 'water_level',
  datum: 'mean sea level (assumed)',
  sentinels: SENTINELS,
};
const STORAGE: MeasuredColumn = {
  property: 'storage_volume',
  instance: 'live',
  factor: CUBIC_METRES_PER_MCM,
  sentinels: SENTINELS,
};
/** In the order of the file, after the percentage. Rain is that of the 24 hours before the report. */
const FLOWS: readonly MeasuredColumn[] = [
  { property: 'discharge', instance: 'inflow', sentinels: SENTINELS },
  { property: 'discharge', instance: 'powerhouse', sentinels: SENTINELS },
  { property: 'discharge', instance: 'spillway', sentinels: SENTINELS },
  { property: 'discharge', instance: 'total_outflow', sentinels: SENTINELS },
  { property: 'rainfall', sentinels: SENTINELS },
];
const READINGS_OF_A_ROW = 2 + FLOWS.length;

const HEADER = [
  'dam',
  'date_raw',
  'date',
  'water_level_m',
  'live_storage_mcm',
  'storage_pct',
  'inflow_m3s',
  'powerhouse_discharge_m3s',
  'spillway_release_m3s',
  'total_outflow_m3s',
  'rainfall_mm',
];

/**
 * Live storage that the operator's percentages refer to, million m³: the median of storage / percentage over the rows
 * of the file whose percentage carries a percent sign. The table of dams beside the file has other figures.
 */
const FULL_STORAGE_MCM: ReadonlyMap<string, number> = new Map([
  ['Anathode', 446.5],
  ['Anayirankal', 49.83],
  ['Banasura Sagar', 201],
  ['Chenkulam', 0.39],
  ['Erattayar', 5.29],
  ['Idamalayar', 1_017.8],
  ['Idukki', 1_459.5],
  ['Kakkayam', 33.98],
  ['Kallar', 0.763],
  ['Kallarkutty', 6.43],
  ['Kundala', 7.65],
  ['Mattupetty', 54.77],
  ['Moozhiyar', 1.16],
  ['Pamba', 31.15],
  ['Pambla', 4.55],
  ['Ponmudi', 47.4],
  ['Poringalkuthu', 30.3],
  ['Sholayar', 149.1],
]);

/**
 * Daily reports of the dams of the Kerala State Electricity Board, read off its web site by a program that took some
 * columns for others. Of a row whose storage and percentage disagree only the level is played.
 */
export const KSEB_DAMS: RecordingFormat = {
  title: 'daily reports of the dams of Kerala (KSEB)',
  recognises: hasColumns(HEADER),
  open: () => ({
    stationTable: { files: ['dam-levels.json'], read: readDams },
    usualIntervalMs: DAY_MS,
    hasFixedInterval: true,
    repeats: 'exclude',
    readings: outcomesOf,
  }),
};

function outcomesOf(fields: readonly string[]): readonly ReadingOutcome[] {
  if (fields.length !== HEADER.length) return [columnsProblem(fields, HEADER.length)];
  const [dam = '', , date = '', level = '', storage = '', percent = '', ...flows] = fields;
  const full = FULL_STORAGE_MCM.get(dam);
  const station = idOf(dam);
  if (full === undefined || station === undefined) return [refused('station', dam)];
  // The report is of 07:00 Indian Standard Time.
  const t = parseTime(`${date}T07:00+05:30`);
  if (t === undefined) return Array.from({ length: READINGS_OF_A_ROW }, () => excluded('unreadable_time'));
  const place = { station, stationName: dam, t };
  const doubt = doubtOfStorage(storage, percent, full);
  const outcomes = [
    cellOutcome(level, LEVEL, place),
    doubt === undefined || storage === '' ? cellOutcome(storage, STORAGE, place) : excluded(doubt),
  ];
  const doubtOfFlows = doubt ?? doubtOfInflow(flows[0] ?? '');
  for (const [at, column] of FLOWS.entries()) {
    const text = flows[at] ?? '';
    // An empty cell is no value under whatever column.
    const isHeld = doubtOfFlows === undefined || text === '';
    outcomes.push(isHeld ? cellOutcome(text, column, place) : excluded(doubtOfFlows));
  }
  return outcomes;
}

/** Share of the storage, and of the full storage, by which a rounded percentage may be off. */
const STORAGE_TOLERANCE = 0.1;
const FULL_STORAGE_TOLERANCE = 0.01;

/** In some months the report had columns for gross storage and for the year before, which stand under the next ones. */
function doubtOfStorage(storage: string, percentText: string, full: number): Exclusion | undefined {
  const percent = percentText.replace(/%$/, '');
  if (!isPlainNumber(storage) || !isPlainNumber(percent)) return 'unverified_columns';
  const held = Number(storage);
  const difference = Math.abs((Number(percent) / 100) * full - held);
  const agrees = difference <= STORAGE_TOLERANCE * held + FULL_STORAGE_TOLERANCE * full;
  return agrees ? undefined : 'shifted_columns';
}

/** On some days the percentage of the year before, or a level in feet, stands where the inflow should. */
function doubtOfInflow(inflow: string): Exclusion | undefined {
  return /(%|ft)$/.test(inflow) ? 'shifted_columns' : undefined;
}

function excluded(exclusion: Exclusion): ReadingOutcome {
  return { ok: false, exclusion };
}

function idOf(dam: string) {
  return asciiId(`KSEB-${dam}`);
}

/** The alert levels of this table are those of its last day; older days must not be judged by them. */
async function readDams(
  path: string,
  tell: (line: number, detail: string) => void,
): Promise<ReadonlyMap<string, StationRow>> {
  const rows = new Map<string, StationRow>();
  const dams: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof dams !== 'object' || dams === null) {
    tell(1, 'it is no object of dams');
    return rows;
  }
  for (const [dam, facts] of Object.entries(dams as Readonly<Record<string, unknown>>)) {
    const id = idOf(dam);
    const { officialName, latitude, longitude } = (facts ?? {}) as Readonly<Record<string, unknown>>;
    if (
      id === undefined ||
      typeof officialName !== 'string' ||
      typeof latitude !== 'number' ||
      typeof longitude !== 'number'
    ) {
      tell(1, `${dam} has no name or no place`);
      continue;
    }
    rows.set(id, { name: officialName, latitude, longitude });
  }
  return rows;
}
