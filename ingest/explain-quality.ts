import type { Observation } from '../domain/model/observation.ts';
import type { TelemetryStore } from '../domain/ports/telemetry-store.ts';
import type { QualityFinding } from '../domain/quality/quality-finding.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import type { QualityControl } from './quality-control.ts';
import { StoredSeries } from './stored-series.ts';

/** A stored reading, and what every quality test that applies to it says of it. */
export interface QualityReasons {
  readonly reading: Observation;
  readonly tests: readonly QualityFinding[];
}

/** Judges one stored reading anew; undefined where there is none, or its datastream is not registered. */
export async function explainQuality(
  sources: { readonly store: Pick<TelemetryStore, 'winners'>; readonly control: QualityControl },
  datastream: number,
  t: EpochMs,
): Promise<QualityReasons | undefined> {
  const series = await StoredSeries.read([{ datastream, span: { from: t, to: t } }], sources);
  const reading = series.of(datastream).find(each => each.t === t);
  const tests = series.explain(datastream, t);
  return reading === undefined || tests === undefined ? undefined : { reading, tests };
}
