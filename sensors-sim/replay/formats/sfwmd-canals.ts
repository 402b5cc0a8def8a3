import type { ThingId } from '../../../domain/model/identifier.ts';
import { HOUR_MS } from '../../../domain/time/instant.ts';
import { cellOutcome } from '../measured-column.ts';
import type { MeasuredColumn } from '../measured-column.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { ReadingOutcome, RecordingFormat } from '../row-format.ts';
import { CUBIC_METRES_PER_CUBIC_FOOT, METRES_PER_FOOT, MILLIMETRES_PER_INCH } from '../unit-factors.ts';

/** The file names no datum. The District's stages of those years refer to the National Geodetic Vertical Datum of 1929. */
const DATUM = 'NGVD 29 (assumed)';
/** The file names no zone. The District keeps Eastern Standard Time all year. */
const ZONE = '-05:00';

interface CanalColumn extends MeasuredColumn {
  readonly site: 'S1' | 'S4' | 'S25A' | 'S25B' | 'S26' | 'catchment';
}

const level = (site: CanalColumn['site'], instance?: 'head' | 'tail'): CanalColumn => ({
  site,
  property: 'water_level',
  ...(instance === undefined ? {} : { instance }),
  datum: DATUM,
  factor: METRES_PER_FOOT,
});
const gate = (site: CanalColumn['site'], instance?: '1' | '2'): CanalColumn => ({
  site,
  property: 'gate_opening',
  ...(instance === undefined ? {} : { instance }),
  factor: METRES_PER_FOOT,
});
const flow = (site: CanalColumn['site'], instance: 'gate' | 'pump'): CanalColumn => ({
  site,
  property: 'discharge',
  instance,
  factor: CUBIC_METRES_PER_CUBIC_FOOT,
});

/** In the order of the file. The rain of an hour is stamped at its end. */
const COLUMNS = new Map<string, CanalColumn>([
  ['WS_S1', level('S1')],
  ['WS_S4', level('S4')],
  ['FLOW_S25A', flow('S25A', 'gate')],
  ['GATE_S25A', gate('S25A')],
  ['HWS_S25A', level('S25A', 'head')],
  ['TWS_S25A', level('S25A', 'tail')],
  ['FLOW_S25B', flow('S25B', 'gate')],
  ['GATE_S25B', gate('S25B', '1')],
  ['GATE_S25B2', gate('S25B', '2')],
  ['HWS_S25B', level('S25B', 'head')],
  ['TWS_S25B', level('S25B', 'tail')],
  ['PUMP_S25B', flow('S25B', 'pump')],
  ['FLOW_S26', flow('S26', 'gate')],
  ['GATE_S26_1', gate('S26', '1')],
  ['GATE_S26_2', gate('S26', '2')],
  ['HWS_S26', level('S26', 'head')],
  ['TWS_S26', level('S26', 'tail')],
  ['PUMP_S26', flow('S26', 'pump')],
  ['MEAN_RAIN', { site: 'catchment', property: 'rainfall', factor: MILLIMETRES_PER_INCH }],
]);
const HEADER = ['time', ...COLUMNS.keys()];

const SITES = {
  S1: 'Water stage S1, Miami',
  S4: 'Water stage S4, Miami',
  S25A: 'Structure S25A, Miami',
  S25B: 'Structure S25B, Miami',
  S26: 'Structure S26, Miami',
  catchment: 'Catchment mean rain, Miami',
} as const;

/** Hourly stages, gates, pumps and rain of the canals of Miami (South Florida Water Management District). */
export const SFWMD_CANALS: RecordingFormat = {
  title: 'gates, pumps and stages of the canals of Miami (SFWMD)',
  recognises: hasColumns(HEADER),
  open: () => ({
    usualIntervalMs: HOUR_MS,
    hasFixedInterval: true,
    repeats: 'exclude',
    readings: outcomesOf,
  }),
};

function outcomesOf(fields: readonly string[]): readonly ReadingOutcome[] {
  if (fields.length !== HEADER.length) return [columnsProblem(fields, HEADER.length)];
  const [time = '', ...cells] = fields;
  const t = parseTime(`${time}${ZONE}`);
  if (t === undefined) return [refused('time', time)];
  return [...COLUMNS.values()].map((column, at) =>
    cellOutcome(cells[at] ?? '', column, {
      station: `SFWMD-${column.site}` as ThingId,
      stationName: SITES[column.site],
      t,
    }),
  );
}
