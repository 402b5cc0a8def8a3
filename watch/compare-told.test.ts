import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import type { WarningSeverity } from '../domain/model/warning-severity.ts';
import { minute } from '../test/harness/rule-samples.ts';
import { compareTold, compareWithHindsight } from './compare-told.ts';
import type { ToldEpisode } from './track-backtest.ts';

interface Shape {
  readonly rule?: string;
  readonly subject?: string;
  readonly begin: number;
  readonly end?: number | undefined;
  readonly severity?: WarningSeverity;
}

function episode({ rule = 'r', subject = 'S/x', begin, end, severity = 'blue' }: Shape): Episode {
  return {
    rule,
    subject,
    begin: minute(begin),
    ...(end === undefined ? {} : { end: minute(end) }),
    severity,
    currentSeverity: severity,
    steps: [],
    peak: { value: 1, t: minute(begin) },
    toVerify: false,
    basis: { ruleSet: 1, registry: 1 },
  };
}

function told(shape: Shape): ToldEpisode {
  const { begin, severity = 'blue' } = shape;
  const at = minute(begin);
  return {
    record: {
      id: `${shape.rule ?? 'r'}.${begin}`,
      status: shape.end === undefined ? 'open' : 'ended',
      episode: episode(shape),
      firstBegin: at,
      told: severity,
      isOverLive: false,
      firstKnownAt: at,
      changedAt: at,
      seq: 1,
    },
    tellings: [{ at, severity }],
  };
}

/** Episodes of a few rules and subjects that do not overlap within a track, as those of one judgement. */
const episodes = fc
  .array(
    fc.record({
      rule: fc.constantFrom('a', 'b'),
      subject: fc.constantFrom('S/x', 'S/y'),
      gap: fc.integer({ min: 1, max: 9 }),
      length: fc.integer({ min: 0, max: 9 }),
      severity: fc.constantFrom<WarningSeverity>('blue', 'red'),
    }),
    { maxLength: 12 },
  )
  .map(all => {
    const ends = new Map<string, number>();
    return all.map(({ rule, subject, gap, length, severity }) => {
      const begin = (ends.get(rule + subject) ?? 0) + gap;
      ends.set(rule + subject, begin + length);
      return told({ rule, subject, begin, end: begin + length, severity });
    });
  });

/** By minutes: whether both are there at some minute. */
function meet({ record: a }: ToldEpisode, { record: b }: ToldEpisode): boolean {
  for (let at = 0; at < 300; at += 1) {
    const isThere = ({ begin, end }: Episode): boolean =>
      begin <= minute(at) && minute(at) <= (end ?? Infinity);
    if (isThere(a.episode) && isThere(b.episode)) return true;
  }
  return false;
}

describe('compareTold', () => {
  it('says what comparing every pair minute by minute says', () => {
    fc.assert(
      fc.property(episodes, episodes, (before, after) => {
        const { added, removed, changed, same, hits, misses } = compareTold(before, after);
        const isOfTrack = (a: ToldEpisode, b: ToldEpisode): boolean =>
          a.record.episode.rule === b.record.episode.rule &&
          a.record.episode.subject === b.record.episode.subject;
        const isPartner = (a: ToldEpisode) => (b: ToldEpisode) => isOfTrack(a, b) && meet(a, b);
        expect(added).toEqual(after.filter(one => !before.some(isPartner(one))));
        expect(removed).toEqual(before.filter(one => !after.some(isPartner(one))));
        expect(changed.length + same + added.length).toBe(after.length);
        for (const pair of changed) expect(isPartner(pair.before)(pair.after)).toBe(true);
        const isMissed = (one: ToldEpisode): boolean =>
          !after.some(
            other => other.record.episode.subject === one.record.episode.subject && meet(one, other),
          );
        expect(misses).toEqual(before.filter(isMissed));
        expect(hits + misses.length).toBe(before.length);
      }),
      { numRuns: 500 },
    );
  });

  it('finds nothing to say where both tell the same', () => {
    fc.assert(
      fc.property(episodes, all => {
        expect(compareTold(all, all)).toEqual({
          added: [],
          removed: [],
          changed: [],
          same: all.length,
          hits: all.length,
          misses: [],
        });
      }),
    );
  });

  it('calls what begins elsewhere, or is told higher, changed; and a renamed rule added, removed and a hit', () => {
    const before = [told({ begin: 0, end: 10 }), told({ begin: 20 })];
    const after = [
      told({ begin: 2, end: 10 }),
      told({ begin: 20, severity: 'red' }),
      told({ rule: 'renamed', begin: 3, end: 4 }),
    ];
    const { changed, added } = compareTold(before, after);
    expect(changed.map(pair => pair.after)).toEqual(after.slice(0, 2));
    expect(added).toEqual([after[2]]);
    expect(compareTold(before, after.slice(2))).toMatchObject({
      removed: before,
      hits: 1,
      misses: [before[1]],
    });
  });
});

describe('compareWithHindsight', () => {
  it('tells what nobody was warned of, and warnings without an episode', () => {
    const outcome = compareWithHindsight(
      [told({ begin: 0, end: 5, severity: 'yellow' }), told({ begin: 50, end: 55 }), told({ begin: 90 })],
      [
        episode({ begin: 0, end: 5 }),
        episode({ begin: 20, end: 25 }),
        episode({ begin: 88, severity: 'orange' }),
        episode({ rule: 'other', begin: 50, end: 55 }),
      ],
    );
    expect(outcome).toMatchObject({ episodes: 4, told: 2, toldHigher: 1, toldLower: 1 });
    expect(outcome.untold.map(({ begin }) => begin)).toEqual([minute(20), minute(50)]);
    expect(outcome.unfounded.map(({ record }) => record.episode.begin)).toEqual([minute(50)]);
  });
});
