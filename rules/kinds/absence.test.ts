import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QUALITY } from '../../domain/model/observation.ts';
import { MINUTE_MS, durationMs } from '../../domain/time/instant.ts';
import { absenceBinding } from '../../test/harness/absence-binding.ts';
import { minute, readingAt } from '../../test/harness/rule-samples.ts';
import { evaluateSeries } from '../evaluate-series.ts';
import { RuleTrack } from '../rule-track.ts';
import type { Sample } from '../sample.ts';

const binding = absenceBinding();
const INPUT = binding.subject;

function heard(...minutes: readonly number[]): readonly Sample[] {
  return minutes.map(at => readingAt(at, 0));
}

function silence(since: number, decided: number): Sample {
  return { kind: 'silence', input: INPUT, since: minute(since), t: minute(decided) };
}

function away(from: number, to: number): Sample {
  return { kind: 'outage', from: minute(from), t: minute(to) };
}

/** Begin, end and severity, in minutes. */
function absences(samples: readonly Sample[]) {
  const minutes = (t: number): number => (t - minute(0)) / MINUTE_MS;
  return evaluateSeries(binding, samples).map(({ begin, end, severity }) => {
    return [minutes(begin), end === undefined ? undefined : minutes(end), severity];
  });
}

describe('an absence', () => {
  it('ends by a reading from after a decision, whatever was buffered before it', () => {
    expect(absences([...heard(0), silence(0, 15)])).toEqual([[0, undefined, 'blue']]);
    expect(absences([...heard(0, 5, 10), silence(0, 15)])).toEqual([[0, undefined, 'blue']]);
    expect(absences([...heard(0, 5, 10, 20), silence(0, 15)])).toEqual([[0, 20, 'blue']]);
  });

  it('counts from the late reading that ends it, for decisions that were made without that one', () => {
    const decisions = [silence(0, 15), silence(0, 41)];
    expect(absences([...heard(0), ...decisions])).toEqual([[0, undefined, 'yellow']]);
    expect(absences([...heard(0, 20), ...decisions])).toEqual([
      [0, 20, 'blue'],
      [20, undefined, 'blue'],
    ]);
    expect(absences([...heard(0, 30), ...decisions])).toEqual([[0, 30, 'blue']]);
  });

  it('goes on where a reading in it was worth nothing', () => {
    const failed = readingAt(30, 0, { quality: QUALITY.fail });
    const decided = [...heard(0), silence(0, 15), failed, silence(30, 50), away(51, 75), silence(30, 90)];
    expect(absences(decided)).toEqual([[0, undefined, 'blue']]);
  });

  it('does not end by a decision of which less counts, because of an outage of ours', () => {
    const decided = [...heard(0), silence(0, 16), away(17, 45), silence(0, 60)];
    expect(absences(decided)).toEqual([[0, undefined, 'blue']]);
    expect(absences([...decided, ...heard(61)])).toEqual([[0, 61, 'blue']]);
  });
});

const sample = fc.oneof(
  fc.nat(60).map(at => readingAt(2 * at, 0, { receivedAfter: 60 })),
  fc.tuple(fc.nat(60), fc.integer({ min: 15, max: 50 })).map(([at, ms]) => silence(2 * at, 2 * at + ms)),
  fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 40 })).map(([at, ms]) => away(at, at + ms)),
);

it('lies apart from every other absence, and ends by readings only, whatever is decided and comes late', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 5, maxLength: 40 }), samples => {
      const episodes = evaluateSeries(binding, samples);
      const read = new Set(samples.flatMap(({ kind, t }) => (kind === 'reading' ? [t] : [])));
      for (const [place, { begin, end }] of episodes.entries()) {
        expect(begin).toBeGreaterThanOrEqual(episodes[place - 1]?.end ?? 0);
        if (end !== undefined) expect(read).toContain(end);
      }
    }),
    { numRuns: 500, seed: 20_261_125 },
  );
});

it('is told once, and returns by a fresh reading, where a late one ends it and the silence goes on', () => {
  const horizonMs = durationMs(60 * MINUTE_MS);
  const track = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
  track.offer([...heard(0)]);
  const decided = [silence(0, 15), silence(0, 41)].flatMap(each => track.offer([each]).changes);
  expect(decided.map(({ liveSteps }) => liveSteps)).toEqual([['blue'], ['yellow']]);
  const late = track.offer([readingAt(20, 0, { receivedAfter: 60 })]).changes;
  expect(late.map(({ kind, live, liveSteps }) => [kind, live, liveSteps.length])).toEqual([
    ['ended', false, 0],
    ['split', false, 0],
  ]);
  const over = track.offer([readingAt(90, 0)]).changes;
  expect(over.map(({ kind, live }) => [kind, live])).toEqual([
    ['ended', true],
    ['ended', true],
  ]);
});

it('is left alone by what is judged anew in the absence that follows at once', () => {
  const options = { binding, horizonMs: durationMs(10 * MINUTE_MS), acknowledgedAt: () => undefined };
  const samples = [...heard(0, 20), silence(0, 15), silence(0, 41)];
  const episodes = new RuleTrack(options).offer(samples).changes;
  expect(episodes.map(({ kind }) => kind)).toEqual(['raised', 'ended', 'raised']);
  const known = new Map(episodes.map(({ id, episode }) => [id, { id, episode }]));
  const past = { episodes: [...known.values()], issued: {} };
  expect(new RuleTrack(options).refill(samples, past, minute(50)).changes).toEqual([]);
});
