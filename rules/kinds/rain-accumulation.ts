import { z } from 'zod';

import { BUCKETS, bucketStart } from '../../domain/time/bucket.ts';
import { durationMs, DAY_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import { NO_TOTALS, rainSince, withTotal } from './rain-totals.ts';
import type { RainTotals } from './rain-totals.ts';

const params = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        ...stepBase,
        mm: z.number().positive(),
        /** A duration up to a day, or since 08:00 Asia/Shanghai. */
        within: z.union([durationText, z.literal('hydrological_day')]),
      }),
    )
    .min(1)
    .max(16),
});

interface Window {
  readonly within: number | 'hydrological_day';
  /** The lowest limit on it, mm; each mode asks for its own. */
  readonly least: number;
}

/**
 * Rain over a window, from period totals (start, end]: only periods that lie whole in the window count. Where totals are
 * missing the sum is a lower bound: it may reach a limit, but it never shows that the rain is over.
 */
export const rainAccumulation: RuleKind<z.infer<typeof params>> = {
  kind: 'rain_accumulation',
  params,
  modal: ['steps'],
  plan({ params: given, variants, timing, subject }) {
    const windows = variants.flatMap(({ steps }) => windowsOf(steps)).filter(isFirstOfItsKind);
    const own = windowsOf(given.steps);
    const input = inputOf(subject.station, subject.datastream);
    const measure = measureOf<RainTotals>({
      begin: NO_TOTALS,
      step(state, sample) {
        if (sample.kind !== 'reading') return { state };
        const { t } = sample;
        const totals = withTotal(state, { t, mm: sample.v }, t - DAY_MS);
        const values = windows.map(({ within, least }) => {
          const start =
            within === 'hydrological_day' ? bucketStart(t, BUCKETS.hd, 'period_total') : t - within;
          const { mm, isComplete } = rainSince(totals, { start, intervalMs: input.intervalMs });
          // Where totals are missing nobody can say that the limit is not reached.
          return isComplete || mm >= least ? mm : null;
        });
        return values.every(value => value === null)
          ? { state: totals }
          : { state: totals, measured: { values } };
      },
    });
    const steps = given.steps.map(({ severity, mm, within, for: forMs }) =>
      withDeadband(
        {
          severity,
          measure: windows.findIndex(window =>
            own.some(each => each.within === within && isSameWindow(each, window)),
          ),
          name: within === 'hydrological_day' ? 'rain since 08:00' : `rain in ${within / MINUTE_MS} min`,
          relation: '>=',
          limit: mm,
          ...holdOf(forMs),
        },
        0,
      ),
    );
    const parts = {
      kind: 'rain_accumulation',
      inputs: [input],
      measure,
      measured: windows,
      lookBackMs: durationMs(DAY_MS),
      steps,
    };
    return { plan: planOf(parts, timing), missing: [] };
  },
};

function windowsOf(steps: z.infer<typeof params>['steps']): readonly Window[] {
  const windows = new Map<Window['within'], number>();
  for (const { within, mm } of steps) windows.set(within, Math.min(mm, windows.get(within) ?? mm));
  return [...windows].map(([within, least]) => ({ within, least }));
}

function isSameWindow(a: Window, b: Window): boolean {
  return a.within === b.within && a.least === b.least;
}

function isFirstOfItsKind(window: Window, place: number, all: readonly Window[]): boolean {
  return all.findIndex(other => isSameWindow(other, window)) === place;
}
