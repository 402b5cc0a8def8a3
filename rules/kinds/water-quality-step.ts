import { z } from 'zod';

import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  severity: stepBase.severity,
  within: durationText,
  /** Both must be reached: a share of the value before, and an amount in the unit of the property. */
  share: z.number().positive(),
  amount: z.number().positive(),
});

type Values = readonly { readonly t: EpochMs; readonly v: number }[];

/** An item jumps against the lowest value of the time before: a suspected overflow or discharge. */
export const waterQualityStep: RuleKind<z.infer<typeof params>> = {
  kind: 'water_quality_step',
  params,
  modal: ['severity', 'amount'],
  plan({ params: { severity, within, share, amount }, timing, subject }) {
    const measure = measureOf<Values>({
      begin: [],
      step(state, sample) {
        if (sample.kind !== 'reading') return { state };
        const { t, v } = sample;
        const before = state.filter(value => value.t >= t - within);
        const next = [...before, { t, v }];
        if (before.length === 0) return { state: next };
        const lowest = Math.min(...before.map(value => value.v));
        const value = v - lowest;
        const limit = share * lowest;
        return {
          state: next,
          measured: { values: [value], gate: { name: 'rise as a share', met: value >= limit, value, limit } },
        };
      },
    });
    const step = { severity, measure: 0, name: 'rise', relation: '>=' as const, limit: amount };
    const inputs = [inputOf(subject.station, subject.datastream)];
    const parts = {
      kind: 'water_quality_step',
      inputs,
      measure,
      measured: [within, share],
      lookBackMs: within,
    };
    return { plan: planOf({ ...parts, steps: [withDeadband(step, 0)] }, timing), missing: [] };
  },
};
