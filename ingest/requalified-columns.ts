import type { Observation } from '../domain/model/observation.ts';
import type { RequalifiedColumns } from '../domain/ports/telemetry-store.ts';

/** A reading taken before, with the flag it has now. */
export type RequalifiedReading = Pick<Observation, 'datastream' | 't' | 'quality'>;

export function requalifiedColumns(rows: readonly RequalifiedReading[]): RequalifiedColumns {
  return {
    count: rows.length,
    datastream: Int32Array.from(rows, row => row.datastream),
    t: Float64Array.from(rows, row => row.t),
    quality: Uint8Array.from(rows, row => row.quality),
  };
}
