/**
 * Named limits of a datastream, in the unit of its property. Stage terms follow SL 323 and the practice of Chinese flood
 * control; which names a datastream may carry, and in which order they stand, says its ladder.
 */
export type ThresholdName =
  | 'patrol'
  | 'warning'
  | 'siteAlarm'
  | 'guarantee'
  | 'crest'
  | 'record'
  | 'dead'
  | 'normal'
  | 'design'
  | 'check'
  | 'blue'
  | 'yellow'
  | 'orange'
  | 'red'
  | 'pipeCrown'
  | 'ground'
  | 'pumpStop'
  | 'pumpStart'
  | 'high'
  | 'low';

/** The flood-limit level 汛限水位 of a reservoir holds from a day of the year until the next entry, local time. */
export interface FloodLimitPeriod {
  /** `MM-DD`, Asia/Shanghai. */
  readonly from: string;
  readonly level: number;
}

/** The thresholds of one datastream. A name that is absent is not set, which is never "safe" (promise 7). */
export type Thresholds = { readonly [Name in ThresholdName]?: number } & {
  /** What the levels are measured from; the same as the datum of the datastream. Absent where the property is no level. */
  readonly datum?: string;
  /** Reservoirs only; by day of the year, in order. */
  readonly floodLimit?: readonly FloodLimitPeriod[];
};

/** A rung of a ladder: the value lies above the rung before, or may be equal to it. */
interface Rung {
  readonly name: ThresholdName | 'floodLimit';
  readonly mayEqualLower: boolean;
}

const above = (name: Rung['name']): Rung => ({ name, mayEqualLower: false });
const atLeast = (name: Rung['name']): Rung => ({ name, mayEqualLower: true });

/** A set of thresholds that belong together, from the lowest to the highest, and those without a place in the order. */
export interface ThresholdLadder {
  readonly rungs: readonly Rung[];
  readonly unordered: readonly ThresholdName[];
}

/**
 * River and reservoir: the order of the definitions in SL 323 and of the flood control regulations. Ponding: the four
 * warning severities. Manhole, sump and the general pair: by meaning.
 */
export const THRESHOLD_LADDERS = {
  river: {
    rungs: [above('patrol'), above('warning'), atLeast('siteAlarm'), atLeast('guarantee'), atLeast('crest')],
    unordered: ['record'],
  },
  reservoir: {
    rungs: [
      above('dead'),
      above('floodLimit'),
      atLeast('normal'),
      atLeast('design'),
      atLeast('check'),
      atLeast('crest'),
    ],
    unordered: [],
  },
  ponding: { rungs: [above('blue'), above('yellow'), above('orange'), above('red')], unordered: [] },
  manhole: { rungs: [above('pipeCrown'), above('ground')], unordered: [] },
  sump: { rungs: [above('pumpStop'), above('pumpStart'), above('high')], unordered: [] },
  band: { rungs: [above('low'), above('high')], unordered: [] },
} as const satisfies Record<string, ThresholdLadder>;
export type LadderName = keyof typeof THRESHOLD_LADDERS;

/** The ladder of a datastream: by its property, and for a water level by what stands there. */
export function ladderOf(property: string, assetType: string | undefined): LadderName {
  switch (property) {
    case 'water_level':
      return assetType === 'reservoir' ? 'reservoir' : 'river';
    case 'ponding_depth':
      return 'ponding';
    case 'manhole_level':
      return 'manhole';
    case 'sump_level':
      return 'sump';
    default:
      return 'band';
  }
}

/** Something wrong with thresholds, and at which name. */
export interface ThresholdProblem {
  readonly name: keyof Thresholds;
  readonly message: string;
}

/** Names that are not of the ladder, and neighbours that stand in the wrong order. Empty where all is well. */
export function thresholdProblems(
  thresholds: Thresholds,
  ladderName: LadderName,
): readonly ThresholdProblem[] {
  const ladder: ThresholdLadder = THRESHOLD_LADDERS[ladderName];
  const known = new Set<string>([...ladder.rungs.map(({ name }) => name), ...ladder.unordered, 'datum']);
  const foreign = (Object.keys(thresholds) as (keyof Thresholds)[])
    .filter(name => thresholds[name] !== undefined && !known.has(name))
    .map(name => ({
      name,
      message: `is no threshold of the ${ladderName} ladder (${[...known].filter(other => other !== 'datum').join(', ')})`,
    }));
  return [...foreign, ...orderProblems(thresholds, ladder.rungs)];
}

function orderProblems(thresholds: Thresholds, rungs: readonly Rung[]): readonly ThresholdProblem[] {
  const problems: ThresholdProblem[] = [];
  let lower: { readonly name: string; readonly highest: number } | undefined;
  for (const { name, mayEqualLower } of rungs) {
    const levels = levelsOf(thresholds, name);
    if (levels.length === 0) continue;
    const lowest = Math.min(...levels);
    if (lower !== undefined && (mayEqualLower ? lowest < lower.highest : lowest <= lower.highest)) {
      const relation = mayEqualLower ? 'must not be below' : 'must be above';
      problems.push({ name, message: `(${lowest}) ${relation} ${lower.name} (${lower.highest})` });
    }
    lower = { name, highest: Math.max(...levels) };
  }
  return problems;
}

function levelsOf(thresholds: Thresholds, name: Rung['name']): readonly number[] {
  if (name === 'floodLimit') return (thresholds.floodLimit ?? []).map(({ level }) => level);
  const level = thresholds[name];
  return level === undefined ? [] : [level];
}

/**
 * The flood-limit level in force on a day: that of the last entry not after it, and before the first entry of the year
 * that of the year's last.
 *
 * @param monthDay `MM-DD`, Asia/Shanghai
 */
export function floodLimitOn(periods: readonly FloodLimitPeriod[], monthDay: string): number | undefined {
  return (periods.findLast(({ from }) => from <= monthDay) ?? periods.at(-1))?.level;
}
