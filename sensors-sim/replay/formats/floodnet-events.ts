import { MINUTE_MS, SECOND_MS, epochMs } from '../../../domain/time/instant.ts';
import type { EpochMs } from '../../../domain/time/instant.ts';
import { asciiId } from '../ascii-id.ts';
import { converted } from '../measured-value.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { ReadingOutcome, RecordingFormat } from '../row-format.ts';
import { csvStationTable } from '../station-table.ts';
import { METRES_PER_INCH } from '../unit-factors.ts';

/** The columns between are derived from the curve and not played. */
const HEADER = [
  'sensor_name',
  'sensor_id',
  'flood_start_time',
  'flood_end_time',
  'max_depth_inches',
  'onset_time_mins',
  'drain_time_mins',
  'duration_mins',
  'duration_above_4_inches_mins',
  'duration_above_12_inches_mins',
  'duration_above_24_inches_mins',
  'flood_profile_depth_inches',
  'flood_profile_time_secs',
];

const STATIONS = csvStationTable(
  'sensor-metadata',
  { id: 'sensor_id', name: 'sensor_name', latitude: 'latitude', longitude: 'longitude' },
  text => asciiId(text) ?? text,
);

/**
 * Street floods of FloodNet, New York City: a row is one flood of one sensor with its curve, a list of depths in inches
 * and a list of seconds after the start. Between two floods a sensor has no rows.
 */
export const FLOODNET_EVENTS: RecordingFormat = {
  title: 'flood events of FloodNet (New York City)',
  recognises: hasColumns(HEADER),
  open: () => ({
    stationTable: STATIONS,
    // The median step of the curves is 63 s.
    usualIntervalMs: MINUTE_MS,
    hasFixedInterval: true,
    repeats: 'exclude',
    readings: outcomesOf,
  }),
};

function outcomesOf(fields: readonly string[]): readonly ReadingOutcome[] {
  if (fields.length !== HEADER.length) return [columnsProblem(fields, HEADER.length)];
  const [stationName = '', sensor = '', start = ''] = fields;
  const station = asciiId(sensor);
  if (station === undefined) return [refused('station', sensor)];
  // The file names no zone; the peaks of known storms show that it is UTC.
  const from = parseTime(`${start}Z`);
  if (from === undefined) return [refused('time', start)];
  const depths = numbersOf(fields[11]);
  const seconds = numbersOf(fields[12]);
  if (depths === undefined || seconds?.length !== depths.length) return [refused('curve', fields[11] ?? '')];
  return depths.map((inches, at): ReadingOutcome => {
    const v = converted(inches, METRES_PER_INCH);
    const t = timeAfter(from, seconds[at] ?? 0);
    return { ok: true, reading: { station, stationName, property: 'ponding_depth', t, v } };
  });
}

function timeAfter(from: EpochMs, seconds: number): EpochMs {
  return epochMs(from + Math.round(seconds * SECOND_MS));
}

/** A JSON list of finite numbers; `undefined` for anything else. */
function numbersOf(text = ''): readonly number[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  const items: readonly unknown[] = list;
  const numbers = items.filter((item): item is number => Number.isFinite(item));
  return numbers.length === items.length ? numbers : undefined;
}
