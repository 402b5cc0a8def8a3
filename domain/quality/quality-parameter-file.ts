import { z } from 'zod';

import { AppError } from '../errors.ts';
import { ASSET_TYPES } from '../model/asset-type.ts';
import { THING_ID_PATTERN } from '../model/identifier.ts';
import { OBSERVED_PROPERTIES } from '../model/observed-property.ts';
import type { SourceMark } from '../model/source-mark.ts';
import { isSuspectAtMost } from './suspect-at-most.ts';

const SOURCES = ['verified', 'secondary', 'memory', 'proposal'] as const satisfies readonly SourceMark[];

const source = z.enum(SOURCES);
const positive = z.number().positive();
const spanMs = z
  .int()
  .min(1_000)
  .max(366 * 86_400_000);
const count = z.int().min(1).max(100);
const STATION_ID = new RegExp(THING_ID_PATTERN);

const span = z.tuple([z.number(), z.number()]).refine(([min, max]) => min < max, {
  error: ({ input }) => `must go from low to high, but is ${JSON.stringify(input)}`,
});

/** Refuses a FAIL threshold that is reached before the SUSPECT threshold. */
function inOrder<Keys extends 'Threshold' | 'ThresholdMs'>(ending: Keys) {
  return (test: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    const suspectAt = test[`suspect${ending}`];
    const failAt = test[`fail${ending}`];
    if (typeof suspectAt !== 'number' || typeof failAt !== 'number' || suspectAt < failAt) return;
    const message = `(${failAt}) must be more than suspect${ending} (${suspectAt})`;
    context.addIssue({ code: 'custom', path: [`fail${ending}`], message });
  };
}

const TESTS = {
  grossRange: z.strictObject({ suspectSpan: span, source }),
  /** In intervals of the datastream, since every datastream has its own. */
  timeGap: z.strictObject({ suspectIntervals: positive.max(1_000), source }),
  spike: z
    .strictObject({ suspectThreshold: positive, failThreshold: positive.exactOptional(), source })
    .superRefine(inOrder('Threshold')),
  rateOfChange: z.strictObject({ suspectThreshold: positive, perMs: spanMs, source }),
  flatLine: z
    .strictObject({
      tolerance: z.number().nonnegative(),
      suspectThresholdMs: spanMs,
      failThresholdMs: spanMs.exactOptional(),
      exemptSpan: span.exactOptional(),
      minRainMm: positive.exactOptional(),
      source,
    })
    .superRefine(inOrder('ThresholdMs')),
  neighbour: z.strictObject({
    overMs: spanMs,
    maxAgeMs: spanMs,
    suspectThreshold: positive,
    minNeighbours: count,
    source,
  }),
  rainIntensity: z.strictObject({
    limits: z
      .array(z.strictObject({ overMs: spanMs, suspectThreshold: positive }))
      .min(1)
      .max(10),
    source,
  }),
  rainNeighbour: z.strictObject({
    overMs: spanMs,
    wetMm: positive,
    ratio: z.number().min(1),
    minNeighbours: count,
    source,
  }),
  counterReset: z.strictObject({ resetMaxMm: z.number().nonnegative(), source }),
  /** What is usual at a place, January to December; null where nothing is known. */
  climatology: z.strictObject({ months: z.array(span.nullable()).length(12), source }),
};

/** Where each test makes sense; anywhere, where it is not listed. */
const ONLY_FOR: Readonly<Partial<Record<keyof typeof TESTS, readonly string[]>>> = {
  rainIntensity: ['rainfall', 'rainfall_counter'],
  rainNeighbour: ['rainfall', 'rainfall_counter'],
  counterReset: ['rainfall_counter'],
};

const off = z.literal('off');

