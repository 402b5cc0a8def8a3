import { z } from 'zod';
import { parseDatastreamName } from '../../domain/model/datastream.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { THRESHOLD_LADDERS } from '../../domain/model/threshold.ts';
import type { ThresholdLadder, ThresholdName } from '../../domain/model/threshold.ts';
import { DAY_MS, SECOND_MS } from '../../domain/time/instant.ts';
import { didYouMean } from '../nearest-name.ts';
import { ALWAYS, datum, isObject, text } from './field-schemas.ts';

/** The shortest and the longest time between two values that are due, and over which a condition is held. */
const INTERVAL_MS = { min: SECOND_MS, max: 31 * DAY_MS } as const;

const MONTH_DAY = /^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const monthDay = text.refine(isMonthDay, {
  error: ({ input }) => `"${String(input)}" is no day of the year (MM-DD)`,
});

const floodLimit = z
  .array(z.strictObject({ from: monthDay, level: z.number() }))
  .min(1)
  .max(366)
  .superRefine((periods: unknown, context) => {
    if (!Array.isArray(periods)) return;
    const days = periods.map((period: unknown) => (isObject(period) ? period['from'] : undefined));
    for (const [index, day] of days.entries()) {
      const before = days[index - 1];
      if (typeof day !== 'string' || typeof before !== 'string' || day > before) continue;
      context.addIssue({
        code: 'custom',
        path: [index, 'from'],
        message: `"${day}" must come after "${before}": the days of a year in order`,
      });
    }
  }, ALWAYS);

/** Every threshold of every ladder. */
const THRESHOLD_NAMES = [
  ...new Set(
    Object.values<ThresholdLadder>(THRESHOLD_LADDERS).flatMap(({ rungs, unordered }) => [
      ...rungs.map(rung => rung.name),
      ...unordered,
    ]),
  ),
].filter((name): name is ThresholdName => name !== 'floodLimit');

const limit = z.number().exactOptional();

/** Limits alone; which names belong together, and their order, depend on the asset. */
export const thresholds = z.strictObject({
  datum: datum.exactOptional(),
  ...(Object.fromEntries(THRESHOLD_NAMES.map(name => [name, limit])) as Record<ThresholdName, typeof limit>),
  floodLimit: floodLimit.exactOptional(),
});

/** A datastream as it stands in a site folder and as it is registered. */
export const datastream = z
  .strictObject({
    property: text.refine(property => OBSERVED_PROPERTIES.has(property), {
      error: ({ input }) =>
        `"${String(input)}" is no observed property.${didYouMean(String(input), OBSERVED_PROPERTIES.keys())}`,
    }),
    // The rule for instances is the same whatever the property.
    instance: text
      .refine(instance => parseDatastreamName(`rainfall.${instance}`) !== undefined, {
        error: 'is no instance: letters, digits, - and _, at most 32',
      })
      .exactOptional(),
    datum: datum.exactOptional(),
    intervalMs: z.int().min(INTERVAL_MS.min).max(INTERVAL_MS.max),
    maxGapMs: z.int().min(INTERVAL_MS.min).max(INTERVAL_MS.max).exactOptional(),
    sensorSpan: z
      .tuple([z.number(), z.number()])
      .refine(([min, max]) => min < max, {
        error: ({ input }) => `must go from low to high, but is ${JSON.stringify(input)}`,
      })
      .exactOptional(),
    thresholds: thresholds.exactOptional(),
  })
  .superRefine((spec: unknown, context) => {
    if (!isObject(spec)) return;
    for (const { path, message } of [...datumProblems(spec), ...gapProblems(spec), ...spanProblems(spec)]) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  }, ALWAYS);

type Fields = Readonly<Record<string, unknown>>;

interface Finding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A stage compared with a limit of another datum is wrong by metres and looks right. */
function datumProblems(spec: Fields): readonly Finding[] {
  const { property, datum: own } = spec;
  const isLevel = OBSERVED_PROPERTIES.get(String(property))?.needsDatum;
  if (isLevel === undefined) return [];
  const problems: Finding[] = [];
  if (isLevel && own === undefined) {
    const message = `is missing: "${String(property)}" is a level, and without its datum it means nothing`;
    problems.push({ path: ['datum'], message });
  }
  if (!isObject(spec['thresholds'])) return problems;
  const { datum: limits, ...rest } = spec['thresholds'];
  const path = ['thresholds', 'datum'];
  if (!isLevel && limits !== undefined) {
    problems.push({ path, message: `must not be there: "${String(property)}" is no level` });
  }
  if (isLevel && limits === undefined && Object.keys(rest).length > 0) {
    problems.push({ path, message: 'is missing: thresholds of a level name the datum they were set in' });
  }
  if (isLevel && typeof own === 'string' && typeof limits === 'string' && own !== limits) {
    const message = `"${limits}" is another datum than that of the datastream, "${own}"`;
    problems.push({ path, message });
  }
  return problems;
}

function gapProblems({ intervalMs, maxGapMs }: Fields): readonly Finding[] {
  if (typeof intervalMs !== 'number' || typeof maxGapMs !== 'number' || maxGapMs >= intervalMs) return [];
  return [{ path: ['maxGapMs'], message: `(${maxGapMs}) must not be below intervalMs (${intervalMs})` }];
}

/** A limit the sensor cannot reach would never be crossed. */
function spanProblems(spec: Fields): readonly Finding[] {
  const { sensorSpan = OBSERVED_PROPERTIES.get(String(spec['property']))?.sensorSpan, thresholds: given } =
    spec;
  if (!isObject(given) || !Array.isArray(sensorSpan)) return [];
  const [min, max] = sensorSpan as readonly unknown[];
  if (typeof min !== 'number' || typeof max !== 'number' || min >= max) return [];
  return limitsOf(given).flatMap(({ path, level }) =>
    level >= min && level <= max
      ? []
      : [
          {
            path: ['thresholds', ...path],
            message: `(${level}) lies outside the sensor span ${min} to ${max}`,
          },
        ],
  );
}

function limitsOf(
  given: Fields,
): readonly { readonly path: readonly PropertyKey[]; readonly level: number }[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (typeof value === 'number') return [{ path: [key], level: value }];
    if (!Array.isArray(value)) return [];
    return value.flatMap((period: unknown, index) =>
      isObject(period) && typeof period['level'] === 'number'
        ? [{ path: [key, index, 'level'], level: period['level'] }]
        : [],
    );
  });
}

function isMonthDay(day: string): boolean {
  const [, month, date] = MONTH_DAY.exec(day) ?? [];
  return month !== undefined && Number(date) <= (DAYS_OF_MONTH[Number(month) - 1] ?? 0);
}
