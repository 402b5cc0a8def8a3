import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import type { BucketRow, Datastream, ObservationRow } from '../wire.ts';

export const CURVE_RANGES = { '3h': 3 * HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS } as const;
export type CurveRange = keyof typeof CURVE_RANGES;

const BUCKETS = { '5m': 5 * MINUTE_MS, '1h': HOUR_MS } as const;
type CurveBucket = keyof typeof BUCKETS;

/** More readings than this are asked for as aggregates: a screen has fewer columns, and a line would hide its extremes. */
const READINGS_DRAWN = 12_000;
/** Bars closer than this could not be told apart. */
const BARS_DRAWN = 400;

/** What a curve consists of: single readings, or buckets with mean and band, or totals. */
export interface CurvePlan {
  readonly bucket: CurveBucket | undefined;
  /** The expected distance of two rows, milliseconds. */
  readonly stepMs: number;
  /** A single reading may go on the end; the total of a short period says nothing beside hourly totals. */
  readonly takesReadings: boolean;
}

export function planCurve({ interpolation, intervalMs }: Datastream, range: CurveRange): CurvePlan {
  const expected = CURVE_RANGES[range] / intervalMs;
  const bucket: CurveBucket = interpolation === 'period_total' ? '1h' : '5m';
  const isWhole = expected <= (interpolation === 'period_total' ? BARS_DRAWN : READINGS_DRAWN);
  return isWhole || intervalMs >= BUCKETS[bucket]
    ? { bucket: undefined, stepMs: intervalMs, takesReadings: true }
    : { bucket, stepMs: BUCKETS[bucket], takesReadings: interpolation !== 'period_total' };
}

/** One row of a curve; `low` and `high` stand in buckets only. */
export interface CurveRow extends ObservationRow {
  readonly low?: number;
  readonly high?: number;
}

export interface CurveQuery {
  readonly station: string;
  readonly datastream: Datastream;
  readonly plan: CurvePlan;
  readonly from: number;
  readonly to: number;
}

/** Reads all rows, oldest first. Rejects where the server does not answer them. */
export async function readCurve(query: CurveQuery, signal: AbortSignal): Promise<readonly CurveRow[]> {
  const rows: CurveRow[] = [];
  let cursor: string | null = null;
  do {
    const response = await fetch(curvePath(query, cursor), { signal });
    if (!response.ok) throw new Error(`The readings were answered with status ${response.status}.`);
    const page = (await response.json()) as {
      readonly items: readonly (ObservationRow & BucketRow)[];
      readonly next: string | null;
    };
    rows.push(...page.items.map(item => (query.plan.bucket === undefined ? item : bucketRow(item))));
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

function curvePath(query: CurveQuery, cursor: string | null): string {
  const { station, datastream, plan, from, to } = query;
  const search = new URLSearchParams({ from: String(Math.floor(from)), to: String(Math.ceil(to)) });
  if (plan.bucket !== undefined) {
    search.set('interval', plan.bucket);
    search.set('agg', datastream.interpolation === 'period_total' ? 'sum' : 'mean,min,max');
  }
  if (cursor !== null) search.set('cursor', cursor);
  return `/api/v1/datastreams/${station}/${datastream.name}/observations?${search}`;
}

/** Values that are no measurement take no part in an aggregate, so that what is there is good. */
function bucketRow({ t, mean, min, max, sum }: BucketRow): CurveRow {
  return {
    t,
    v: sum ?? mean ?? null,
    flag: 1,
    ...(min === null || min === undefined ? {} : { low: min }),
    ...(max === null || max === undefined ? {} : { high: max }),
  };
}
