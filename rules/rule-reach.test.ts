import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Asset } from '../domain/model/district.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { MINUTE_MS, epochMs } from '../domain/time/instant.ts';
import { minute, readingAt } from '../test/harness/rule-samples.ts';
import { compileRules } from './compile-rules.ts';
import type { RuleBinding } from './fold-context.ts';
import { foldSample } from './fold-sample.ts';
import { FRESH_STATE } from './fold-state.ts';
import type { FoldState } from './fold-state.ts';
import type { RulePlan } from './plan.ts';
import type { RuleKindName } from './rule-kinds.ts';
import { inOrder } from './sample.ts';
import type { Sample } from './sample.ts';
import { parseRuleSet } from './schema.ts';
import { SIGNAL_STANDS_MS } from './signals-in-force.ts';

interface Setting {
  /** Of what is named otherwise. */
  readonly kind?: RuleKindName;
  readonly property: string;
  readonly params: object;
  /** What else holds in a storm. */
  readonly inStorm: object;
  readonly values: readonly number[];
  readonly others?: readonly { readonly property: string; readonly values: readonly number[] }[];
  readonly intervalMin?: number;
}

type SettingName = RuleKindName | 'stuck beside a neighbour';

const LEVELS = [1, 2, 3, 4, 5, 6];
const LEVEL_THRESHOLDS = { datum: 'D', warning: 5, guarantee: 6, ground: 6, pumpStart: 2, normal: 5 };
const DEPTH_THRESHOLDS = { blue: 3, yellow: 4, orange: 5, red: 6 };

/** For every kind a rule whose look back is long against its gaps, and values that seldom meet it. */
const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  absence: {
    property: 'water_level',
    inStorm: { steps: [{ severity: 'blue', silentFor: '9m' }] },
    params: {
      steps: [
        { severity: 'blue', silentFor: '12m' },
        { severity: 'yellow', silentFor: '20m' },
      ],
    },
    values: LEVELS,
  },
  backflow: {
    property: 'water_level',
    params: { rainMm: 8, rainWithin: '30m', steps: [{ severity: 'yellow', aboveInvertM: 4 }] },
    inStorm: { deadband: 1, steps: [{ severity: 'orange', aboveInvertM: 3 }] },
    values: [1, 1, 6],
    others: [{ property: 'rainfall', values: [0, 0, 0, 1] }],
  },
  corroborated: {
    property: 'water_level',
    params: { atLeast: 5, steps: [{ severity: 'blue', witnesses: 2 }] },
    inStorm: { steps: [{ severity: 'yellow', witnesses: 3 }] },
    values: LEVELS,
    others: [{ property: 'water_level', values: LEVELS }],
  },
  manhole_freeboard: {
    property: 'water_level',
    params: { steps: [{ severity: 'blue', freeboardM: 1, for: '3m' }] },
    inStorm: { steps: [{ severity: 'blue', freeboardM: 2 }] },
    values: LEVELS,
  },
  over_median: {
    property: 'conductivity',
    params: { over: '1d', leastHours: 12, steps: [{ severity: 'blue', times: 2 }] },
    inStorm: { steps: [{ severity: 'yellow', times: 1.5 }] },
    values: [2, 2, 2, 3, 3, 4, 5, 8],
    intervalMin: 40,
  },
  ponding: {
    property: 'ponding_depth',
    params: {},
    inStorm: { steps: [{ severity: 'orange', threshold: ['blue'] }] },
    values: [0, 1, 2, 3, 4],
  },
  rain_accumulation: {
    property: 'rainfall',
    params: { steps: [{ severity: 'blue', mm: 27, within: '24h' }] },
    inStorm: {
      steps: [
        { severity: 'blue', mm: 6, within: '3h' },
        { severity: 'yellow', mm: 24, within: '24h' },
      ],
    },
    values: [0, 0, 0, 1, 4],
    intervalMin: 60,
  },
  rate_of_rise: {
    property: 'water_level',
    params: { steps: [{ severity: 'blue', rise: 2, within: '30m' }] },
    inStorm: { steps: [{ severity: 'blue', rise: 2, within: '20m' }] },
    values: [2, 2, 2, 2, 2, 3, 4, 5, 6],
  },
  reservoir_flood_limit: {
    property: 'water_level',
    params: { steps: [{ severity: 'blue', threshold: 'normal', for: '3m' }] },
    inStorm: { steps: [{ severity: 'blue', threshold: 'normal', above: -1 }] },
    values: LEVELS,
  },
  stuck: {
    property: 'water_level',
    params: { tolerance: 1, steps: [{ severity: 'blue', flatFor: '12m' }] },
    inStorm: { steps: [{ severity: 'blue', flatFor: '8m' }] },
    values: [1, 1, 1, 1, 1, 1, 1, 1, 3],
  },
  'stuck beside a neighbour': {
    kind: 'stuck',
    property: 'water_level',
    params: { neighbourMovesBy: 2, steps: [{ severity: 'blue', flatFor: '12m' }] },
    inStorm: { steps: [{ severity: 'blue', flatFor: '8m' }] },
    values: [...Array.from({ length: 40 }, () => 1), 2],
    others: [{ property: 'water_level', values: [...Array.from({ length: 30 }, () => 4), 2, 3] }],
  },
  sump_rising: {
    property: 'water_level',
    params: { within: '30m', steps: [{ severity: 'orange', riseM: 3 }] },
    inStorm: { steps: [{ severity: 'red', riseM: 2 }] },
    values: [2, 3, 3, 3, 3, 3, 4, 4, 5],
    others: [{ property: 'pump_running', values: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1] }],
  },
  threshold_ladder: {
    property: 'water_level',
    params: {
      deadband: 0,
      drownable: true,
      watch: 'pumpStart',
      steps: [{ severity: 'blue', threshold: ['warning'], for: '3m' }],
    },
    inStorm: { deadband: 1, steps: [{ severity: 'blue', threshold: ['guarantee'] }] },
    values: LEVELS,
  },
  water_quality_class: {
    property: 'dissolved_oxygen',
    params: { validity: '2m', consecutive: 8, steps: [{ severity: 'blue', classesWorse: 1 }] },
    inStorm: {},
    values: [8, 4, 4, 4, 4, 4],
    others: [
      { property: 'ph', values: [7, 7, 7, 7, 7, 14.5] },
      { property: 'ammonia_nitrogen', values: [0.1, 0.1, 0.1, 1.2] },
    ],
  },
  water_quality_limit: {
    property: 'dissolved_oxygen',
    params: { deadband: 0, steps: [{ severity: 'blue', below: 3, for: '3m' }] },
    inStorm: { deadband: 1, steps: [{ severity: 'blue', below: 2 }] },
    values: LEVELS,
  },
  water_quality_step: {
    property: 'ammonia_nitrogen',
    params: { severity: 'blue', within: '30m', share: 1, amount: 3 },
    inStorm: { severity: 'yellow', amount: 2 },
    values: [2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6],
  },
};