const entry = z
  .strictObject({
    property: z.string().refine(name => OBSERVED_PROPERTIES.has(name), {
      error: ({ input }) => `"${String(input)}" is no observed property`,
    }),
    /** Assets at which it holds; anywhere without it. */
    assetTypes: z
      .array(z.enum(Object.keys(ASSET_TYPES) as [keyof typeof ASSET_TYPES]))
      .min(1)
      .exactOptional(),
    /** Stations at which it holds; it goes before what holds for the type of the asset. */
    stations: z.array(z.string().regex(STATION_ID)).min(1).max(10_000).exactOptional(),
    grossRange: z.union([off, TESTS.grossRange]).exactOptional(),
    timeGap: z.union([off, TESTS.timeGap]).exactOptional(),
    spike: z.union([off, TESTS.spike]).exactOptional(),
    rateOfChange: z.union([off, TESTS.rateOfChange]).exactOptional(),
    flatLine: z.union([off, TESTS.flatLine]).exactOptional(),
    neighbour: z.union([off, TESTS.neighbour]).exactOptional(),
    rainIntensity: z.union([off, TESTS.rainIntensity]).exactOptional(),
    rainNeighbour: z.union([off, TESTS.rainNeighbour]).exactOptional(),
    counterReset: z.union([off, TESTS.counterReset]).exactOptional(),
    climatology: z.union([off, TESTS.climatology]).exactOptional(),
  })
  .superRefine((value, context) => {
    const { property } = value;
    if (value.stations !== undefined && value.assetTypes !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['stations'],
        message: 'stands beside assetTypes: one of them',
      });
    }
    if (typeof value.climatology === 'object' && value.stations === undefined) {
      const message = 'is for stations only: what is usual is so at a place';
      context.addIssue({ code: 'custom', path: ['climatology'], message });
    }
    for (const [test, allowed] of Object.entries(ONLY_FOR)) {
      if (value[test as keyof typeof ONLY_FOR] === undefined || allowed.includes(property)) continue;
      context.addIssue({
        code: 'custom',
        path: [test],
        message: `is for ${allowed.join(' and ')}, not for ${property}`,
      });
    }
    const sensorSpan = OBSERVED_PROPERTIES.get(property)?.sensorSpan;
    if (typeof value.grossRange === 'object' && sensorSpan !== undefined) {
      const [min, max] = value.grossRange.suspectSpan;
      if (min < sensorSpan[0] || max > sensorSpan[1]) {
        const message = `${JSON.stringify([min, max])} must fall within the sensor's span ${JSON.stringify(sensorSpan)}`;
        context.addIssue({ code: 'custom', path: ['grossRange', 'suspectSpan'], message });
      }
    }
    if (!isSuspectAtMost(property)) return;
    const { spike, flatLine } = value;
    const refuse = (path: string[]): void => {
      const message = `${property} is suspect at most: real floods look like faults`;
      context.addIssue({ code: 'custom', path, message });
    };
    if (typeof spike === 'object' && spike.failThreshold !== undefined) refuse(['spike', 'failThreshold']);
    if (typeof flatLine === 'object' && flatLine.failThresholdMs !== undefined) {
      refuse(['flatLine', 'failThresholdMs']);
    }
  });

const file = z
  .strictObject({
    version: z.int().min(1),
    entries: z.array(entry).max(1_000),
  })
  .superRefine(({ entries }, context) => {
    const seen = new Map<string, number>();
    for (const [index, { property, assetTypes, stations }] of entries.entries()) {
      for (const place of stations ?? assetTypes ?? ['any asset']) {
        const key = `${property} at ${place}`;
        const before = seen.get(key);
        if (before === undefined) seen.set(key, index);
        else
          context.addIssue({
            code: 'custom',
            path: ['entries', index],
            message: `${key} stands in entry ${before} too`,
          });
      }
    }
  });

/** The parameters of one property, everywhere, at some types of assets or at some stations. A test that is `off` does not run. */
export type QualityParameterEntry = Readonly<z.infer<typeof entry>>;

/** Quality parameters of a district. */
export type QualityParameterFile = Readonly<z.infer<typeof file>>;

/**
 * Reads a file of quality parameters that was parsed from YAML or JSON. Throws `config_invalid` with every problem and
 * its path.
 */
export function parseQualityParameters(content: unknown): QualityParameterFile {
  const parsed = file.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new AppError('config_invalid', 'The quality parameters were refused.', {
    problems: parsed.error.issues.flatMap(problemsOf),
  });
}

/** One line for each problem; where a test may also be `off`, the problems of the test and not of the word. */
function problemsOf(
  issue: z.core.$ZodIssue,
  parent: readonly PropertyKey[] | number = [],
): readonly string[] {
  const path = [...(typeof parent === 'number' ? [] : parent), ...issue.path];
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.at(-1) ?? [];
    if (branch.length > 0) return branch.flatMap(inner => problemsOf(inner, path));
  }
  return [`${path.map(String).join('.')}: ${issue.message}`];
}
