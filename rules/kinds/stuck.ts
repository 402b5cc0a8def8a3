import { z } from 'zod';

import { durationMs } from '../../domain/time/instant.ts';
import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import type { Gate, MeasureResult } from '../measure.ts';
import { planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { EMPTY_RANGE, rangeSince, withPoint } from '../sliding-range.ts';
import type { SlidingRange } from '../sliding-range.ts';
import { atMost, steadyAfter, steadyFrom } from '../steady-line.ts';
import type { SteadyLine } from '../steady-line.ts';
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
  /** The point is stuck only where a neighbour has moved by this much meanwhile. */
  neighbourMovesBy: z.number().positive().optional(),
});

interface StuckState {
  /** The stretch in which the point does not move; null before its first reading. */
  readonly flat: SteadyLine | null;
  /** The point is dry, which is no flat line. */
  readonly isDry: boolean;
  /** The condition was met in this stretch: that a neighbour has moved stays true until the point does. */
  readonly isShown: boolean;
  /** By neighbour. */
  readonly moves: readonly SlidingRange[];
}

/**
 * A sensor that gives one value for too long: highest less lowest within the tolerance. A gap proves nothing: the time
 * counts from the first reading after it. Until it is shown, a flat line is as long as the longest limit at most, and what
 * neighbours did before it does not count.
 */
export const stuck: RuleKind<z.infer<typeof params>> = {
  kind: 'stuck',
  params,
  modal: ['steps'],
  plan({ params: given, variants, timing, subject, site }) {
    const { tolerance, notAtOrBelow, neighbourMovesBy } = given;
    const own = inputOf(subject.station, subject.datastream);
    const neighbours = neighbourMovesBy === undefined ? [] : neighboursOf(subject, site);
    if (neighbourMovesBy !== undefined && neighbours.length === 0) {
      return { missing: [{ missing: 'input', detail: 'no neighbour measures the same property' }] };
    }
    const limits = variants.flatMap(({ steps }) => steps.map(({ flatFor }) => flatFor));
    const [shortest, longest] = [Math.min(...limits), Math.max(...limits)];
    const measure = measureOf<StuckState>({
      begin: { flat: null, isDry: false, isShown: false, moves: neighbours.map(() => EMPTY_RANGE) },
      step(state, sample, { input, afterGap, isFresh }) {
        if (sample.kind !== 'reading') return { state };
        if (input > 0) {
          const moves = movedBy(state, input - 1, sample);
          return isFresh(0) ? judged({ ...state, moves }) : { state: { ...state, moves } };
        }
        const { t, v } = sample;
        const isDry = notAtOrBelow !== undefined && v <= notAtOrBelow;
        const { flat } = state;
        const isOn = flat !== null && !isDry && !state.isDry && !afterGap;
        const next = isOn ? steadyAfter(flat, t, v, tolerance) : steadyFrom(t, v);
        const isShown = state.isShown && next.since === flat?.since;
        return judged({ ...state, flat: next, isDry, isShown });
      },
    });
    const movedBy = ({ moves }: StuckState, place: number, { t, v }: { t: EpochMs; v: number }) =>
      moves.with(place, withPoint(moves[place] ?? EMPTY_RANGE, { t, v }, t - longest - own.maxGapMs));
    const judged = (state: StuckState): MeasureResult<StuckState> => {
      if (state.flat === null) return { state };
      const flat = state.isShown ? state.flat : atMost(state.flat, longest);
      const value = flat.upTo - flat.since;
      const gate = neighbourMovesBy === undefined ? undefined : gateOf(state, flat.since, neighbourMovesBy);
      const isShown = state.isShown || (value >= shortest && gate?.met !== false);
      const measured = { values: [value], since: flat.since, ...(gate === undefined ? {} : { gate }) };
      return { state: { ...state, flat, isShown }, measured };
    };
    const steps = given.steps.map(({ severity, flatFor }) =>
      withDeadband({ severity, measure: 0, name: 'flat line', relation: '>=', limit: flatFor }, 0),
    );
    const inputs = [own, ...neighbours];
    const measured = [tolerance, notAtOrBelow, neighbourMovesBy, shortest, longest];
    const parts = { kind: 'stuck', inputs, measure, measured, lookBackMs: durationMs(longest), steps };
    return { plan: planOf(parts, timing), missing: [] };
  },
};

function gateOf({ moves, isShown }: StuckState, since: EpochMs, least: number): Gate {
  const value = Math.max(0, ...moves.map(range => rangeSince(range, since)));
  return { name: 'a neighbour moves', met: isShown || value >= least, value, limit: least };
}
