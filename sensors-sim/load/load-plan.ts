import { AppError } from '../../domain/errors.ts';
import { MAX_READINGS } from '../../codecs/json-v1/codec.ts';
import type { BackOff } from '../device/back-off.ts';
import { LOAD_PROPERTIES } from './load-property.ts';
import { MALFORMATIONS } from './malformation.ts';
import type { MalformationKind } from './malformation.ts';

/** What a load run does. Shares are probabilities in [0, 1]; the same plan and seed make the same contents. */
export interface LoadPlan {
  readonly seed: number;
  /** How many stations, 1 to 20,000. */
  readonly stations: number;
  /** Number of the first one: `load-00001` is 1. Several runs at once take different ranges. */
  readonly firstStation: number;
  /** `water_level` and up to five more, 1 to 6. */
  readonly properties: number;
  /** Messages per second and station, or as fast as they are acknowledged. */
  readonly ratePerStation: number | 'max';
  readonly readingsPerMessage: number;
  /** Fresh messages per station; may be Infinity. Duplicates, corrections and backlog come on top. */
  readonly messagesPerStation: number;
  /** Nothing new is made after this span; may be Infinity. */
  readonly durationMs: number;
  /** Weights of QoS 0, 1 and 2. */
  readonly qosWeights: readonly [number, number, number];
  readonly backlog: LoadBacklog;
  /** Messages that are sent again, later, with the same readings. */
  readonly duplicateShare: number;
  /** Messages that are overtaken by up to five later ones. */
  readonly reorderShare: number;
  /** Messages of which one reading is sent again, later, with another value. */
  readonly correctionShare: number;
  /** Readings with a device flag; a third of them without a value. */
  readonly flagShare: number;
  readonly malformed: {
    /** Messages that come on top and cannot be used, as a share of the fresh ones. */
    readonly share: number;
    readonly kinds: readonly [MalformationKind, ...MalformationKind[]];
  };
  /** Stations whose clock is off by up to `maxMs` to either side. Beyond 10 minutes the server quarantines. */
  readonly skew: { readonly stationShare: number; readonly maxMs: number };
  /** Stations that lose their connection again and again; both spans are means of an exponential distribution. */
  readonly flapping: {
    readonly stationShare: number;
    readonly meanUpMs: number;
    readonly meanDownMs: number;
  };
  /** Connections opened per second; Infinity = all at once. */
  readonly connectsPerS: number;
  /** Messages a station has on the wire without an answer. */
  readonly window: number;
  readonly keepAliveS: number;
  readonly backOff: BackOff;
  /** How long the end of the run waits for what is not yet acknowledged. */
  readonly drainMs: number;
}

/** Readings of one datastream in a message, rounded up. */
export function readingsPerDatastream(plan: LoadPlan): number {
  return Math.ceil(plan.readingsPerMessage / plan.properties);
}

/** What stations measured before the run began; sent as soon as they connect. */
export interface LoadBacklog {
  readonly stationShare: number;
  /** Readings per datastream. */
  readonly readings: number;
  /** Between two readings of a datastream, milliseconds. */
  readonly stepMs: number;
  readonly readingsPerMessage: number;
  /** `obs` is what simple firmware does, which knows one topic only. */
  readonly channel: 'backlog' | 'obs';
}

const MAX_STATIONS = 20_000;
/** The longest span a timer of the platform can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const DEFAULTS: LoadPlan = {
  seed: 1,
  stations: 10,
  firstStation: 1,
  properties: 2,
  ratePerStation: 1,
  readingsPerMessage: 1,
  messagesPerStation: Infinity,
  durationMs: 10_000,
  qosWeights: [0, 1, 0],
  backlog: { stationShare: 0, readings: 0, stepMs: 300_000, readingsPerMessage: 100, channel: 'backlog' },
  duplicateShare: 0,
  reorderShare: 0,
  correctionShare: 0,
  flagShare: 0,
  malformed: {
    share: 0,
    kinds: ['truncated', 'not_utf8', 'no_sent', 'no_readings', 'value_text', 'unknown_property'],
  },
  skew: { stationShare: 0, maxMs: 60_000 },
  flapping: { stationShare: 0, meanUpMs: 5_000, meanDownMs: 1_000 },
  connectsPerS: 1_000,
  window: 20,
  keepAliveS: 60,
  backOff: { baseMs: 1_000, maxMs: 10_000 },
  drainMs: 60_000,
};

/** A plan as it is given: whatever is absent takes its default. */
export type GivenLoadPlan = Partial<Omit<LoadPlan, LoadPlanGroup>> & {
  readonly [Group in LoadPlanGroup]?: Partial<LoadPlan[Group]>;
};
const GROUPS = ['backlog', 'malformed', 'skew', 'flapping', 'backOff'] as const;
type LoadPlanGroup = (typeof GROUPS)[number];

