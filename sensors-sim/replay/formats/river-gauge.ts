import { AppError } from '../../../domain/errors.ts';
import { MINUTE_MS } from '../../../domain/time/instant.ts';
import { asciiId } from '../ascii-id.ts';
import { cellOutcome } from '../measured-column.ts';
import type { MeasuredColumn } from '../measured-column.ts';
import { parseTime } from '../recorded-time.ts';
import { columnsProblem, hasColumns, refused } from '../row-format.ts';
import type { FileHead, ReadingOutcome, RecordingFormat } from '../row-format.ts';

/** By the name of the column; what is not here is not played. */
type GaugeColumns = Readonly<Record<string, MeasuredColumn>>;

/**
 * Stage and flow of one gauge of the Environment Agency. Its quality codes have no counterpart among the device flags
 * and are not played; `M` (missing) comes with an empty value, which is.
 */
export const RIVER_GAUGE: RecordingFormat = gaugeFormat(
  'stage and flow of one river gauge',
  ['time', 'stage_m', 'stage_quality', 'flow_m3s', 'flow_quality'],
  {
    stage_m: { property: 'water_level', datum: 'local stage datum' },
    flow_m3s: { property: 'discharge' },
  },
);

/** Rain and flow of one catchment. Potential evapotranspiration is computed, not observed, and is not played. */
export const RAIN_AND_FLOW: RecordingFormat = gaugeFormat(
  'rain and flow of one catchment',
  ['time', 'rain_mm_per_15min', 'pet_mm_per_15min', 'flow_m3s'],
  {
    // The time of a row is taken for the end of its quarter hour.
    rain_mm_per_15min: { property: 'rainfall' },
    flow_m3s: { property: 'discharge' },
  },
);

function gaugeFormat(title: string, header: readonly string[], columns: GaugeColumns): RecordingFormat {
  return {
    title,
    recognises: hasColumns(header),
    open: head => {
      const station = stationOf(head);
      return {
        usualIntervalMs: 15 * MINUTE_MS,
        hasFixedInterval: true,
        repeats: 'exclude',
        readings(fields): readonly ReadingOutcome[] {
          if (fields.length !== header.length) return [columnsProblem(fields, header.length)];
          const t = parseTime(fields[0] ?? '');
          if (t === undefined) return [refused('time', fields[0] ?? '')];
          return header.flatMap((name, at) => {
            const column = columns[name];
            return column === undefined ? [] : [cellOutcome(fields[at] ?? '', column, { station, t })];
          });
        },
      };
    },
  };
}

/** The rows do not name their station, so the file does: `don-hadfields-2007-15min.csv.gz` is `don-hadfields-2007-15min`. */
function stationOf({ fileName }: FileHead) {
  const id = asciiId(fileName.replace(/\.csv(\.gz)?$/, ''));
  if (id !== undefined) return id;
  throw new AppError('recording_invalid', `${fileName}: the name of the file is no station id.`);
}
