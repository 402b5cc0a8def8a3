import { z } from 'zod';

import { durationMs } from '../../domain/time/instant.ts';
import { measureOf } from '../measure.ts';
import { planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import { neighboursOf } from '../neighbour.ts';

const params = z.strictObject({
  /** What makes a witness: at or above this value, in the unit of the property. */
  atLeast: z.number(),
  steps: z
    .array(z.strictObject({ ...stepBase, witnesses: z.int().min(2).max(50) }))
    .min(1)
    .max(12),
});

/** The last value of each witness; null before its first. */
type WitnessState = readonly (number | null)[];

/**
 * The point and its neighbours see the same: n of m witnesses at once. A witness that is silent says neither yes nor no;
 * where it could decide, the condition is unknown.
 */
export const corroborated: RuleKind<z.infer<typeof params>> = {
  kind: 'corroborated',
  params,
  modal: ['steps'],
  plan({ params: given, variants, timing, subject, site }) {
    const inputs = [inputOf(subject.station, subject.datastream), ...neighboursOf(subject, site)];
    const most = Math.max(...given.steps.map(({ witnesses }) => witnesses));
    const leastOf = ({ steps }: typeof given): number => Math.min(...steps.map(({ witnesses }) => witnesses));
    // What is known depends on the lowest limit: each mode asks for its own.
    const leasts = [...new Set(variants.map(leastOf))].sort((a, b) => a - b);
    if (inputs.length < most) {
      const detail = `${most} witnesses are asked for, and only ${inputs.length} measure the same`;
      return { missing: [{ missing: 'input', detail }] };
    }
    const measure = measureOf<WitnessState>({
      begin: inputs.map(() => null),
      step(state, sample, { input, isFresh }) {
        if (sample.kind !== 'reading') return { state };
        const next = state.with(input, sample.v);
        const fresh = next.filter((value, index) => value !== null && isFresh(index));
        const yes = fresh.filter(value => value !== null && value >= given.atLeast).length;
        const open = next.length - fresh.length;
        const values = leasts.map(least => (yes >= least || yes + open < least ? yes : null));
        return values.every(value => value === null)
          ? { state: next }
          : { state: next, measured: { values } };
      },
    });
    const own = leasts.indexOf(leastOf(given));
    const steps = given.steps.map(({ severity, witnesses }) =>
      withDeadband({ severity, measure: own, name: 'witnesses', relation: '>=', limit: witnesses }, 0),
    );
    const parts = {
      kind: 'corroborated',
      inputs,
      measure,
      measured: [given.atLeast, leasts],
      lookBackMs: durationMs(0),
      steps,
    };
    return { plan: planOf(parts, timing), missing: [] };
  },
};
