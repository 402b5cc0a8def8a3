import { z } from 'zod';

import { countedSilenceMs, ownOutageMs, silenceWindowMs } from '../../domain/model/watch-decision.ts';
import { epochMs } from '../../domain/time/instant.ts';
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
  /** Our own outages that still matter, the earliest first. */
  readonly outages: readonly Pick<OwnOutage, 'from' | 't'>[];
  /** The reading by which it was last heard again; null where it never was silent. */
  readonly heardAt: EpochMs | null;
  /** By limit: the begin of a silence that has once lasted that long, until it is heard again. */
  readonly since: readonly (EpochMs | null)[];
}

/**
 * A datastream that is silent: by silence decisions only, and the time in which we ourselves were down never counts.
 * It is heard again by a reading from after the decision; what it buffered before, or what is filled in later, is none.
 * Where such a reading comes late, decisions were made without it: they count from that reading on.
 */
export const absence: RuleKind<z.infer<typeof params>> = {
  kind: 'absence',
  params,
  modal: ['steps'],
  plan({ params: given, variants, timing, subject }) {
    const limits = variants.flatMap(({ steps }) => steps.map(({ silentFor }) => silentFor));
    const silencesMs = [...new Set(limits)].sort((a, b) => a - b);
    const rememberedMs = silenceWindowMs(Math.max(...silencesMs));
    const unproven = silencesMs.map(() => null);
    const nothing = silencesMs.map(() => 0);
    const measure = measureOf<AbsenceState>({
      begin: { outages: [], heardAt: null, since: unproven },
      seesSilence: true,
      step(state, sample) {
        switch (sample.kind) {
          case 'outage': {
            const { from, t } = sample;
            return {
              state: { ...state, outages: [...remembered(state.outages, t - rememberedMs), { from, t }] },
            };
          }
          case 'silence': {
            const now = sample.t;
            const outages = remembered(state.outages, now - rememberedMs);
            const heardAt = epochMs(Math.max(sample.since, state.heardAt ?? sample.since));
            const counted = silencesMs.map(limitMs =>
              countedSilenceMs(outages, { since: heardAt, now, limitMs }),
            );
            const since = silencesMs.map(
              (limitMs, place) => state.since[place] ?? ((counted[place] ?? 0) < limitMs ? null : heardAt),
            );
            // Once the limit is proven all of the silence, and never less again, so that no decision ends it.
            const values = silencesMs.map((limitMs, place) => {
              const from = since[place] ?? null;
              if (from === null) return counted[place] ?? 0;
              return Math.max(limitMs, now - from - ownOutageMs(outages, { from, to: now }));
            });
            const begin = epochMs(Math.min(heardAt, ...since.filter(from => from !== null)));
            return { state: { ...state, since }, measured: { values, since: begin } };
          }
          case 'reading': {
            // In the order of evaluation what was buffered lies before the decision, and changes nothing of it.
            const isHeardAgain = state.since.some(from => from !== null);
            const heard = isHeardAgain ? { ...state, heardAt: sample.t, since: unproven } : state;
            return { state: heard, measured: { values: nothing } };
          }
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

function remembered(outages: AbsenceState['outages'], since: number): AbsenceState['outages'] {
  return outages.filter(({ t }) => t > since);
}
