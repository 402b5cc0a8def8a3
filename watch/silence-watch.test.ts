import { describe, expect, it } from 'vitest';

import { MINUTE_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { SilenceWatch } from './silence-watch.ts';

const second = (at: number) => epochMs(1_790_000_000_000 + at * 1_000);
const INPUT = 'S/water_level';

function listening(): SilenceWatch {
  const watch = new SilenceWatch(durationMs(2 * MINUTE_MS));
  watch.listen([{ input: INPUT, intervalMs: MINUTE_MS, silencesMs: [durationMs(3 * MINUTE_MS)] }]);
  watch.heard(INPUT, second(0), second(0));
  return watch;
}

/** Looks every second, as the watch does; the last answer. */
function lookUntil(watch: SilenceWatch, from: number, to: number, isClockTrusted = true) {
  for (let at = from; at <= to; at += 1) {
    const now = second(at);
    const found = watch.look({ now, heardThrough: now, isClockTrusted });
    if (found.length > 0) return { at, found };
  }
  return undefined;
}

describe('SilenceWatch', () => {
  it('tells who is silent', () => {
    const decision = { kind: 'silence', input: INPUT, t: second(180), since: second(0) };
    expect(lookUntil(listening(), 0, 600)).toEqual({ at: 180, found: [decision] });
  });

  it('calls a time in which it could not even look an outage of our own, and nobody silent before that is journalled', () => {
    const watch = listening();
    expect(lookUntil(watch, 0, 100)).toBeUndefined();
    const outage = { kind: 'outage' as const, from: second(100), t: second(4_000) };
    expect(watch.look({ now: second(4_000), heardThrough: second(4_000), isClockTrusted: true })).toEqual([
      outage,
    ]);
    expect(lookUntil(watch, 4_001, 5_000)).toBeUndefined();
    watch.decided(outage);
    // 100 s before it and 80 s after it, but not before devices have had the time to find back.
    expect(lookUntil(watch, 5_001, 6_000)?.at).toBe(5_001);
  });

  it('calls nobody silent while nothing can be heard, or while our own clock is suspect', () => {
    const watch = listening();
    watch.setDeaf(true);
    expect(lookUntil(watch, 0, 400)).toBeUndefined();
    watch.setDeaf(false);
    expect(lookUntil(watch, 401, 600, false)).toBeUndefined();
    expect(lookUntil(watch, 601, 602)?.at).toBe(601);
  });

  it('does not count what we did not hear, also where it was told from outside', () => {
    const watch = listening();
    const outage = watch.wasAway(second(10), second(1_000));
    expect(outage).toEqual({ kind: 'outage', from: second(10), t: second(1_000) });
    expect(watch.wasAway(second(1_000), second(1_000))).toBeUndefined();
    watch.decided(outage!);
    expect(lookUntil(watch, 1_000, 1_169)).toBeUndefined();
    expect(lookUntil(watch, 1_170, 1_300)?.at).toBe(1_180);
  });
});