/** Measured by the station of the subject itself. */
const AT_THE_POINT: ReadonlySet<string> = new Set(['pump_running', 'ammonia_nitrogen', 'ph']);

const TIMINGS = [{}, { onDelay: '3m' }, { readings: 3, offDelay: '2m' }];

const WEATHERS = ['in calm', 'in storms'] as const;
type Weather = (typeof WEATHERS)[number];

function planFor(name: SettingName, timing: object, weather: Weather): RulePlan {
  const { property, params, inStorm, others = [], intervalMin = 1, kind = name } = SETTINGS[name];
  const intervalMs = intervalMin * MINUTE_MS;
  const station = (id: string, properties: readonly string[]) =>
    ({
      kind: 'station',
      id,
      name: id,
      asset: 'O',
      neighbours: id === 'S' ? ['N'] : [],
      datastreams: properties.map(each => ({
        property: each,
        intervalMs,
        maxGapMs: 2 * intervalMs,
        ...(each === 'water_level' ? { datum: 'D', thresholds: LEVEL_THRESHOLDS } : {}),
        ...(each === 'ponding_depth' ? { thresholds: DEPTH_THRESHOLDS } : {}),
      })),
    }) as unknown as StationSpec;
  const beside = others.map(other => other.property);
  const things = new Map(
    [
      station('S', [property, ...beside.filter(each => AT_THE_POINT.has(each))]),
      station(
        'N',
        beside.filter(each => !AT_THE_POINT.has(each)),
      ),
    ].map(thing => [thing.id as string, thing]),
  );
  const asset = {
    id: 'O',
    type: 'outfall',
    basin: 'B',
    datum: 'D',
    attributes: { invertM: 1 },
    waterBody: 'river',
    targetClass: 3,
  };
  const outcome = parseRuleSet({
    version: 1,
    validFrom: 0,
    rules: [
      {
        id: 'r',
        kind,
        name: 'r',
        nameEn: 'r',
        source: 'proposal',
        subjects: { property, stations: ['S'] },
        params,
        timing,
        modes: weather === 'in calm' ? [] : [{ signal: 'orange', params: inStorm }],
      },
    ],
  });
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const site = {
    registry: { version: 1, things },
    district: { assets: new Map([['O', asset as unknown as Asset]]) },
  };
  const [planned] = compileRules(outcome.ruleSet, site).planned;
  if (planned === undefined) throw new Error(`no plan for ${name}`);
  return planned.plan;
}

type Draw = readonly [pause: number, picks: readonly number[], isBlind: boolean];

const draws: fc.Arbitrary<readonly Draw[]> = fc.array(
  fc.tuple(
    fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3),
    fc.array(fc.nat(1e6), { minLength: 4, maxLength: 4 }),
    fc.nat(9).map(n => n === 0),
  ),
  { minLength: 150, maxLength: 220, size: 'max' },
);

