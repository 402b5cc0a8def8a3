import { createHash } from 'node:crypto';

import { AppError } from '../../../domain/errors.ts';
import type { ThingId } from '../../../domain/model/identifier.ts';
import { HOUR_MS } from '../../../domain/time/instant.ts';
import type { EpochMs } from '../../../domain/time/instant.ts';
import { cellOutcome } from '../measured-column.ts';
import type { MeasuredColumn } from '../measured-column.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { FileHead, ReadingOutcome, RecordingFormat } from '../row-format.ts';

/** What stands before the values: province, basin, section, time, official class. The class is a judgement, not a reading. */
const LEADING = ['province', 'basin', 'section', 'time_mmdd_hhmm', 'official_class'] as const;

/** The page writes `--` where a section has no value; the file writes nothing. Units are those of the properties. */
const SENTINELS: ReadonlySet<string> = new Set(['--']);
const COLUMNS = new Map<string, MeasuredColumn>(
  (
    [
      ['water_temp_c', 'water_temperature'],
      ['ph', 'ph'],
      ['do_mg_l', 'dissolved_oxygen'],
      ['conductivity_us_cm', 'conductivity'],
      ['turbidity_ntu', 'turbidity'],
      ['codmn_mg_l', 'permanganate_index'],
      ['nh3n_mg_l', 'ammonia_nitrogen'],
      ['tp_mg_l', 'total_phosphorus'],
      ['tn_mg_l', 'total_nitrogen'],
      ['chla_mg_l', 'chlorophyll_a'],
      ['algae_cells_l', 'algal_density'],
    ] as const
  ).map(([name, property]) => [name, { property, sentinels: SENTINELS }]),
);
const HEADER = [...LEADING, ...COLUMNS.keys()];

/** The national page of automatic water-quality sections (China National Environmental Monitoring Centre). */
export const CNEMC_SNAPSHOT: RecordingFormat = {
  title: 'a snapshot of the national surface-water sections of China (CNEMC)',
  recognises: hasColumns(HEADER),
  open: head => {
    const takenOn = dayOf(head);
    return {
      // National automatic sections report every four hours.
      usualIntervalMs: 4 * HOUR_MS,
      hasFixedInterval: true,
      repeats: 'exclude',
      readings: fields => outcomesOf(fields, takenOn),
    };
  },
};

interface Day {
  readonly year: number;
  readonly mmdd: string;
}

function outcomesOf(fields: readonly string[], takenOn: Day): readonly ReadingOutcome[] {
  if (fields.length !== HEADER.length) return [columnsProblem(fields, HEADER.length)];
  const [province = '', basin = '', section = '', time = ''] = fields;
  const t = timeOf(time, takenOn);
  if (t === undefined) return [refused('time', time)];
  const station = idOf(province, basin, section);
  const place = { station, stationName: `${section}（${province}）`, t };
  return [...COLUMNS.values()].map((column, at) =>
    cellOutcome(fields[LEADING.length + at] ?? '', column, place),
  );
}

/** The page tells month, day and Beijing time (UTC+8) only. The year is the last one in which that was not yet to come. */
function timeOf(text: string, { year, mmdd }: Day): EpochMs | undefined {
  const parts = /^(\d\d-\d\d) (\d\d:\d\d)$/.exec(text);
  const [, day = '', clock = ''] = parts ?? [];
  return parseTime(`${day > mmdd ? year - 1 : year}-${day}T${clock}+08:00`);
}

/** The day the snapshot was taken, in its name: `cnemc-snapshot-20260204.csv`. */
function dayOf({ fileName }: FileHead): Day {
  const [, year = '', month = '', day = ''] = /(\d{4})(\d\d)(\d\d)\.csv(?:\.gz)?$/.exec(fileName) ?? [];
  if (parseTime(`${year}-${month}-${day}T00:00+08:00`) !== undefined) {
    return { year: Number(year), mmdd: `${month}-${day}` };
  }
  const message = `${fileName}: the rows tell no year, so the name has to end with the day it was taken, as in -20260204.csv.`;
  throw new AppError('recording_invalid', message);
}

/** Sections have Chinese names only, and some names occur in several provinces. 48 bits are enough for a few thousand. */
function idOf(province: string, basin: string, section: string): ThingId {
  const digest = createHash('sha256').update([province, basin, section].join('/')).digest('hex');
  return `CNEMC-${digest.slice(0, 12)}` as ThingId;
}
