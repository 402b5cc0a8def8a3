import { z } from 'zod';

import { countedSilenceMs, ownOutageMs, silenceWindowMs } from '../../domain/model/watch-decision.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';
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

/** Our own outages that still matter, the earliest first. */
type AbsenceState = readonly Pick<OwnOutage, 'from' | 't'>[];

/**
 * A datastream that is silent: by silence decisions only, and the time in which we ourselves were down never counts.
 * It is heard again by a reading from after the decision; what it buffered before, or what is filled in later, is none.
 */
export const absence: RuleKind<z.infer<typeof params>> = {
  kind: 'absence',
  params,
  plan({ params: given, timing, subject }) {
    const silencesMs = [...new Set(given.steps.map(({ silentFor }) => silentFor))].sort((a, b) => a - b);
    const rememberedMs = silenceWindowMs(Math.max(...silencesMs));
    const measure = measureOf<AbsenceState>({
      begin: [],
      seesSilence: true,
      step(outages, sample) {
        switch (sample.kind) {
          case 'outage': {
            const { from, t } = sample;
            return { state: [...outages.filter(outage => outage.t > t - rememberedMs), { from, t }] };
          }
          case 'silence': {
            const { since, t } = sample;
            const remembered = outages.filter(outage => outage.t > t - rememberedMs);
            const values = silencesMs.map(limitMs => silentMs(remembered, { since, now: t, limitMs }));
            return { state: outages, measured: { values, since } };
          }
          case 'reading':
            // In the order of evaluation what was buffered lies before the decision, and changes nothing of it.
            return { state: outages, measured: { values: silencesMs.map(() => 0) } };
        }
      },
    });
    const steps = given.steps.map(({ severity, silentFor }) => {
      const step = { severity, measure: silencesMs.indexOf(silentFor), name: 'silence' };
      return withDeadband({ ...step, relation: '>=', limit: silentFor }, 0);
    });
    const inputs = [inputOf(subject.station, subject.datastream)];
    const parts = { kind: 'absence', inputs, measure, measured: silencesMs, lookBackMs: rememberedMs, steps };
    return { plan: planOf({ ...parts, silencesMs }, timing), missing: [] };
  },
};

/** Once the limit is proven all of the silence; before, what counts. */
function silentMs(
  outages: AbsenceState,
  silence: { readonly since: EpochMs; readonly now: EpochMs; readonly limitMs: DurationMs },
): number {
  const { since, now, limitMs } = silence;
  const countedMs = countedSilenceMs(outages, silence);
  return countedMs < limitMs ? countedMs : now - since - ownOutageMs(outages, { from: since, to: now });
}
