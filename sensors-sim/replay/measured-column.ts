import type { ThingId } from '../../domain/model/identifier.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { cellValue } from './measured-value.ts';
import type { CellReading } from './measured-value.ts';
import type { ReadingOutcome } from './row-format.ts';

/** What a column of a wide table measures, and in which unit. */
export interface MeasuredColumn extends CellReading {
  readonly property: string;
  readonly instance?: string;
  /** Required where the property is a level. */
  readonly datum?: string;
}

/** Which station a row is of, and when. */
export interface RowPlace {
  readonly station: ThingId;
  readonly stationName?: string;
  readonly t: EpochMs;
}

/** The reading of one cell. */
export function cellOutcome(text: string, column: MeasuredColumn, place: RowPlace): ReadingOutcome {
  const value = cellValue(text, column);
  if (!value.ok) return value;
  const { property, instance, datum } = column;
  const { v, missing } = value;
  return {
    ok: true,
    reading: {
      ...place,
      property,
      ...(instance === undefined ? {} : { instance }),
      ...(datum === undefined ? {} : { datum }),
      v,
      ...(missing === undefined ? {} : { missing }),
    },
  };
}
