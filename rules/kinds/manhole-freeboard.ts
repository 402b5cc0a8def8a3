import { z } from 'zod';

import { durationMs } from '../../domain/time/instant.ts';
import { measureOf } from '../measure.ts';
import { datumMissing, holdOf, planOf, stepBase } from '../rule-kind.ts';
import type { RuleKind } from '../rule-kind.ts';
import { inputOf, withDeadband } from '../subject.ts';

const params = z.strictObject({
  steps: z
    .array(z.strictObject({ ...stepBase, freeboardM: z.number() }))
    .min(1)
    .max(12),
  /** Metres. */
  deadband: z.number().min(0).default(0.05),
});

/** How far the water in a manhole stands below the ground. */
export const manholeFreeboard: RuleKind<z.infer<typeof params>> = {
  kind: 'manhole_freeboard',
  params,
  modal: ['steps', 'deadband'],
  plan({ params: given, timing, subject }) {
    const wrongDatum = datumMissing(subject);
    if (wrongDatum.length > 0) return { missing: wrongDatum };
    const ground = subject.datastream.thresholds?.ground;
    if (ground === undefined) {
      return {
        missing: [
          { missing: 'threshold', detail: 'the freeboard needs the threshold ground, which is not set' },
        ],
      };
    }
    const plan = planOf(
      {
        kind: 'manhole_freeboard',
        inputs: [inputOf(subject.station, subject.datastream)],
        measure: measureOf<null>({
          begin: null,
          followsReading: true,
          step: (state, sample) =>
            sample.kind === 'reading' ? { state, measured: { values: [ground - sample.v] } } : { state },
        }),
        measured: ground,
        lookBackMs: durationMs(0),
        steps: given.steps.map(({ severity, freeboardM, for: forMs }) =>
          withDeadband(
            { severity, measure: 0, name: 'freeboard', relation: '<=', limit: freeboardM, ...holdOf(forMs) },
            given.deadband,
          ),
        ),
        raisesWhenBlind: true,
      },
      timing,
    );
    return { plan, missing: [] };
  },
};
