import type { Observation, QualityFlag, SourceRank } from '../domain/model/observation.ts';
import type { ReadingColumns } from '../domain/ports/telemetry-store.ts';
import { epochMs } from '../domain/time/instant.ts';

/** One row of what a store answered. */
export function observationAt(columns: ReadingColumns, at: number): Observation {
  const v = columns.v[at] ?? Number.NaN;
  return {
    datastream: columns.datastream[at] ?? 0,
    t: epochMs(columns.t[at] ?? 0),
    v: Number.isNaN(v) ? null : v,
    quality: (columns.quality[at] ?? 0) as QualityFlag,
    deviceFlag: columns.deviceFlag[at] ?? 0,
    source: (columns.source[at] ?? 0) as SourceRank,
    sent: epochMs(columns.sent[at] ?? 0),
    received: epochMs(columns.received[at] ?? 0),
    position: columns.position[at] ?? 0,
  };
}
