import { SOURCE_RANK } from '../../domain/model/observation.ts';
import type { Span } from '../../domain/quality/gross-range.ts';
import { SeriesWindow } from '../../domain/quality/series-window.ts';
import type { SeriesPoint } from '../../domain/quality/series-window.ts';
import { epochMs, MINUTE_MS } from '../../domain/time/instant.ts';

/** A reading of a device without a flag. */
export function seriesPoint(t: number, v: number | null): SeriesPoint {
  return {
    t: epochMs(t),
    v,
    deviceFlag: 0,
    source: SOURCE_RANK.device,
    sent: epochMs(0),
    received: epochMs(t),
    position: 1,
  };
}

/**
 * A series with one value a minute from 0 on; undefined where there is no reading, null where its value is missing.
 * Values outside 0 to 100 are beyond the sensor.
 */
export function minuteSeries(
  values: readonly (number | null | undefined)[],
  failSpan: Span = [0, 100],
): SeriesWindow {
  const points = values.flatMap((v, minute) => (v === undefined ? [] : [seriesPoint(minute * MINUTE_MS, v)]));
  return SeriesWindow.of(points, failSpan);
}
