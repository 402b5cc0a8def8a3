import { DAY_MS, MINUTE_MS, durationMs } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { RuleBinding } from './fold-context.ts';
import type { FoldState } from './fold-state.ts';
import { isUpward } from './judge.ts';
import type { LadderStep } from './plan.ts';
import type { Sample } from './sample.ts';

interface TrendPoint {
  readonly t: EpochMs;
  /** By measure; null where that one is unknown. */
  readonly values: readonly (number | null)[];
  /** Points of one measure lie on one line. */
  readonly measureKey: string;
}

/** What the line is drawn through, and how much of it there must be. */
const TREND_MS = 30 * MINUTE_MS;
const LEAST_POINTS = 3;
const LEAST_SPAN_MS = 10 * MINUTE_MS;

/** Half an hour says nothing of a time beyond this. */
const FARTHEST_MS = DAY_MS;

/** Follows a fold up to an instant, and keeps what the last half hour before it has measured. */
export class MeasuredTrend {
  readonly #binding: RuleBinding;
  readonly #at: EpochMs;
  readonly #points: TrendPoint[] = [];

  constructor(binding: RuleBinding, at: EpochMs) {
    this.#binding = binding;
    this.#at = at;
  }

  /** Takes a sample and the state into which it is folded. */
  note(sample: Sample, { segment, known }: FoldState): void {
    if (sample.kind !== 'reading' || sample.t < this.#at - TREND_MS || known?.t !== sample.t) return;
    const plan = this.#binding.basis[segment]?.plan;
    // Of several inputs the first is judged; the others only say whether it counts.
    if (plan?.measure.followsReading !== true || plan.inputs[0]?.key !== sample.input) return;
    this.#points.push({ t: sample.t, values: known.measured.values, measureKey: plan.measureKey });
  }

  /**
   * How long from the instant on until a limit is met, if the value goes on as it did: the way from the last value to the
   * limit over the slope of the least-squares line through the last half hour. Null where the value does not come nearer,
   * where fewer than three values or less than ten minutes are known, or where it would take more than a day.
   */
  timeTo({ measure, relation, limit }: LadderStep): DurationMs | null {
    const key = this.#points.at(-1)?.measureKey;
    const line = this.#points.flatMap(({ t, values, measureKey }) => {
      const value = values[measure] ?? null;
      return value === null || measureKey !== key ? [] : [{ t, value }];
    });
    const [first, last] = [line[0], line.at(-1)];
    if (first === undefined || last === undefined) return null;
    if (line.length < LEAST_POINTS || last.t - first.t < LEAST_SPAN_MS) return null;
    const towards = isUpward(relation) ? 1 : -1;
    const speed = towards * slopeOf(line);
    const away = towards * (limit - last.value);
    if (!(speed > 0) || away < 0) return null;
    const etaMs = Math.max(0, Math.round(away / speed) - (this.#at - last.t));
    return etaMs > FARTHEST_MS ? null : durationMs(etaMs);
  }
}

/** Of the line with the least squares, per millisecond. */
function slopeOf(line: readonly { readonly t: EpochMs; readonly value: number }[]): number {
  const meanT = line.reduce((sum, { t }) => sum + t, 0) / line.length;
  const meanValue = line.reduce((sum, { value }) => sum + value, 0) / line.length;
  let above = 0;
  let below = 0;
  for (const { t, value } of line) {
    above += (t - meanT) * (value - meanValue);
    below += (t - meanT) ** 2;
  }
  return above / below;
}
