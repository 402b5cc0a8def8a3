import { z } from 'zod';

import { ownOutageMs } from '../../domain/model/watch-decision.ts';
import { durationMs } from '../../domain/time/instant.ts';
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

/** Our own outages, the earliest first. */
type AbsenceState = readonly Pick<OwnOutage, 'from' | 't'>[];

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
      begin: [],
      seesSilence: true,
      step(outages, sample) {
        switch (sample.kind) {
          case 'outage': {
            const { from, t } = sample;
            return { state: [...outages, { from, t }].slice(-MOST_OUTAGES) };
          }
          case 'silence': {
            const silentMs =
              sample.t - sample.since - ownOutageMs(outages, { from: sample.since, to: sample.t });
            return { state: outages, measured: { values: [silentMs], since: sample.since } };
          }
          case 'reading':
            // In the order of evaluation what was buffered lies before the decision, and changes nothing of it.
            return { state: outages, measured: { values: [0] } };
        }
      },
    });
    const steps = given.steps.map(({ severity, silentFor }) =>
      withDeadband({ severity, measure: 0, name: 'silence', relation: '>=', limit: silentFor }, 0),
    );
    const inputs = [inputOf(subject.station, subject.datastream)];
    const silencesMs = given.steps.map(({ silentFor }) => silentFor);
    const parts = { kind: 'absence', inputs, measure, measured: null, lookBackMs: durationMs(0), steps };
    return { plan: planOf({ ...parts, silencesMs }, timing), missing: [] };
  },
};
