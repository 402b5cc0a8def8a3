import { z } from 'zod';

import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import type { Gate } from '../measure.ts';
import { planOf, stepBase } from '../rule-kind.ts';
import type { Missing, RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';
import { neighboursOf } from '../neighbour.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, flatFor: durationText }))
    .min(1)
    .max(12),
  /** Changes up to this are none, in the unit of the property. */
  tolerance: z.number().min(0).default(0),
  /** A dry low spot stays at zero for weeks and is not stuck. */
  notAtOrBelow: z.number().optional(),
  /** The point is stuck only where a neighbour has moved by this much since. */
  neighbourMovesBy: z.number().positive().optional(),
});

interface StuckState {
  /** The value that does not change, since when, by input; null before the first reading. */
  readonly flat: { readonly v: number; readonly since: EpochMs } | null;
  /** Lowest and highest value of each neighbour since the point is flat. */
  readonly moved: readonly (readonly [min: number, max: number] | null)[];
}

/** A sensor that gives one value for too long. A gap proves nothing: the time counts from the first reading after it. */
export const stuck: RuleKind<z.infer<typeof params>> = {
  kind: 'stuck',
  params,
  plan({ params: given, timing, subject, site }) {
    const own = inputOf(subject.station, subject.datastream);
    const neighbours = given.neighbourMovesBy === undefined ? [] : neighboursOf(subject, site);
    const missing: readonly Missing[] =
      given.neighbourMovesBy !== undefined && neighbours.length === 0
        ? [{ missing: 'input', detail: 'no neighbour measures the same property' }]
        : [];
    if (missing.length > 0) return { missing };
    const none = neighbours.map(() => null);
    const measure = measureOf<StuckState>({
      begin: { flat: null, moved: none },
      step(state, sample, { input, afterGap }) {
        if (sample.kind !== 'reading') return { state };
        if (input > 0) {
          const moved = state.moved.with(input - 1, widened(state.moved[input - 1] ?? null, sample.v));
          return resultOf({ ...state, moved }, sample.t);
        }
        const { flat } = state;
        const isFlat = flat !== null && !afterGap && Math.abs(sample.v - flat.v) <= given.tolerance;
        const next: StuckState = isFlat ? state : { flat: { v: sample.v, since: sample.t }, moved: none };
        return resultOf(next, sample.t);
      },
    });
    const resultOf = (state: StuckState, t: EpochMs) => {
      if (state.flat === null) return { state };
      const { v, since } = state.flat;
      const isDry = given.notAtOrBelow !== undefined && v <= given.notAtOrBelow;
      const gate =
        given.neighbourMovesBy === undefined ? {} : { gate: gateOf(state, given.neighbourMovesBy) };
      return { state, measured: { values: [isDry ? 0 : t - since], since, ...gate } };
    };
    const steps = given.steps.map(({ severity, flatFor }) =>
      withDeadband({ severity, measure: 0, name: 'flat line', relation: '>=', limit: flatFor }, 0),
    );
    const { tolerance, notAtOrBelow, neighbourMovesBy } = given;
    const inputs = [own, ...neighbours];
    const measured = [tolerance, notAtOrBelow, neighbourMovesBy];
    const lookBackMs = durationMs(Math.max(...given.steps.map(({ flatFor }) => flatFor)));
    const parts = { kind: 'stuck', inputs, measure, measured, lookBackMs, steps };
    return { plan: planOf(parts, timing), missing };
  },
};

function gateOf({ moved }: StuckState, least: number): Gate {
  const value = Math.max(0, ...moved.map(range => (range === null ? 0 : range[1] - range[0])));
  return { name: 'a neighbour moves', met: value >= least, value, limit: least };
}

function widened(range: readonly [number, number] | null, v: number): readonly [number, number] {
  return range === null ? [v, v] : [Math.min(range[0], v), Math.max(range[1], v)];
}
