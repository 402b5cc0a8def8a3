import { expect, it } from 'vitest';

import { QUALITY } from '../domain/model/observation.ts';
import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { ladderPlan, readingAt } from '../test/harness/rule-samples.ts';
import { RuleTrack } from './rule-track.ts';
import { SampleWindow } from './sample-window.ts';

const failed = readingAt(1, 12, { quality: QUALITY.fail });

it('folds again for another flag of a reading that was there before, and calls nothing new', () => {
  const window = new SampleWindow([readingAt(0, 0), failed]);
  const { from, inserted } = window.insert([readingAt(1, 12)]);
  expect([from, inserted.size]).toEqual([1, 0]);
  expect(window.samples[1]).toMatchObject({ quality: QUALITY.good });
  const corrected = { ...readingAt(1, 13, { sent: 2 }), position: 2 };
  expect(window.insert([corrected]).inserted).toEqual(new Set([corrected]));
});

it('so that an old flag that turns out wrong is recorded and tells nobody; the next fresh reading does', () => {
  const basis = [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan: ladderPlan([10]) }];
  const track = new RuleTrack({
    binding: { rule: 'r', subject: 'S/ponding_depth', basis },
    horizonMs: durationMs(30 * MINUTE_MS),
    acknowledgedAt: () => undefined,
  });
  track.offer([readingAt(0, 0), failed]);
  const [raised] = track.offer([readingAt(1, 12)]).changes;
  expect(raised).toMatchObject({ kind: 'raised', live: false, liveSteps: [] });
  expect(track.offer([readingAt(2, 12)]).changes).toMatchObject([{ live: true, liveSteps: ['blue'] }]);
});
