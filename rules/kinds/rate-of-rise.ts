import { z } from 'zod';

import { medianOf } from '../../domain/quality/median.ts';
import { MINUTE_MS, durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, rise: z.number().positive(), within: durationText }))
    .min(1)
    .max(12),
  /** In the unit of the property. */
  deadband: z.number().min(0).default(0),
});

interface Point {
  readonly t: EpochMs;
  readonly v: number;
}

interface RiseState {
  /** Readings of the filter's width. */
  readonly raw: readonly Point[];
  /** Filtered values of the longest window. */
  readonly filtered: readonly Point[];
}

/** A single wave or passing vehicle is no rise: values are medians of ten minutes with at least three readings. */
const FILTER_MS = 10 * MINUTE_MS;
const LEAST_READINGS = 3;

/** How much a filtered value has risen within a time; nothing is known across a gap. */
export const rateOfRise: RuleKind<z.infer<typeof params>> = {
  kind: 'rate_of_rise',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, variants, timing, subject }) {
    const spans = variants.flatMap(({ steps }) => steps.map(step => step.within));
    const windows = [...new Set(spans)].sort((a, b) => a - b);
    const longest = Math.max(...windows);
    const measure = measureOf<RiseState>({
      begin: { raw: [], filtered: [] },
      step(state, sample, { afterGap }) {
        if (sample.kind !== 'reading') return { state };
        const before = afterGap ? { raw: [], filtered: [] } : state;
        const raw = [...before.raw.filter(({ t }) => t > sample.t - FILTER_MS), { t: sample.t, v: sample.v }];
        if (raw.length < LEAST_READINGS) return { state: { raw, filtered: before.filtered } };
        const now = { t: sample.t, v: medianOf(raw.map(({ v }) => v)) };
        const filtered = [...since(before.filtered, sample.t - longest), now];
        const values = windows.map(window => risen(filtered, now, window));
        return { state: { raw, filtered }, measured: { values } };
      },
    });
    const steps = given.steps.map(({ severity, rise, within, for: forMs }) =>
      withDeadband(
        {
          severity,
          measure: windows.indexOf(within),
          name: `rise in ${within / MINUTE_MS} min`,
          relation: '>=',
          limit: rise,
          ...holdOf(forMs),
        },
        given.deadband,
      ),
    );
    const inputs = [inputOf(subject.station, subject.datastream)];
    const lookBackMs = durationMs(longest + FILTER_MS);
    return {
      plan: planOf({ kind: 'rate_of_rise', inputs, measure, measured: windows, lookBackMs, steps }, timing),
      missing: [],
    };
  },
};

/** The points from the last one at or before `from` on. */
function since(points: readonly Point[], from: number): readonly Point[] {
  const first = points.findLastIndex(({ t }) => t <= from);
  return points.slice(Math.max(first, 0));
}

/** Against the lowest value of the window; before the window is full the rise is at least that. */
function risen(points: readonly Point[], now: Point, window: number): number {
  const inWindow = points.filter(({ t }) => t >= now.t - window);
  return now.v - Math.min(...inWindow.map(({ v }) => v));
}
