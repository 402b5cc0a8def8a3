import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** One series of a labelled set; readings in the file's order. */
export interface LabelledSeries {
  readonly name: string;
  /** What it measures, as an observed property; undefined where there is none for it. */
  readonly property: string | undefined;
  readonly intervalMs: number;
  readonly readings: readonly LabelledReading[];
}

export interface LabelledReading {
  readonly t: number;
  /** In the property's unit; null where it is missing. */
  readonly v: number | null;
  /** The kind of fault, in the words of the set; undefined for a good reading. */
  readonly fault: string | undefined;
}

/** Rows of a compressed table as records by column. */
function readTable(path: string, separator = ','): readonly Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split(/\r?\n/);
  const columns = header.split(separator);
  return lines.map(line => {
    const cells = line.split(separator);
    return Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
  });
}

function numberOf(cell: string | undefined): number | null {
  const v = cell === undefined || cell === '' || cell === '-9999' ? Number.NaN : Number(cell);
  return Number.isNaN(v) || v === -9999 ? null : v;
}

const LOGAN = {
  temp: { property: 'water_temperature', factor: 1 },
  cond: { property: 'conductivity', factor: 1 },
  ph: { property: 'ph', factor: 1 },
  do: { property: 'dissolved_oxygen', factor: 1 },
  turb: { property: 'turbidity', factor: 1 },
  // Centimetres in the file.
  stage: { property: 'water_level', factor: 0.01 },
} as const;

/** One file of the Logan River set: six sensors each 15 min, local time without daylight saving. */
export function loganSeries(path: string, site: string): readonly LabelledSeries[] {
  const rows = readTable(path);
  return Object.entries(LOGAN).map(([column, { property, factor }]) => ({
    name: `${site} ${column}`,
    property,
    intervalMs: 15 * 60_000,
    readings: rows.map(row => {
      const v = numberOf(row[column]);
      const code = row[`${column}_qual`];
      return {
        t: Date.parse(`${(row['datetime'] ?? '').slice(0, 16).replace(' ', 'T')}:00-07:00`),
        v: v === null ? null : v * factor,
        fault: code === 'NULL' ? undefined : `code ${code}`,
      };
    }),
  }));
}

const QUEENSLAND_FAULTS: Readonly<Record<string, string>> = {
  A: 'A sudden large spike',
  B: 'B low variability',
  C: 'C constant offset',
  D: 'D sudden shift',
  E: 'E high variability',
  F: 'F impossible value',
  G: 'G out of sensor range',
  H: 'H drift',
  I: 'I cluster of spikes',
  J: 'J small spike',
  K: 'K missing',
  L: 'L other',
};

const QUEENSLAND = {
  level: { column: 'level_m', property: 'water_level' },
  cond: { column: 'cond_us_cm', property: 'conductivity' },
  turb: { column: 'turb_ntu', property: 'turbidity' },
} as const;

/** One file of the Queensland set: three sensors about each 90 min. */
export function queenslandSeries(path: string, site: string): readonly LabelledSeries[] {
  const rows = readTable(path);
  return Object.entries(QUEENSLAND).map(([name, { column, property }]) => ({
    name: `${site} ${name}`,
    property,
    intervalMs: 90 * 60_000,
    readings: rows.map(row => ({
      t: Date.parse(`${row['time']}Z`),
      v: numberOf(row[column]),
      fault: row[`${name}_label`] === '1' ? QUEENSLAND_FAULTS[row[`${name}_type`] ?? ''] : undefined,
    })),
  }));
}

const PUMP_CHANNELS = [
  'Accelerometer1RMS',
  'Accelerometer2RMS',
  'Current',
  'Pressure',
  'Temperature',
  'Thermocouple',
  'Voltage',
  'Volume Flow RateRMS',
] as const;

/** One run of the pump test bed: eight channels each second, labelled together. */
export function pumpSeries(path: string, fault: string): readonly LabelledSeries[] {
  const rows = readTable(path, ';');
  return PUMP_CHANNELS.map(channel => ({
    name: channel,
    property: undefined,
    intervalMs: 1_000,
    readings: rows.map(row => ({
      t: Date.parse(`${(row['datetime'] ?? '').replace(' ', 'T')}Z`),
      v: numberOf(row[channel]),
      fault: Number(row['anomaly'] ?? 0) === 1 ? fault : undefined,
    })),
  }));
}
