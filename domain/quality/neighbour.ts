import { medianOf } from './median.ts';
import { GOOD, NOT_EVALUATED, suspect } from './quality-finding.ts';
import type { Verdict } from './quality-finding.ts';
import type { SeriesWindow } from './series-window.ts';

export interface NeighbourParameters {
  /** Changes over this time are compared, milliseconds: levels of two places have no common zero. */
  readonly overMs: number;
  /** A value holds for so long after its reading, milliseconds. */
  readonly maxAgeMs: number;
  /** How far a change may be from the median of the neighbours' changes, in the property's unit. */
  readonly suspectThreshold: number;
  /** Fewer neighbours with values do not decide: of two that disagree nobody knows which is wrong. */
  readonly minNeighbours: number;
}

/** QARTOD neighbour test on changes. SUSPECT at most. */
export function neighbour(
  series: SeriesWindow,
  at: number,
  parameters: NeighbourParameters,
  neighbours: readonly SeriesWindow[],
): Verdict {
  const { overMs, maxAgeMs, suspectThreshold, minNeighbours } = parameters;
  if (neighbours.length < minNeighbours) return NOT_EVALUATED;
  const t = series.timeAt(at);
  const own = changeAt(series, t, parameters);
  if (own === undefined) return NOT_EVALUATED;
  const changes: number[] = [];
  for (const other of neighbours) {
    const change = changeAt(other, t, parameters);
    if (change !== undefined) changes.push(change);
  }
  if (changes.length < minNeighbours) return NOT_EVALUATED;
  const median = medianOf(changes);
  return Math.abs(own - median) > suspectThreshold
    ? suspect({
        change: own,
        neighbourChange: median,
        neighbours: changes.length,
        suspectThreshold,
        overMs,
        maxAgeMs,
      })
    : GOOD;
}

function changeAt(
  series: SeriesWindow,
  t: number,
  { overMs, maxAgeMs }: NeighbourParameters,
): number | undefined {
  const now = series.usableUntil(t);
  if (now < 0 || t - series.timeAt(now) > maxAgeMs) return undefined;
  const then = series.usableUntil(t - overMs);
  if (then < 0 || t - overMs - series.timeAt(then) > maxAgeMs) return undefined;
  return series.valueAt(now) - series.valueAt(then);
}
