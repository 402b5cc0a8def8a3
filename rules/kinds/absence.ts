import { z } from 'zod';

import type { EpochMs } from '../../domain/time/instant.ts';
import { durationText } from '../duration-text.ts';
import { measureOf } from '../measure.ts';
import { planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import type { OwnOutage } from '../sample.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, silentFor: durationText }))
    .min(1)
    .max(12),
});

interface AbsenceState {
  /** Our own outages, the earliest first. */
  readonly outages: readonly Pick<OwnOutage, 'from' | 't'>[];
  /** The silence that was decided last, until a reading of a later time. */
  readonly decidedAt: EpochMs | null;
}

/** Outages further back than any silence that is still to be decided need not be kept. */
const MOST_OUTAGES = 100;

/**
 * A datastream that is silent: by silence decisions only, and the time in which we ourselves were down never counts.
 * It is heard again by a reading from after the decision; what it buffered before, or what is filled in later, is none.
 */
export const absence: RuleKind<z.infer<typeof params>> = {
  kind: 'absence',
  params,
  plan({ params: given, timing, subject }) {
    const measure = measureOf<AbsenceState>({
      begin: { outages: [], decidedAt: null },
      seesSilence: true,
      step(state, sample) {
        switch (sample.kind) {
          case 'outage': {
            const outages = [...state.outages, { from: sample.from, t: sample.t }].slice(-MOST_OUTAGES);
            return { state: { ...state, outages } };
          }
          case 'silence': {
            const silentMs = sample.t - sample.since - ownOutageMs(state.outages, sample);
            const measured = { values: [silentMs], since: sample.since };
            return { state: { ...state, decidedAt: sample.t }, measured };
          }
          case 'reading':
            return state.decidedAt !== null && sample.t <= state.decidedAt
              ? { state }
              : { state: { ...state, decidedAt: null }, measured: { values: [0] } };
        }
      },
    });
    const steps = given.steps.map(({ severity, silentFor }) =>
      withDeadband({ severity, measure: 0, name: 'silence', relation: '>=', limit: silentFor }, 0),
    );
    const inputs = [inputOf(subject.station, subject.datastream)];
    return { plan: planOf({ kind: 'absence', inputs, measure, measured: null, steps }, timing), missing: [] };
  },
};

/** How much of a silence was ours. Outages do not overlap each other. */
function ownOutageMs(
  outages: AbsenceState['outages'],
  silence: { readonly since: EpochMs; readonly t: EpochMs },
): number {
  return outages.reduce(
    (sum, { from, t }) => sum + Math.max(0, Math.min(t, silence.t) - Math.max(from, silence.since)),
    0,
  );
}
