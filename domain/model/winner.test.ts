import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../time/instant.ts';
import { SOURCE_RANK } from './observation.ts';
import { compareCandidates, sameContent } from './winner.ts';
import type { Candidate } from './winner.ts';

const base: Candidate = { v: 1, deviceFlag: 0, source: SOURCE_RANK.device, sent: epochMs(100), position: 10 };

const candidate: fc.Arbitrary<Candidate> = fc.record({
  v: fc.option(fc.integer({ min: -2, max: 2 }), { nil: null }),
  deviceFlag: fc.integer({ min: 0, max: 3 }),
  source: fc.constantFrom(SOURCE_RANK.device, SOURCE_RANK.operator),
  sent: fc.integer({ min: 0, max: 3 }).map(epochMs),
  position: fc.integer({ min: 1, max: 5 }),
});

describe('compareCandidates', () => {
  it.each([
    {
      name: 'an operator beats a later device',
      winner: { source: SOURCE_RANK.operator, sent: epochMs(1) },
      loser: {},
    },
    { name: 'a value beats a later null', winner: { v: 0 }, loser: { v: null, sent: epochMs(999) } },
    { name: 'flag N beats a later flagged value', winner: {}, loser: { deviceFlag: 4, sent: epochMs(999) } },
    { name: 'the later sent beats the higher value', winner: { v: -5, sent: epochMs(101) }, loser: { v: 9 } },
    { name: 'the higher value beats the lower at equal sent', winner: { v: 2 }, loser: { v: 1 } },
    {
      name: 'the earlier position beats the later when all else is equal',
      winner: { position: 3 },
      loser: {},
    },
  ])('$name', ({ winner, loser }) => {
    expect(compareCandidates({ ...base, ...winner }, { ...base, ...loser })).toBeGreaterThan(0);
    expect(compareCandidates({ ...base, ...loser }, { ...base, ...winner })).toBeLessThan(0);
  });

  it('is a total order: antisymmetric, transitive, and equal only for equal candidates', () => {
    fc.assert(
      fc.property(candidate, candidate, candidate, (a, b, c) => {
        expect(Math.sign(compareCandidates(a, b)) + Math.sign(compareCandidates(b, a))).toBe(0);
        if (compareCandidates(a, b) > 0 && compareCandidates(b, c) > 0) {
          expect(compareCandidates(a, c)).toBeGreaterThan(0);
        }
        if (compareCandidates(a, b) === 0) expect(a).toEqual(b);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('sameContent', () => {
  it('takes a message sent again for a duplicate and another value, flag or source for a correction', () => {
    expect(sameContent(base, { ...base, sent: epochMs(999), position: 77 })).toBe(true);
    expect(sameContent(base, { ...base, v: 2 })).toBe(false);
    expect(sameContent(base, { ...base, v: null })).toBe(false);
    expect(sameContent(base, { ...base, deviceFlag: 2 })).toBe(false);
    expect(sameContent(base, { ...base, source: SOURCE_RANK.operator })).toBe(false);
  });
});