/** Completes a plan. Throws `invalid_request` with every problem where it makes no sense. */
export function completeLoadPlan(given: GivenLoadPlan): LoadPlan {
  const plan: LoadPlan = {
    ...DEFAULTS,
    ...given,
    backlog: { ...DEFAULTS.backlog, ...given.backlog },
    malformed: { ...DEFAULTS.malformed, ...given.malformed },
    skew: { ...DEFAULTS.skew, ...given.skew },
    flapping: { ...DEFAULTS.flapping, ...given.flapping },
    backOff: { ...DEFAULTS.backOff, ...given.backOff },
  };
  const problems = [...unknownFields(plan, DEFAULTS, ''), ...problemsOf(plan)];
  for (const group of GROUPS) problems.push(...unknownFields(plan[group], DEFAULTS[group], `${group}.`));
  if (problems.length > 0) {
    throw new AppError('invalid_request', `The load plan was refused: ${problems.join(' ')}`, { problems });
  }
  return plan;
}

function unknownFields(given: object, known: object, path: string): readonly string[] {
  const unknown = Object.keys(given).filter(key => !Object.hasOwn(known, key));
  return unknown.map(key => `${path}${key}: a plan has no such field.`);
}

/** The span between two messages of one station, milliseconds; 0 at full speed. */
export function messagePeriodMs(plan: LoadPlan): number {
  return plan.ratePerStation === 'max' ? 0 : 1_000 / plan.ratePerStation;
}

/** The span between two readings of one datastream, milliseconds. Whole milliseconds stay distinct from 1 up. */
export function readingStepMs(plan: LoadPlan): number {
  if (plan.ratePerStation === 'max') return 1;
  return (messagePeriodMs(plan) * plan.properties) / plan.readingsPerMessage;
}

function problemsOf(plan: LoadPlan): string[] {
  const problems: string[] = [];
  const range = (path: string, value: number, [low, high]: readonly [number, number]): void => {
    if (!(value >= low && value <= high)) problems.push(`${path}: ${value} is not in [${low}, ${high}].`);
  };
  const whole = (path: string, value: number, limits: readonly [number, number]): void => {
    if (!Number.isInteger(value)) problems.push(`${path}: ${value} is not a whole number.`);
    else range(path, value, limits);
  };
  whole('seed', plan.seed, [0, Number.MAX_SAFE_INTEGER]);
  whole('stations', plan.stations, [1, MAX_STATIONS]);
  whole('firstStation', plan.firstStation, [1, 99_999 - plan.stations + 1]);
  whole('properties', plan.properties, [1, LOAD_PROPERTIES.length]);
  whole('readingsPerMessage', plan.readingsPerMessage, [1, MAX_READINGS]);
  whole('backlog.readings', plan.backlog.readings, [0, 1_000_000]);
  whole('backlog.stepMs', plan.backlog.stepMs, [1, 86_400_000]);
  whole('backlog.readingsPerMessage', plan.backlog.readingsPerMessage, [1, MAX_READINGS]);
  whole('window', plan.window, [1, 1_000]);
  whole('keepAliveS', plan.keepAliveS, [1, 65_535]);
  range('messagesPerStation', plan.messagesPerStation, [0, Infinity]);
  if (plan.durationMs !== Infinity) range('durationMs', plan.durationMs, [0, LONGEST_TIMER_MS]);
  range('drainMs', plan.drainMs, [0, 86_400_000]);
  range('connectsPerS', plan.connectsPerS, [0.001, Infinity]);
  range('skew.maxMs', plan.skew.maxMs, [0, 86_400_000]);
  range('flapping.meanUpMs', plan.flapping.meanUpMs, [1, 86_400_000]);
  range('flapping.meanDownMs', plan.flapping.meanDownMs, [0, 86_400_000]);
  range('backOff.baseMs', plan.backOff.baseMs, [1, 86_400_000]);
  range('backOff.maxMs', plan.backOff.maxMs, [plan.backOff.baseMs, 86_400_000]);
  for (const [path, share] of sharesOf(plan)) range(path, share, [0, 1]);
  for (const weight of plan.qosWeights) range('qosWeights', weight, [0, 1_000_000]);
  if (!(plan.qosWeights[0] + plan.qosWeights[1] + plan.qosWeights[2] > 0)) {
    problems.push('qosWeights: all are 0.');
  }
  for (const kind of plan.malformed.kinds) {
    if (!Object.hasOwn(MALFORMATIONS, kind)) problems.push(`malformed.kinds: there is no "${kind}".`);
  }
  if (plan.ratePerStation === 'max') {
    // Nothing answers at QoS 0, so nothing would hold the sender back.
    if (plan.qosWeights[0] > 0) problems.push('qosWeights: QoS 0 has no full speed.');
  } else {
    range('ratePerStation', plan.ratePerStation, [1e-6, 1_000]);
    if (readingStepMs(plan) < 1) {
      problems.push('readingsPerMessage: more than one reading per millisecond and datastream.');
    }
  }
  return problems;
}

function sharesOf(plan: LoadPlan): readonly (readonly [string, number])[] {
  return [
    ['backlog.stationShare', plan.backlog.stationShare],
    ['duplicateShare', plan.duplicateShare],
    ['reorderShare', plan.reorderShare],
    ['correctionShare', plan.correctionShare],
    ['flagShare', plan.flagShare],
    ['malformed.share', plan.malformed.share],
    ['skew.stationShare', plan.skew.stationShare],
    ['flapping.stationShare', plan.flapping.stationShare],
  ];
}
