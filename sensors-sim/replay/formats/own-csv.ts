import { parseDatastreamName } from '../../../domain/model/datastream.ts';
import { isThingId } from '../../../domain/model/identifier.ts';
import { DEVICE_FLAGS } from '../../../domain/model/observation.ts';
import { MINUTE_MS } from '../../../domain/time/instant.ts';
import { isPlainNumber } from '../measured-value.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, refused } from '../row-format.ts';
import type { ReadingOutcome, RecordingFormat } from '../row-format.ts';
import { csvStationTable } from '../station-table.ts';

const COLUMNS = ['station', 'property', 't', 'v', 'flag', 'datum'] as const;
const REQUIRED_COLUMNS = 4;

const STATIONS = csvStationTable('stations', {
  id: 'id',
  name: 'name',
  nameEn: 'name_en',
  latitude: 'latitude',
  longitude: 'longitude',
  basin: 'basin',
  datum: 'datum',
});

/** The documented form: `station,property,t,v` and optionally `flag` and `datum`, in this order. */
export const OWN_CSV: RecordingFormat = {
  title: 'station,property,t,v[,flag][,datum]',
  recognises: header => {
    const expected = COLUMNS.filter((name, at) => at < REQUIRED_COLUMNS || header.includes(name));
    return header.join(',') === expected.join(',');
  },
  open: ({ header }) => ({
    stationTable: STATIONS,
    usualIntervalMs: 15 * MINUTE_MS,
    hasFixedInterval: false,
    repeats: 'send',
    readings: fields => [outcomeOf(fields, header)],
  }),
};

function outcomeOf(fields: readonly string[], header: readonly string[]): ReadingOutcome {
  if (fields.length !== header.length) return columnsProblem(fields, header.length);
  const [station = '', name = '', time = '', value = ''] = fields;
  const flag = fields[header.indexOf('flag')] ?? '';
  const datum = fields[header.indexOf('datum')] ?? '';
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
  const flagged = f === undefined ? {} : { f };
  return { ok: true, reading: { station, ...datastream, ...named, t, v, ...flagged } };
}