/** Readings of all inputs, now and then a gap, and the silence that is decided in it. */
function samplesFor(name: SettingName, plan: RulePlan, series: readonly Draw[]): readonly Sample[] {
  const { values, others = [], intervalMin = 1 } = SETTINGS[name];
  const valuesOf = [values, ...others.map(other => other.values)];
  const samples: Sample[] = [];
  let at = 0;
  for (const [pause, picks, isBlind] of series) {
    for (const [index, { key }] of plan.inputs.entries()) {
      const pool = valuesOf[index] ?? values;
      const pick = picks[index] ?? 0;
      // An input beside the subject leaves one reading in seven out.
      if (index > 0 && pick % 7 === 0) continue;
      samples.push(readingAt(at, pool[Math.floor(pick / 7) % pool.length] ?? 0, { input: key }));
    }
    const [silence] = plan.silencesMs;
    if (isBlind && silence !== undefined) {
      const since = minute(at);
      at += silence / MINUTE_MS;
      // Some silences are interrupted by outages of ours, the longer ones further back, the first beyond any reach.
      for (let away = (picks[0] ?? 0) % 40; away > 3; away -= 3) {
        samples.push({ kind: 'outage', from: minute(at - Math.min(5, Math.ceil(away / 4))), t: minute(at) });
        at += 6;
      }
      samples.push({ kind: 'silence', input: plan.inputs[0]!.key, since, t: minute(at) });
    }
    const draw = picks[3] ?? 0;
    if (plan.modes !== undefined && draw % 9 === 0) {
      const severity = draw % 2 === 0 ? 'orange' : null;
      samples.push({ kind: 'signal', zone: '*', t: minute(at), severity });
    }
    at += pause * intervalMin;
  }
  return inOrder(samples);
}

const isQuiet = ({ open, runs }: FoldState): boolean => open === null && runs.every(run => run === null);

/** What a state and a judgement say, without what is only proven as a least duration. */
function told({ state, judgement }: ReturnType<typeof foldSample>) {
  const { open } = state;
  return {
    met: judgement?.metRank,
    kept: judgement?.keptRank,
    begin: open?.begin,
    steps: open?.steps.map(({ severity, t, decidedT, cause }) => ({ severity, t, decidedT, cause })),
  };
}

/** Every judgement that no earlier episode has part in, by the whole and from a fresh state a reach before. */
function judgedTwice(plan: RulePlan, samples: readonly Sample[]) {
  const versions = { ruleSet: 1, registry: 1 };
  const binding: RuleBinding = { rule: 'r', subject: 'S', basis: [{ from: epochMs(0), versions, plan }] };
  const before: FoldState[] = [];
  let whole: FoldState = FRESH_STATE;
  return samples.flatMap((sample, place) => {
    before.push(whole);
    const step = foldSample(whole, sample, binding);
    const hadOpen = whole.open !== null;
    // Now and then a restart lies between: a checkpoint is kept as JSON.
    whole = place % 5 === 0 ? (JSON.parse(JSON.stringify(step.state)) as FoldState) : step.state;
    const cut = samples.findIndex(({ t }) => t >= sample.t - plan.reachMs);
    if (hadOpen || cut === 0 || !isQuiet(before[cut]!)) return [];
    let fresh: FoldState = FRESH_STATE;
    const signalsFrom = sample.t - plan.reachMs - SIGNAL_STANDS_MS;
    const standing = samples.slice(0, cut).filter(({ kind, t }) => kind === 'signal' && t >= signalsFrom);
    for (const earlier of [...standing, ...samples.slice(cut, place)])
      fresh = foldSample(fresh, earlier, binding).state;
    return [{ whole: told(step), fresh: told(foldSample(fresh, sample, binding)) }];
  });
}

describe.each(Object.keys(SETTINGS) as SettingName[])('the reach of %s', name => {
  it.each(WEATHERS)('is as far as a judgement looks back, %s', weather => {
    let begun = 0;
    fc.assert(
      fc.property(fc.constantFrom(...TIMINGS), draws, (timing, series) => {
        const plan = planFor(name, timing, weather);
        const judged = judgedTwice(plan, samplesFor(name, plan, series));
        begun += judged.filter(({ whole }) => whole.begin !== undefined).length;
        expect(judged.map(({ fresh }) => fresh)).toEqual(judged.map(({ whole }) => whole));
      }),
      { numRuns: 40, seed: 20_261_125 },
    );
    expect(begun).toBeGreaterThan(20);
  });
});

it('wants decisions only after silences that say something', () => {
  const minutes = (kind: RuleKindName) => planFor(kind, {}, 'in calm').silencesMs.map(ms => ms / MINUTE_MS);
  expect([minutes('absence'), minutes('ponding'), minutes('rain_accumulation')]).toEqual([[12, 20], [3], []]);
});
