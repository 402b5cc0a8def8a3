import { isThingId } from '../../../domain/model/identifier.ts';
import { MINUTE_MS } from '../../../domain/time/instant.ts';
import { isPlainNumber } from '../measured-value.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { ReadingOutcome, RecordingFormat } from '../row-format.ts';
import { csvStationTable } from '../station-table.ts';

const HEADER = ['dateTime', 'stationReference', 'parameter', 'qualifier', 'unitName', 'value'];

interface EaUnit {
  readonly property: string;
  readonly datum?: string;
  /** Decimal exponent to the property's unit. */
  readonly exponent: number;
}

/** By parameter and unit. */
const UNITS: Readonly<Record<string, EaUnit>> = {
  'level/mAOD': { property: 'water_level', datum: 'Ordnance Datum Newlyn', exponent: 0 },
  'level/mASD': { property: 'water_level', datum: 'station datum', exponent: 0 },
  'level/m': { property: 'water_level', datum: 'local stage datum', exponent: 0 },
  'level/mm': { property: 'water_level', datum: 'local stage datum', exponent: -3 },
  'rainfall/mm': { property: 'rainfall', exponent: 0 },
};

const STATIONS = csvStationTable('ea-stations', {
  id: 'stationReference',
  name: 'stationName',
  latitude: 'latitude',
  longitude: 'longitude',
});

/**
 * The daily files of the Environment Agency's telemetry. A value that is no number goes through as text, since the
 * station did report something: the server has to judge it.
 */
export const EA_DAY: RecordingFormat = {
  title: 'a day of the Environment Agency (England)',
  recognises: hasColumns(HEADER),
  open: () => ({
    stationTable: STATIONS,
    usualIntervalMs: 15 * MINUTE_MS,
    hasFixedInterval: true,
    repeats: 'send',
    readings: fields => [outcomeOf(fields)],
  }),
};

function outcomeOf(fields: readonly string[]): ReadingOutcome {
  if (fields.length !== HEADER.length) return columnsProblem(fields, HEADER.length);
  const [time = '', station = '', parameter = '', qualifier = '', unit = '', value = ''] = fields;
  if (!isThingId(station)) return refused('station', station);
  const t = parseTime(time);
  if (t === undefined) return refused('time', time);
  const known = UNITS[`${parameter}/${unit}`];
  if (known === undefined) return refused('unit', `${parameter} in ${unit}`);
  const { property, datum, exponent } = known;
  const measure = `${qualifier}-${unit}`;
  const named = datum === undefined ? {} : { datum };
  return { ok: true, reading: { station, property, measure, ...named, t, v: valueOf(value, exponent) } };
}

/** Shifts the decimal point in the text, so that millimetres lose nothing to binary division. */
function valueOf(text: string, exponent: number): number | null | string {
  if (text === '') return null;
  return isPlainNumber(text) ? Number(exponent === 0 ? text : `${text}e${exponent}`) : text;
}
