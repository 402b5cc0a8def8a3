import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SequenceTracker } from './sequence-tracker.ts';

function track(...seqs: number[]): SequenceTracker {
  const tracker = new SequenceTracker();
  for (const seq of seqs) tracker.observe(seq);
  return tracker;
}

describe('SequenceTracker', () => {
  it.each([
    { name: 'a counter without holes has no gaps', seqs: [5, 6, 7], gaps: 0, resets: 0 },
    { name: 'skipped numbers are gaps', seqs: [1, 5], gaps: 3, resets: 0 },
    { name: 'a late message fills its gap', seqs: [1, 4, 2], gaps: 1, resets: 0 },
    { name: 'a repeated message changes nothing', seqs: [1, 2, 2, 1], gaps: 0, resets: 0 },
    { name: 'a counter far below is a restart', seqs: [5_000, 3], gaps: 0, resets: 1 },
    { name: 'a counter at 0 after many messages is a restart', seqs: [500, 0, 1], gaps: 0, resets: 1 },
  ])('$name', ({ seqs, gaps, resets }) => {
    expect(track(...seqs).state()).toMatchObject({ gaps, resets });
  });

  it('says nothing before the first number', () => {
    expect(new SequenceTracker().state()).toBeUndefined();
  });

  it('goes on where a kept state ended', () => {
    const tracker = new SequenceTracker(track(1, 3).state());
    tracker.observe(5);
    expect(tracker.state()).toEqual({ highest: 5, gaps: 2, resets: 0 });
  });

  it('counts no gap up to the first number after a death, where numbers may have been forgotten', () => {
    const tracker = new SequenceTracker(track(1, 3).state(), { isExact: false });
    for (const seq of [2, 50, 53]) tracker.observe(seq);
    expect(tracker.state()).toEqual({ highest: 53, gaps: 3, resets: 0 });
  });

  it('counts no gap for any order of a complete run shorter than its memory', () => {
    const run = fc.integer({ min: 2, max: 200 }).chain(length =>
      fc.shuffledSubarray(
        Array.from({ length }, (_, index) => index + 10),
        { minLength: length, maxLength: length },
      ),
    );
    fc.assert(
      fc.property(run, seqs => {
        // What comes before the first number seen cannot be known to be missing.
        const first = seqs[0] ?? 0;
        const state = track(...seqs).state();
        expect(state?.gaps).toBe(0);
        expect(state?.highest).toBe(Math.max(first, ...seqs));
      }),
    );
  });
});
