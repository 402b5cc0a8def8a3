import { expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import { completeLoadPlan } from './load-plan.ts';
import type { GivenLoadPlan } from './load-plan.ts';

function problemsOf(given: GivenLoadPlan): readonly string[] {
  try {
    completeLoadPlan(given);
    return [];
  } catch (error) {
    return isAppError(error, 'invalid_request') ? error.problems : ['another error'];
  }
}

it('completes groups field by field', () => {
  const plan = completeLoadPlan({ backlog: { readings: 288 }, stations: 20_000 });
  expect(plan.backlog).toEqual({
    stationShare: 0,
    readings: 288,
    stepMs: 300_000,
    readingsPerMessage: 100,
    channel: 'backlog',
  });
});

it.each<[string, GivenLoadPlan]>([
  ['stations', { stations: 20_001 }],
  ['stations', { stations: 0 }],
  ['firstStation', { firstStation: 99_999, stations: 2 }],
  ['properties', { properties: 7 }],
  ['readingsPerMessage', { readingsPerMessage: 501 }],
  ['readingsPerMessage', { readingsPerMessage: 500, ratePerStation: 10, properties: 1 }],
  ['qosWeights', { qosWeights: [0, 0, 0] }],
  ['qosWeights', { qosWeights: [1, 1, 0], ratePerStation: 'max' }],
  ['duplicateShare', { duplicateShare: 1.1 }],
  ['flapping.stationShare', { flapping: { stationShare: -1 } }],
  ['durationMs', { durationMs: 2 ** 31 }],
  ['ratePerStation', { ratePerStation: Number.NaN }],
  ['malformed.kinds', { malformed: { kinds: ['nonsense' as 'empty'] } }],
  ['station', { station: 3 } as GivenLoadPlan],
  ['skew.share', { skew: { share: 1 } } as GivenLoadPlan],
])('refuses nonsense in %s', (path, given) => {
  const problems = problemsOf(given);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${path}: `));
});

it('tells all problems at once', () => {
  expect(problemsOf({ stations: 0, properties: 9, drainMs: -1 })).toHaveLength(3);
});
