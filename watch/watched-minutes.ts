import type { OwnOutage } from '../domain/model/watch-decision.ts';
import { BUCKETS, bucketStart } from '../domain/time/bucket.ts';
import { MINUTE_MS } from '../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../domain/time/instant.ts';
import type { RuleInput } from '../rules/plan.ts';
import { isUsable } from '../rules/sample.ts';
import type { Reading } from '../rules/sample.ts';

/** Every day has as many: Asia/Shanghai has no daylight saving time. */
const MINUTES_A_DAY = 1_440;

/** How the minutes of a local day were watched by one rule at one point; of a whole day they are 1,440. */
export interface WatchedMinutes {
  /** A usable value of every input stood through the whole minute, and had come within the live window. */
  readonly evaluated: number;
  /** The same, but only by readings that came later than the live window: judged afterwards, never live. */
  readonly filledLater: number;
  /** For a part of the minute at least no usable value of some input stood. */
  readonly blind: number;
  /** We ourselves were away for a part of the minute at least, whatever was filled in afterwards. */
  readonly notEvaluatedByUs: number;
}

export interface WatchedDay {
  /** Those of the plan that the rule cannot do without; with none of them it watches whatever comes. */
  readonly inputs: readonly Pick<RuleInput, 'key' | 'maxGapMs'>[];
  /** With t from the longest maxGap before the day until its end, in any order; others change nothing. */
  readonly readings: readonly Reading[];
  readonly outages: readonly Pick<OwnOutage, 'from' | 't'>[];
  /** Any instant of the day in Asia/Shanghai. */
  readonly day: EpochMs;
  readonly liveWindowMs: DurationMs;
  /** Only the minutes that begin in from ≤ t < to; the whole day without it. */
  readonly within?: Span;
}

interface Span {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * Counts the minutes of a day by the worst that a minute holds: away ourselves, blind, filled later, evaluated. A value
 * stands from its t until the next, for its datastream's maxGap at most, as it does for rules.
 */
export function watchedMinutes(watched: WatchedDay): WatchedMinutes {
  const { inputs, readings, outages, day, liveWindowMs, within } = watched;
  const start = bucketStart(day, BUCKETS['1d'], 'instantaneous');
  const covers = inputs.map(({ key, maxGapMs }) => {
    const usable = readings.filter(reading => reading.input === key && isUsable(reading));
    const standing = ({ t }: Reading): Span => ({ from: t, to: t + maxGapMs });
    return {
      live: wholeMinutes(
        usable.filter(({ t, received }) => received - t <= liveWindowMs).map(standing),
        start,
      ),
      any: wholeMinutes(usable.map(standing), start),
    };
  });
  const away = touchedMinutes(outages, start);
  const counts = { evaluated: 0, filledLater: 0, blind: 0, notEvaluatedByUs: 0 };
  for (let minute = 0; minute < MINUTES_A_DAY; minute += 1) {
    const begin = start + minute * MINUTE_MS;
    if (within !== undefined && (begin < within.from || begin >= within.to)) continue;
    if (away.has(minute)) counts.notEvaluatedByUs += 1;
    else if (covers.some(({ any }) => !any.has(minute))) counts.blind += 1;
    else if (covers.some(({ live }) => !live.has(minute))) counts.filledLater += 1;
    else counts.evaluated += 1;
  }
  return counts;
}

/** The minutes of the day that lie in the spans from their first instant to their last. */
function wholeMinutes(spans: readonly Span[], start: EpochMs): ReadonlySet<number> {
  const minutes = new Set<number>();
  for (const { from, to } of joined(spans)) {
    const first = Math.max(0, Math.ceil((from - start) / MINUTE_MS));
    const end = Math.min(MINUTES_A_DAY, Math.floor((to - start) / MINUTE_MS));
    for (let minute = first; minute < end; minute += 1) minutes.add(minute);
  }
  return minutes;
}

/** Spans that overlap or touch are one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const whole: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last === undefined || span.from > last.to) whole.push(span);
    else whole[whole.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
  }
  return whole;
}

function touchedMinutes(outages: WatchedDay['outages'], start: EpochMs): ReadonlySet<number> {
  const minutes = new Set<number>();
  for (const { from, t } of outages) {
    const first = Math.max(0, Math.floor((from - start) / MINUTE_MS));
    const end = Math.min(MINUTES_A_DAY, Math.ceil((t - start) / MINUTE_MS));
    for (let minute = first; minute < end; minute += 1) minutes.add(minute);
  }
  return minutes;
}
