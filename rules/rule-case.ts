import { z } from 'zod';

import { ASSET_TYPES } from '../domain/model/asset-type.ts';
import type { AssetType } from '../domain/model/asset-type.ts';
import { formatDatastreamName } from '../domain/model/datastream.ts';
import { isThingId } from '../domain/model/identifier.ts';
import { WARNING_SEVERITIES } from '../domain/model/warning-severity.ts';
import { durationText } from './duration-text.ts';
import { parseRuleSet } from './schema.ts';

const thingId = z.string().refine(isThingId, { error: 'is no id of a station' });

/** One reading of a series, or several equal ones; `_` is none. */
const TOKEN = /^(?<reading>_|[?!]?-?\d+(?:\.\d+)?(?:e-?\d{1,2})?)(?:x(?<times>\d{1,5}))?$/;

/** Readings of one series: a month of five-minute ones. */
const READINGS_MAX = 10_000;

/** `0.2x3 _ ?0.3`: the readings one by one, as they are written. */
const seriesText = z.string().transform((text, context): readonly string[] => {
  const readings: string[] = [];
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  for (const token of text.trim().split(/\s+/)) {
    const { reading, times = '1' } = TOKEN.exec(token)?.groups ?? {};
    if (reading === undefined) return refuse(`has "${token}", which is no reading`);
    if (readings.length + Number(times) > READINGS_MAX)
      return refuse(`has more than ${READINGS_MAX} readings`);
    for (let count = 0; count < Number(times); count++) readings.push(reading);
  }
  return readings;
});

/** A rule set of the one rule; what a reader of the case does not need may be left out. `seasons` are those of the set. */
const ruleSetOfOne = z.record(z.string(), z.unknown()).transform(({ seasons, ...rule }, context) => {
  const named = { name: 'case', nameEn: 'case', source: 'proposal', ...rule };
  const outcome = parseRuleSet({ version: 1, validFrom: 0, seasons, rules: [named] });
  if (outcome.ok) return outcome.ruleSet;
  for (const { keys, message } of outcome.found) {
    context.addIssue({ code: 'custom', path: keys[0] === 'seasons' ? [...keys] : keys.slice(2), message });
  }
  return z.NEVER;
});

const datastreamSchema = z.strictObject({
  property: z.string(),
  instance: z.string().exactOptional(),
  datum: z.string().exactOptional(),
  interval: durationText,
  maxGap: durationText.exactOptional(),
  /** A name that no rule knows shows as a gap. */
  thresholds: z
    .looseObject({
      datum: z.string().exactOptional(),
      floodLimit: z.array(z.strictObject({ from: z.string(), level: z.number() })).exactOptional(),
    })
    .catchall(z.number())
    .exactOptional(),
});

/** As much of an asset as rules look at. */
const assetSchema = z.strictObject({
  id: z.string(),
  type: z.enum(Object.keys(ASSET_TYPES) as [AssetType, ...AssetType[]]).exactOptional(),
  basin: z.string().exactOptional(),
  datum: z.string().exactOptional(),
  attributes: z.record(z.string(), z.number()).exactOptional(),
  waterBody: z.enum(['river', 'lake']).exactOptional(),
  targetClass: z.int().exactOptional(),
});

const expectedSchema = z.strictObject({
  begin: durationText,
  end: durationText.optional(),
  ending: z.enum(['returned', 'basis_changed']).optional(),
  severity: z.enum(WARNING_SEVERITIES),
  steps: z.array(z.string()).optional(),
  toVerify: z.boolean().default(false),
  peak: z.number().optional(),
});

/** One case of a rule: series in, episodes expected. Times are from the start. */
export const ruleCaseSchema = z
  .strictObject({
    name: z.string().min(1),
    rule: ruleSetOfOne,
    stations: z
      .array(
        z.strictObject({
          id: thingId,
          asset: z.string().exactOptional(),
          basin: z.string().exactOptional(),
          neighbours: z.array(thingId).exactOptional(),
          datastreams: z.array(datastreamSchema).min(1),
        }),
      )
      .min(1),
    assets: z.array(assetSchema).default([]),
    start: z.iso.datetime({ offset: true }).pipe(z.coerce.date()),
    every: durationText,
    /** By datastream: numbers; `_` none, `?1` suspect, `!1` failed, `1x5` five times. */
    series: z.record(z.string(), seriesText),
    silences: z
      .array(z.strictObject({ input: z.string(), since: durationText, decided: durationText }))
      .default([]),
    outages: z.array(z.strictObject({ from: durationText, to: durationText })).default([]),
    /** Official rainstorm signals: `severity` null lifts. */
    signals: z
      .array(
        z.strictObject({
          zone: z.string().min(1),
          at: durationText,
          severity: z.enum(WARNING_SEVERITIES).nullable(),
        }),
      )
      .default([]),
    expect: z.array(expectedSchema),
    /** What the rule lacks, by kind of gap. */
    gaps: z.array(z.string()).default([]),
  })
  .superRefine(({ stations, series, silences }, context) => {
    const known = new Set(
      stations.flatMap(({ id, datastreams }) =>
        datastreams.map(stream => `${id}/${formatDatastreamName(stream)}`),
      ),
    );
    const refuse = (input: string, path: readonly PropertyKey[]): void => {
      if (known.has(input)) return;
      context.addIssue({
        code: 'custom',
        path: [...path],
        message: `"${input}" is no datastream of the case`,
      });
    };
    for (const input of Object.keys(series)) refuse(input, ['series', input]);
    for (const [index, { input }] of silences.entries()) refuse(input, ['silences', index, 'input']);
  });

export type RuleCase = z.output<typeof ruleCaseSchema>;
