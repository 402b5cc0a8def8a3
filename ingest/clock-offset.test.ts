import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ClockOffsetTracker } from './clock-offset.ts';

describe('ClockOffsetTracker', () => {
  it('knows nothing before the first message and no uncertainty after one', () => {
    const tracker = new ClockOffsetTracker();
    expect(tracker.estimate()).toBeUndefined();
    tracker.observe(900, 1_000);
    expect(tracker.estimate()).toEqual({ offsetMs: -100, samples: 1 });
  });

  it('never overestimates, and is right as soon as one message came without delay', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 31 });
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e7 }), delays, (offset, delays) => {
        const tracker = new ClockOffsetTracker();
        let now = 1_000_000_000;
        for (const delay of delays) {
          now += 60_000;
          tracker.observe(now + offset, now + delay);
        }
        const slowed = tracker.estimate();
        expect(slowed?.offsetMs).toBe(offset - Math.min(...delays));
        tracker.observe(now + offset, now);
        expect(tracker.estimate()?.offsetMs).toBe(offset);
      }),
    );
  });

  it('forgets what is older than its window', () => {
    const tracker = new ClockOffsetTracker();
    tracker.observe(10_000, 0);
    for (let n = 0; n < 32; n++) tracker.observe(n, n);
    expect(tracker.estimate()?.offsetMs).toBe(0);
  });
});
