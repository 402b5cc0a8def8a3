import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { seriesPoint } from '../../test/harness/quality-window.ts';
import { DEVICE_FLAGS, QUALITY } from '../model/observation.ts';
import type { QualityFlag } from '../model/observation.ts';
import { epochMs } from '../time/instant.ts';
import { qualify } from './qualify.ts';
import { qualifySeries } from './qualify-series.ts';
import {
  appendFlag,
  flagsByTest,
  QUALITY_TESTS,
  replaceFlag,
  rollUp,
  testsInDoubt,
} from './quality-finding.ts';
import type { PackedFlags, QualityTest } from './quality-finding.ts';

function pack(flags: Readonly<Partial<Record<QualityTest, QualityFlag>>>): PackedFlags {
  let packed = appendFlag(0, 0);
  for (const test of QUALITY_TESTS) packed = appendFlag(packed, flags[test] ?? 0);
  return packed;
}

const anyFlags: fc.Arbitrary<Partial<Record<QualityTest, QualityFlag>>> = fc
  .array(fc.constantFrom<QualityFlag | 0>(0, 1, 2, 3, 4, 9), {
    minLength: QUALITY_TESTS.length,
    maxLength: QUALITY_TESTS.length,
  })
  .map(list =>
    Object.fromEntries(
      QUALITY_TESTS.map((test, at) => [test, list[at]!] as const).filter(([, flag]) => flag !== 0),
    ),
  );

describe('PackedFlags', () => {
  it('gives every flag back', () => {
    fc.assert(
      fc.property(anyFlags, flags => {
        expect(flagsByTest(pack(flags))).toEqual(flags);
      }),
    );
  });

  it('replaces one flag and no other', () => {
    fc.assert(
      fc.property(
        anyFlags,
        fc.constantFrom(...QUALITY_TESTS),
        fc.constantFrom<QualityFlag>(1, 2, 3, 4, 9),
        (flags, test, flag) => {
          expect(flagsByTest(replaceFlag(pack(flags), test, flag))).toEqual({ ...flags, [test]: flag });
        },
      ),
    );
  });

  it('names the tests that doubt, in order', () => {
    const flags = pack({ device_flag: 1, gross_range: 4, time_gap: 9, spike: 2, counter_reset: 3 });
    expect(testsInDoubt(flags)).toEqual(['gross_range', 'time_gap', 'counter_reset']);
    expect(testsInDoubt(pack({ device_flag: 1 }))).toEqual([]);
  });
});

describe('rollUp', () => {
  it.each<{ name: string; flags: Partial<Record<QualityTest, QualityFlag>>; flag: QualityFlag }>([
    { name: 'good and not evaluated', flags: { gross_range: 1, spike: 2 }, flag: 1 },
    { name: 'suspect and good', flags: { gross_range: 1, spike: 3 }, flag: 3 },
    { name: 'fail and suspect', flags: { gross_range: 4, spike: 3 }, flag: 4 },
    { name: 'not evaluated alone', flags: { spike: 2 }, flag: 2 },
    { name: 'no test', flags: {}, flag: 2 },
    {
      name: 'a missing value that the device calls faulty',
      flags: { device_flag: 4, gross_range: 9 },
      flag: 9,
    },
    { name: 'a good value behind a gap', flags: { gross_range: 1, time_gap: 9 }, flag: 1 },
  ])('$name is $flag', ({ flags, flag }) => {
    expect(rollUp(pack(flags))).toBe(flag);
  });
});

describe('a property that floods are read from', () => {
  const parameters = {
    maxGapMs: 2,
    suspectAtMost: true,
    grossRange: { failSpan: [0, 9] as const },
    spike: { suspectThreshold: 1, failThreshold: 2 },
    rateOfChange: { suspectThreshold: 1, perMs: 1 },
    flatLine: { tolerance: 0, suspectThresholdMs: 1, failThresholdMs: 2 },
  };

  it('fails and misses by sensor span and device alone, as a single value does', () => {
    const value = fc.record({
      v: fc.option(fc.integer({ min: -1, max: 10 }), { nil: null }),
      deviceFlag: fc.nat(DEVICE_FLAGS.length - 1),
    });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), values => {
        const points = values.map(({ v, deviceFlag }, t) => ({ ...seriesPoint(t, v), deviceFlag }));
        const judged = qualifySeries(points, parameters, { from: epochMs(0), to: epochMs(values.length) });
        const alone = values.map(({ v, deviceFlag }) => qualify(v, deviceFlag, [0, 9]));
        const withheld = (flag: QualityFlag): boolean => flag === QUALITY.fail || flag === QUALITY.missing;
        for (const [at, { quality }] of judged.entries()) {
          const single = alone[at]!;
          expect(withheld(quality) || withheld(single) ? quality : QUALITY.good).toBe(
            withheld(single) ? single : QUALITY.good,
          );
          if (single === QUALITY.suspect) expect(quality).toBe(QUALITY.suspect);
        }
        expect(judged).toHaveLength(values.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps what would fail as suspect, and elsewhere lets it fail', () => {
    const points = [5, 5, 9, 5, 5].map((v, t) => seriesPoint(t, v));
    const span = { from: epochMs(2), to: epochMs(2) };
    expect(qualifySeries(points, parameters, span)[0]?.quality).toBe(3);
    expect(qualifySeries(points, { ...parameters, suspectAtMost: false }, span)[0]?.quality).toBe(4);
  });
});
