import type { LatestReading } from '../wire.ts';
import type { CurveRow } from './curve-request.ts';

/** The line breaks where nothing came for more than this many intervals. */
const GAP_INTERVALS = 3;

/** A row whose flag a person must see. A value that is no measurement has no place on the line. */
export interface CurveMark {
  readonly t: number;
  /** Null where there is no value. */
  readonly v: number | null;
  readonly kind: 'suspect' | 'bad';
}

/** A curve as columns of equal length, oldest first; null breaks the line. Times are epoch ms. */
export interface CurveColumns {
  readonly times: readonly number[];
  readonly line: readonly (number | null)[];
  /** Smallest and largest value of each bucket; null in a curve of single readings. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly marks: readonly CurveMark[];
  readonly gaps: number;
}

export function curveColumns(rows: readonly CurveRow[], stepMs: number): CurveColumns {
  const times: number[] = [];
  const line: (number | null)[] = [];
  const low: (number | null)[] = [];
  const high: (number | null)[] = [];
  const marks: CurveMark[] = [];
  let gaps = 0;
  let previous: number | undefined;
  for (const row of rows) {
    if (previous !== undefined && row.t - previous > GAP_INTERVALS * stepMs) {
      gaps += 1;
      times.push((previous + row.t) / 2);
      for (const column of [line, low, high]) column.push(null);
    }
    previous = row.t;
    const kind = markOf(row);
    if (kind !== undefined) marks.push({ t: row.t, v: row.v, kind });
    times.push(row.t);
    line.push(kind === 'bad' ? null : row.v);
    low.push(row.low ?? null);
    high.push(row.high ?? null);
  }
  return { times, line, low, high, marks, gaps };
}

function markOf({ v, flag }: CurveRow): CurveMark['kind'] | undefined {
  if (v === null || flag === 4 || flag === 9) return 'bad';
  return flag === 3 ? 'suspect' : undefined;
}

/** The rows with what the stream told meanwhile; the same rows where that is nothing new. */
export function withLive(rows: readonly CurveRow[], latest: LatestReading | null): readonly CurveRow[] {
  const last = rows.at(-1);
  if (latest === null || (last !== undefined && latest.t <= last.t)) return rows;
  return [...rows, latest];
}

/** The rows, and behind them those of before that are newer than all of them. */
export function withNewer(rows: readonly CurveRow[], before: readonly CurveRow[]): readonly CurveRow[] {
  const lastT = rows.at(-1)?.t ?? -Infinity;
  const newer = before.filter(({ t }) => t > lastT);
  return newer.length === 0 ? rows : [...rows, ...newer];
}

/** A horizontal line of a curve. */
export interface CurveThreshold {
  readonly name: string;
  readonly value: number;
}

/** The marks of an axis must differ in what they say: so many steps of the resolution it shows at least. */
const RESOLUTION_STEPS = 10;

/**
 * The range of the value axis: all values with a margin, and those thresholds that lie near enough that the curve
 * keeps a third of the height at least.
 *
 * @param resolution the smallest difference that the marks of the axis can show
 */
export function valueRange(
  values: readonly (number | null)[],
  thresholds: readonly CurveThreshold[],
  resolution: number,
): readonly [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return [0, RESOLUTION_STEPS * resolution];
  const spread = Math.max(max - min, RESOLUTION_STEPS * resolution);
  const near = thresholds
    .map(({ value }) => value)
    .filter(value => value >= min - spread && value <= max + spread);
  const [bottom, top] = [Math.min(min, ...near), Math.max(max, ...near)];
  const margin = Math.max((top - bottom) * 0.08, (spread - (top - bottom)) / 2);
  return [bottom - margin, top + margin];
}
