import { z } from 'zod';

import { BUCKETS, bucketStart } from '../../domain/time/bucket.ts';
import { durationMs, DAY_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

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

interface Total {
  /** End of the period. */
  readonly t: EpochMs;
  readonly mm: number;
}

interface Window {
  readonly within: number | 'hydrological_day';
  /** The lowest limit on it, mm. */
  readonly least: number;
}

/**
 * Rain over a window, from period totals (start, end]: only periods that lie whole in the window count. Where totals are
 * missing the sum is a lower bound: it may reach a limit, but it never shows that the rain is over.
 */
export const rainAccumulation: RuleKind<z.infer<typeof params>> = {
  kind: 'rain_accumulation',
  params,
  plan({ params: given, timing, subject }) {
    const windows = windowsOf(given.steps);
    const input = inputOf(subject.station, subject.datastream);
    const measure = measureOf<readonly Total[]>({
      begin: [],
      step(state, sample) {
        if (sample.kind !== 'reading') return { state };
        const { t } = sample;
        const totals = [...state.filter(total => total.t > t - DAY_MS), { t, mm: sample.v }];
        const values = windows.map(({ within, least }) => {
          const start =
            within === 'hydrological_day' ? bucketStart(t, BUCKETS.hd, 'period_total') : t - within;
          return sumSince(totals, { start, least, intervalMs: input.intervalMs });
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
          measure: windows.findIndex(window => window.within === within),
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

interface Span {
  readonly start: number;
  readonly least: number;
  readonly intervalMs: number;
}

/** Null where totals are missing, so that nobody can say that the limit is not reached. */
function sumSince(totals: readonly Total[], { start, least, intervalMs }: Span): number | null {
  let sum = 0;
  let coveredTo = start;
  let isComplete = true;
  for (const { t, mm } of totals) {
    if (t - intervalMs < start) continue;
    sum += mm;
    if (t - intervalMs - coveredTo > intervalMs / 2) isComplete = false;
    coveredTo = t;
  }
  // Tenths of millimetres do not add up exactly in binary.
  const total = Math.round(sum * 1e6) / 1e6;
  return isComplete || total >= least ? total : null;
}
