import { QUALITY } from '../model/observation.ts';
import type { QualityFlag } from '../model/observation.ts';
import type { EpochMs } from '../time/instant.ts';

/** Every test of a reading, in the order in which `PackedFlags` keeps them. Stored; only appended to. */
export const QUALITY_TESTS = [
  'device_flag',
  'gross_range',
  'time_gap',
  'spike',
  'rate_of_change',
  'flat_line',
  'climatology',
  'neighbour',
  'rain_intensity',
  'rain_neighbour',
  'counter_reset',
] as const;
export type QualityTest = (typeof QUALITY_TESTS)[number];

/** What a test measured and the parameters it held that against, by name; times and spans in milliseconds. */
export type FindingDetail = Readonly<Record<string, number | string | readonly [number, number]>>;

/** What one test says of one value. */
export interface Verdict {
  readonly flag: QualityFlag;
  /** Absent where there is nothing to explain. */
  readonly detail?: FindingDetail;
}

/** One flag with its test, its reading and what it rests on: what an alarm shows of its inputs. */
export interface QualityFinding {
  readonly test: QualityTest;
  readonly flag: QualityFlag;
  readonly t: EpochMs;
  readonly detail: FindingDetail;
}

/** Shared, because almost every verdict is this one. */
export const GOOD: Verdict = { flag: QUALITY.good };

/** The test has nothing to compare with: no reading near enough, or none that can be used. */
export const NOT_EVALUATED: Verdict = { flag: QUALITY.unknown, detail: { reason: 'nothing_to_compare' } };

export function suspect(detail: FindingDetail): Verdict {
  return { flag: QUALITY.suspect, detail };
}

export function fail(detail: FindingDetail): Verdict {
  return { flag: QUALITY.fail, detail };
}

/** The flags of all tests of one reading as one exact integer: a hexadecimal digit each, 0 where the test does not apply. */
export type PackedFlags = number & { readonly __brand: 'PackedFlags' };

const DIGIT = 16;

/** Appends the flag of the next test in the order of `QUALITY_TESTS`. */
export function appendFlag(packed: number, flag: QualityFlag | 0): PackedFlags {
  return (packed * DIGIT + flag) as PackedFlags;
}

/** The flags with another one for a test. */
export function replaceFlag(packed: PackedFlags, test: QualityTest, flag: QualityFlag | 0): PackedFlags {
  const weight = WEIGHTS[test];
  return (packed + (flag - (Math.floor(packed / weight) % DIGIT)) * weight) as PackedFlags;
}

const WEIGHTS = Object.fromEntries(
  QUALITY_TESTS.map((test, at) => [test, DIGIT ** (QUALITY_TESTS.length - 1 - at)]),
) as Readonly<Record<QualityTest, number>>;

/** The flags by test; tests that do not apply are left out. */
export function flagsByTest(packed: PackedFlags): Readonly<Partial<Record<QualityTest, QualityFlag>>> {
  const digits = packed.toString(DIGIT).padStart(QUALITY_TESTS.length, '0');
  return Object.fromEntries(
    QUALITY_TESTS.map((test, at) => [test, Number(digits[at])] as const).filter(([, flag]) => flag !== 0),
  );
}

const NONE: readonly QualityTest[] = [];

/** The tests that say SUSPECT, FAIL or MISSING. */
export function testsInDoubt(packed: PackedFlags): readonly QualityTest[] {
  let tests: QualityTest[] | undefined;
  for (let at = QUALITY_TESTS.length - 1, rest: number = packed; rest > 0; at -= 1) {
    const flag = rest % DIGIT;
    rest = (rest - flag) / DIGIT;
    const test = QUALITY_TESTS[at];
    if (flag >= QUALITY.suspect && test !== undefined) tests = [test, ...(tests ?? NONE)];
  }
  return tests ?? NONE;
}

/**
 * The one flag of a reading. Missing where the value is; else the worst, fail over suspect over good over not
 * evaluated, as ioos_qc rolls flags up. A gap before a value says nothing of the value, so that test has no vote.
 */
export function rollUp(packed: PackedFlags): QualityFlag {
  let rest: number = packed;
  let worst = 0;
  for (let at = QUALITY_TESTS.length - 1; at >= 0; at -= 1) {
    const flag = rest % DIGIT;
    rest = (rest - flag) / DIGIT;
    if (QUALITY_TESTS[at] === 'time_gap' || flag === 0) continue;
    if (flag === QUALITY.missing) return QUALITY.missing;
    worst = worseOf(worst, flag);
  }
  return worst === 0 ? QUALITY.unknown : (worst as QualityFlag);
}

/** Not evaluated is no reason to doubt, so good outranks it. */
function worseOf(a: number, b: number): number {
  const rank = (flag: number): number => (flag === QUALITY.unknown ? 0.5 : flag);
  return rank(b) > rank(a) ? b : a;
}
