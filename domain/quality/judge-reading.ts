import { QUALITY } from '../model/observation.ts';
import { climatology } from './climatology.ts';
import { deviceFlagVerdict } from './device-flag.ts';
import { flatLine } from './flat-line.ts';
import { grossRange } from './gross-range.ts';
import { neighbour } from './neighbour.ts';
import type { PackedFlags, QualityFinding, QualityTest, Verdict } from './quality-finding.ts';
import { appendFlag, NOT_EVALUATED, QUALITY_TESTS, replaceFlag } from './quality-finding.ts';
import type { QualityParameters } from './quality-parameters.ts';
import { counterReset, rainIntensity, rainNeighbour } from './rain-checks.ts';
import type { RainSeries } from './rain-checks.ts';
import { rateOfChange } from './rate-of-change.ts';
import type { SeriesWindow } from './series-window.ts';
import { spike } from './spike.ts';
import { timeGap } from './time-gap.ts';

/** Other series that a test compares with. Rain gauges among them give period totals. */
export interface Companions {
  /** The same property at stations that see the same water or the same rain. */
  readonly neighbours: readonly SeriesWindow[];
  /** Rain gauges nearby. */
  readonly rain: readonly SeriesWindow[];
}

export const NO_COMPANIONS: Companions = { neighbours: [], rain: [] };

/** A series with all that its flags follow from. */
export interface JudgedSeries {
  readonly window: SeriesWindow;
  readonly parameters: QualityParameters;
  readonly companions: Companions;
}

interface TestCase {
  /** Undefined where the datastream has no parameters for the test. */
  readonly judge: (series: JudgedSeries, at: number) => Verdict | undefined;
  /** The parameters of a test that compares the value with others, so that it needs one that can be compared. */
  readonly comparesBy?: Exclude<
    keyof QualityParameters,
    'maxGapMs' | 'suspectAtMost' | 'rainKind' | 'grossRange'
  >;
}

const CASES: Readonly<Record<QualityTest, TestCase>> = {
  device_flag: {
    judge: ({ window }, at) => deviceFlagVerdict(window.deviceFlagAt(at)),
  },
  gross_range: {
    judge: ({ window, parameters }, at) => grossRange(window.valueAt(at), parameters.grossRange),
  },
  time_gap: {
    judge: ({ window, parameters }, at) => parameters.timeGap && timeGap(window, at, parameters.timeGap),
  },
  spike: {
    comparesBy: 'spike',
    judge: ({ window, parameters }, at) =>
      parameters.spike && spike(window, at, parameters.spike, parameters.maxGapMs),
  },
  rate_of_change: {
    comparesBy: 'rateOfChange',
    judge: ({ window, parameters }, at) =>
      parameters.rateOfChange && rateOfChange(window, at, parameters.rateOfChange, parameters.maxGapMs),
  },
  flat_line: {
    comparesBy: 'flatLine',
    judge: ({ window, parameters, companions }, at) =>
      parameters.flatLine &&
      flatLine(window, at, parameters.flatLine, { maxGapMs: parameters.maxGapMs, rain: companions.rain }),
  },
  climatology: {
    comparesBy: 'climatology',
    judge: ({ window, parameters }, at) =>
      parameters.climatology && climatology(window.timeAt(at), window.valueAt(at), parameters.climatology),
  },
  neighbour: {
    comparesBy: 'neighbour',
    judge: ({ window, parameters, companions }, at) =>
      parameters.neighbour && neighbour(window, at, parameters.neighbour, companions.neighbours),
  },
  rain_intensity: {
    comparesBy: 'rainIntensity',
    judge: ({ window, parameters }, at) =>
      parameters.rainIntensity && rainIntensity(window, at, parameters.rainIntensity, rainOf(parameters)),
  },
  rain_neighbour: {
    comparesBy: 'rainNeighbour',
    judge: ({ window, parameters, companions }, at) =>
      parameters.rainNeighbour &&
      rainNeighbour(window, at, parameters.rainNeighbour, {
        ...rainOf(parameters),
        neighbours: companions.neighbours,
      }),
  },
  counter_reset: {
    comparesBy: 'counterReset',
    judge: ({ window, parameters }, at) =>
      parameters.counterReset && counterReset(window, at, parameters.counterReset, parameters.maxGapMs),
  },
};

function rainOf({ rainKind = 'period_total', maxGapMs }: QualityParameters): RainSeries {
  return { kind: rainKind, maxGapMs };
}

const IN_ORDER = QUALITY_TESTS.map(test => CASES[test]);

/** The flags of all tests for the reading at the index. */
export function judgeReading(series: JudgedSeries, at: number): PackedFlags {
  let packed = appendFlag(0, 0);
  for (const test of IN_ORDER) packed = appendFlag(packed, verdictOf(test, series, at)?.flag ?? 0);
  return packed;
}

/** What makes flags old: the next reading of the series, or a reading of a companion. */
export type Occasion = 'next_reading' | 'neighbours' | 'rain';

/** The tests whose flags an occasion can change; to judge the others again would be wasted. */
const CONCERNED: Readonly<Record<Occasion, readonly QualityTest[]>> = {
  next_reading: ['spike'],
  neighbours: ['neighbour', 'rain_neighbour'],
  rain: ['flat_line'],
};

/** The flags of a reading that was judged before, after an occasion. */
export function judgeAfter(
  occasion: Occasion,
  series: JudgedSeries,
  at: number,
  before: PackedFlags,
): PackedFlags {
  let packed = before;
  for (const test of CONCERNED[occasion]) {
    packed = replaceFlag(packed, test, verdictOf(CASES[test], series, at)?.flag ?? 0);
  }
  return packed;
}

/** What tests say of the reading at the index, with what it rests on; those that do not apply say nothing. */
export function explainReading(
  series: JudgedSeries,
  at: number,
  tests: readonly QualityTest[] = QUALITY_TESTS,
): readonly QualityFinding[] {
  const t = series.window.timeAt(at);
  return tests.flatMap(test => {
    const verdict = verdictOf(CASES[test], series, at);
    return verdict === undefined ? [] : [{ test, flag: verdict.flag, t, detail: verdict.detail ?? {} }];
  });
}

function verdictOf({ judge, comparesBy }: TestCase, series: JudgedSeries, at: number): Verdict | undefined {
  if (comparesBy === undefined) return judge(series, at);
  const { window, parameters } = series;
  if (parameters[comparesBy] === undefined) return undefined;
  if (!window.isUsable(at)) return NOT_EVALUATED;
  const verdict = judge(series, at);
  return verdict?.flag === QUALITY.fail && parameters.suspectAtMost
    ? { ...verdict, flag: QUALITY.suspect }
    : verdict;
}
