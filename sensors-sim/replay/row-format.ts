import { DEVICE_FLAGS } from '../../domain/model/observation.ts';
import type { DeviceFlag } from '../../domain/model/observation.ts';
import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { isThingId } from '../../domain/model/identifier.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import type { RecordingProblem } from './recording.ts';

/** A row that could be read. */
export interface ParsedRow {
  readonly station: ThingId;
  readonly property: string;
  readonly instance?: string;
  /** Tells several unnamed measures of one property at one station apart; becomes the instance where there are some. */
  readonly measure?: string;
  readonly datum?: string;
  readonly t: EpochMs;
  readonly v: number | null | string;
  readonly f?: DeviceFlag;
}

export type RowOutcome =
  | { readonly ok: true; readonly row: ParsedRow }
  | { readonly ok: false; readonly problem: RecordingProblem; readonly detail: string };

/** A kind of table, recognised by its header. */
export interface RowFormat {
  /** Name of the table of stations that may lie beside the file, without `.csv` or `.csv.gz`. */
  readonly stationTable: string;
  /** The column of each field in the table of stations. */
  readonly stationColumns: StationColumns;
  /** How often values are due where the rows themselves do not tell, milliseconds. */
  readonly usualIntervalMs: number;
  /** True where the interval is always the usual one. */
  readonly hasFixedInterval: boolean;
  readonly row: (fields: readonly string[]) => RowOutcome;
}

export interface StationColumns {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly basin?: string;
  readonly datum?: string;
}

/** The format of a header line; `undefined` for one that is not known. */
export function rowFormat(header: readonly string[]): RowFormat | undefined {
  if (header.join(',') === EA_HEADER) return EA_FORMAT;
  return csvFormat(header);
}

const OWN_COLUMNS = ['station', 'property', 't', 'v', 'flag', 'datum'] as const;
const REQUIRED_COLUMNS = 4;

/** The table of docs: `station,property,t,v` and optionally `flag` and `datum`, in this order. */
function csvFormat(header: readonly string[]): RowFormat | undefined {
  if (header.length < REQUIRED_COLUMNS) return undefined;
  const flagAt = header.indexOf('flag');
  const datumAt = header.indexOf('datum');
  const expected = OWN_COLUMNS.filter((name, at) => at < REQUIRED_COLUMNS || header.includes(name));
  if (header.join(',') !== expected.join(',')) return undefined;
  return {
    stationTable: 'stations',
    stationColumns: {
      id: 'id',
      name: 'name',
      nameEn: 'name_en',
      latitude: 'latitude',
      longitude: 'longitude',
      basin: 'basin',
      datum: 'datum',
    },
    usualIntervalMs: 15 * MINUTE_MS,
    hasFixedInterval: false,
    row(fields) {
      if (fields.length !== header.length) return columnsProblem(fields, header.length);
      const [station = '', name = '', time = '', value = ''] = fields;
      const flag = flagAt < 0 ? '' : (fields[flagAt] ?? '');
      const datum = datumAt < 0 ? '' : (fields[datumAt] ?? '');
      if (!isThingId(station)) return refused('station', station);
      const datastream = parseDatastreamName(name);
      if (datastream === undefined) return refused('property', name);
      const t = parseTime(time);
      if (t === undefined) return refused('time', time);
      const v = value === '' ? null : Number(value);
      if (v !== null && !isPlainNumber(value)) return refused('value', value);
      const f = DEVICE_FLAGS.find(known => known === flag);
      if (f === undefined && flag !== '') return refused('flag', flag);
      const named = datum === '' ? {} : { datum };
      return { ok: true, row: { station, ...datastream, ...named, t, v, ...(f === undefined ? {} : { f }) } };
    },
  };
}

const EA_HEADER = 'dateTime,stationReference,parameter,qualifier,unitName,value';
const EA_COLUMNS = 6;

interface EaUnit {
  readonly property: string;
  readonly datum?: string;
  /** Decimal exponent to the property's unit. */
  readonly exponent: number;
}

/** By parameter and unit. */
const EA_UNITS: Readonly<Record<string, EaUnit>> = {
  'level/mAOD': { property: 'water_level', datum: 'Ordnance Datum Newlyn', exponent: 0 },
  'level/mASD': { property: 'water_level', datum: 'station datum', exponent: 0 },
  'level/m': { property: 'water_level', datum: 'local stage datum', exponent: 0 },
  'level/mm': { property: 'water_level', datum: 'local stage datum', exponent: -3 },
  'rainfall/mm': { property: 'rainfall', exponent: 0 },
};

/**
 * The daily files of the Environment Agency's telemetry. A value that is no number goes through as text, since the
 * station did report something: the server has to judge it.
 */
const EA_FORMAT: RowFormat = {
  stationTable: 'ea-stations',
  stationColumns: {
    id: 'stationReference',
    name: 'stationName',
    latitude: 'latitude',
    longitude: 'longitude',
  },
  usualIntervalMs: 15 * MINUTE_MS,
  hasFixedInterval: true,
  row(fields) {
    if (fields.length !== EA_COLUMNS) return columnsProblem(fields, EA_COLUMNS);
    const [time = '', station = '', parameter = '', qualifier = '', unit = '', value = ''] = fields;
    if (!isThingId(station)) return refused('station', station);
    const t = parseTime(time);
    if (t === undefined) return refused('time', time);
    const known = EA_UNITS[`${parameter}/${unit}`];
    if (known === undefined) return refused('unit', `${parameter} in ${unit}`);
    const { property, datum, exponent } = known;
    const measure = `${qualifier}-${unit}`;
    const named = datum === undefined ? {} : { datum };
    return { ok: true, row: { station, property, measure, ...named, t, v: eaValue(value, exponent) } };
  },
};

/** Shifts the decimal point in the text, so that millimetres lose nothing to binary division. */
function eaValue(text: string, exponent: number): number | null | string {
  if (text === '') return null;
  return isPlainNumber(text) ? Number(exponent === 0 ? text : `${text}e${exponent}`) : text;
}

function isPlainNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) && Number.isFinite(Number(text));
}

const ISO_WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
const EPOCH_MS = /^-?\d{1,15}$/;

function parseTime(text: string): EpochMs | undefined {
  if (EPOCH_MS.test(text)) return epochMs(Number(text));
  if (!ISO_WITH_ZONE.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : epochMs(parsed);
}

/** The datum is required for these. */
export function needsDatum(property: string): boolean {
  return OBSERVED_PROPERTIES.get(property)?.needsDatum ?? false;
}

function columnsProblem(fields: readonly string[], expected: number): RowOutcome {
  return { ok: false, problem: 'columns', detail: `${fields.length} fields instead of ${expected}` };
}

function refused(problem: RecordingProblem, text: string): RowOutcome {
  return { ok: false, problem, detail: JSON.stringify(text.slice(0, 100)) };
}
