import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QUALITY } from '../domain/model/observation.ts';
import { MINUTE_MS, SECOND_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import type { Reading } from '../rules/sample.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import { watchedMinutes } from './watched-minutes.ts';
import type { WatchedDay } from './watched-minutes.ts';

const DEPTH = { key: 'S/ponding_depth', maxGapMs: durationMs(5 * MINUTE_MS) };
const RAIN = { key: 'S/rainfall', maxGapMs: durationMs(15 * MINUTE_MS) };

function watched(parts: Partial<WatchedDay>) {
  return watchedMinutes({
    inputs: [DEPTH],
    readings: [],
    outages: [],
    day: minute(0),
    liveWindowMs: durationMs(10 * MINUTE_MS),
    ...parts,
  });
}

const outage = (from: number, to: number) => ({ from: minute(from), t: minute(to) });

describe('the minutes of a day', () => {
  it('are all blind where nothing was measured, and all evaluated where the rule needs nothing', () => {
    const none = { evaluated: 0, filledLater: 0, blind: 0, notEvaluatedByUs: 0 };
    expect(watched({})).toEqual({ ...none, blind: 1_440 });
    expect(watched({ inputs: [], outages: [outage(0, 3)] })).toEqual({
      ...none,
      evaluated: 1_437,
      notEvaluatedByUs: 3,
    });
  });

  it('are counted by where they begin where a part of the day is asked for', () => {
    const readings = [readingAt(10, 1)];
    const part = (from: number, to: number) =>
      watched({ readings, within: { from: minute(from), to: minute(to) } });
    expect(part(12, 20)).toEqual({ evaluated: 3, filledLater: 0, blind: 5, notEvaluatedByUs: 0 });
    expect(part(11.5, 12.5)).toMatchObject({ evaluated: 1, blind: 0 });
    expect(part(-100, -50)).toMatchObject({ evaluated: 0, blind: 0 });
  });

  it('are all evaluated where a reading comes at every maxGap, from before the day on', () => {
    const readings = Array.from({ length: 290 }, (_, index) => readingAt(index * 5 - 2, 1));
    expect(watched({ readings })).toMatchObject({ evaluated: 1_440, blind: 0 });
    expect(watched({ readings, day: epochMs(minute(1_440) - 1) })).toMatchObject({ evaluated: 1_440 });
    // The last of them stands three minutes into the next day.
    expect(watched({ readings, day: minute(1_440) })).toMatchObject({ evaluated: 8, blind: 1_432 });
  });

  it('end where the value no longer stands, and a minute that is blind for a part is blind', () => {
    expect(watched({ readings: [readingAt(10, 1)] })).toMatchObject({ evaluated: 5 });
    expect(watched({ readings: [readingAt(10, 1), readingAt(15, 1)] })).toMatchObject({ evaluated: 10 });
    const lateByAMoment = { ...readingAt(15, 1), t: epochMs(minute(15) + 1) };
    expect(watched({ readings: [readingAt(10, 1), lateByAMoment] })).toMatchObject({ evaluated: 9 });
    const halfPast = { ...readingAt(10, 1), t: epochMs(minute(10) + 30 * SECOND_MS) };
    expect(watched({ readings: [halfPast] })).toMatchObject({ evaluated: 4 });
    const inTime = { ...halfPast, t: epochMs(halfPast.t + DEPTH.maxGapMs) };
    expect(watched({ readings: [halfPast, inTime] })).toMatchObject({ evaluated: 9 });
  });

  it('count a reading at the live window as live, and one after it as filled later', () => {
    expect(watched({ readings: [readingAt(10, 1, { receivedAfter: 10 })] })).toMatchObject({ evaluated: 5 });
    const late = { ...readingAt(10, 1), received: epochMs(minute(20) + 1) };
    expect(watched({ readings: [late] })).toMatchObject({ evaluated: 0, filledLater: 5, blind: 1_435 });
    // A correction that comes later takes nothing away.
    expect(watched({ readings: [readingAt(10, 1), late] })).toMatchObject({ evaluated: 5, filledLater: 0 });
  });

  it('are blind by what rules do not see, and evaluated by what is suspect', () => {
    const [fail, missing] = [{ quality: QUALITY.fail }, { quality: QUALITY.missing }];
    const readings = [readingAt(10, 1, fail), readingAt(20, 1, missing), readingAt(30, null)];
    expect(watched({ readings })).toMatchObject({ blind: 1_440 });
    const suspect = readingAt(40, 1, { quality: QUALITY.suspect });
    expect(watched({ readings: [...readings, suspect] })).toMatchObject({ evaluated: 5 });
  });

  it('are ours while we were away for a part of them, also where it was filled in', () => {
    const readings = [readingAt(10, 1, { receivedAfter: 60 })];
    expect(watched({ readings, outages: [outage(12.5, 14.5)] })).toEqual({
      evaluated: 0,
      filledLater: 2,
      blind: 1_435,
      notEvaluatedByUs: 3,
    });
    const overMidnight = [outage(-100, 3), outage(1_430, 2_000)];
    expect(watched({ outages: overMidnight })).toMatchObject({ notEvaluatedByUs: 13 });
  });

  it('need every input, each for as long as its values stand', () => {
    const rain = readingAt(4, 0, { input: RAIN.key });
    const readings = [readingAt(0, 1), readingAt(5, 1, { receivedAfter: 30 }), rain];
    expect(watched({ inputs: [DEPTH, RAIN], readings })).toMatchObject({ evaluated: 1, filledLater: 5 });
  });
});

const reading = fc
  .record({
    at: fc.integer({ min: -30, max: 1_470 }),
    seconds: fc.constantFrom(0, 0, 1, 30, 59),
    receivedAfter: fc.constantFrom(0, 9, 10, 11, 300),
    quality: fc.constantFrom(QUALITY.good, QUALITY.suspect, QUALITY.fail),
    input: fc.constantFrom(DEPTH.key, RAIN.key),
  })
  .map(({ at, seconds, ...rest }): Reading => readingAt(at + seconds / 60, 1, rest));
const away = fc
  .tuple(fc.integer({ min: -60, max: 1_500 }), fc.integer({ min: 0, max: 4_000 }))
  .map(([from, seconds]) => outage(from, from + seconds / 60));
const someDay = fc.record({
  readings: fc.array(reading, { maxLength: 200 }),
  outages: fc.array(away, { maxLength: 5 }),
  inputs: fc.constantFrom([DEPTH], [RAIN], [DEPTH, RAIN]),
});

describe('whatever comes in', () => {
  it('every day adds up to 1,440', () => {
    fc.assert(
      fc.property(someDay, day => {
        const counts = watched(day);
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(1_440);
        expect(Object.values(counts).every(count => Number.isInteger(count) && count >= 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('the order of readings and outages, and whether they repeat, changes nothing', () => {
    const shuffled = someDay.chain(day =>
      fc.record({
        day: fc.constant(day),
        readings: fc.shuffledSubarray([...day.readings, ...day.readings], {
          minLength: 2 * day.readings.length,
        }),
        outages: fc.shuffledSubarray(day.outages, { minLength: day.outages.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ day, readings, outages }) => {
        expect(watched({ ...day, readings, outages })).toEqual(watched(day));
      }),
      { numRuns: 500 },
    );
  });

  it('a further reading never makes a minute worse', () => {
    fc.assert(
      fc.property(someDay, reading, (day, further) => {
        const before = watched(day);
        const after = watched({ ...day, readings: [...day.readings, further] });
        expect(after.evaluated).toBeGreaterThanOrEqual(before.evaluated);
        expect(after.blind).toBeLessThanOrEqual(before.blind);
        expect(after.notEvaluatedByUs).toBe(before.notEvaluatedByUs);
      }),
      { numRuns: 500 },
    );
  });

  it('a further outage never makes a minute better, and a wider live window never worse', () => {
    fc.assert(
      fc.property(someDay, away, (day, further) => {
        const before = watched(day);
        const after = watched({ ...day, outages: [...day.outages, further] });
        expect(after.notEvaluatedByUs).toBeGreaterThanOrEqual(before.notEvaluatedByUs);
        for (const kind of ['evaluated', 'filledLater', 'blind'] as const) {
          expect(after[kind]).toBeLessThanOrEqual(before[kind]);
        }
        const patient = watched({ ...day, liveWindowMs: durationMs(60 * MINUTE_MS) });
        expect(patient.evaluated).toBeGreaterThanOrEqual(before.evaluated);
        expect(patient.blind).toBe(before.blind);
      }),
      { numRuns: 500 },
    );
  });
});
