import { z } from 'zod';

import type { Asset } from '../domain/model/district.ts';
import type { Episode } from '../domain/model/episode.ts';
import { isThingId } from '../domain/model/identifier.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../domain/model/observation.ts';
import type { QualityFlag } from '../domain/model/observation.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { WARNING_SEVERITIES } from '../domain/model/warning-severity.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { compileRules } from './compile-rules.ts';
import { durationText } from './duration-text.ts';
import { evaluateSeries } from './evaluate-series.ts';
import type { Sample } from './sample.ts';
import { parseRuleSet } from './schema.ts';

const datastreamSchema = z.strictObject({
  property: z.string(),
  instance: z.string().optional(),
  datum: z.string().optional(),
  interval: durationText,
  maxGap: durationText.optional(),
  thresholds: z.record(z.string(), z.unknown()).optional(),
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

const caseSchema = z.strictObject({
  name: z.string().min(1),
  rule: z.record(z.string(), z.unknown()),
  stations: z
    .array(
      z.strictObject({
        id: z.string().refine(isThingId),
        asset: z.string().optional(),
        neighbours: z.array(z.string().refine(isThingId)).optional(),
        datastreams: z.array(datastreamSchema).min(1),
      }),
    )
    .min(1),
  assets: z.array(z.record(z.string(), z.unknown())).default([]),
  start: z.iso.datetime({ offset: true }).pipe(z.coerce.date()),
  every: durationText,
  /** By datastream: numbers; `_` none, `?1` suspect, `!1` failed, `1x5` five times. */
  series: z.record(z.string(), z.string()),
  silences: z
    .array(z.strictObject({ input: z.string(), since: durationText, decided: durationText }))
    .default([]),
  outages: z.array(z.strictObject({ from: durationText, to: durationText })).default([]),
  expect: z.array(expectedSchema),
  /** What the rule lacks, by kind of gap. */
  gaps: z.array(z.string()).default([]),
});

type RuleCase = z.infer<typeof caseSchema>;

export interface CaseOutcome {
  readonly name: string;
  /** Empty where the case holds; else a line for each difference or problem. */
  readonly differences: readonly string[];
}

/** Runs one case, series in and episodes expected, as its file gave it. */
export function runCase(value: unknown): CaseOutcome {
  const parsed = caseSchema.safeParse(value);
  if (!parsed.success) {
    return {
      name: 'unreadable',
      differences: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    };
  }
  const { name } = parsed.data;
  const named = { name, nameEn: name, source: 'proposal', ...parsed.data.rule };
  const ruleSet = parseRuleSet({ version: 1, validFrom: 0, rules: [named] });
  if (!ruleSet.ok) return { name, differences: ruleSet.problems };
  const site = siteOf(parsed.data);
  const { planned, gaps } = compileRules(ruleSet.ruleSet, site);
  const samples = samplesOf(parsed.data);
  const versions = { ruleSet: 1, registry: 1 };
  const episodes = planned.flatMap(({ rule, subject, plan }) =>
    evaluateSeries({ rule, subject, basis: [{ from: epochMs(0), versions, plan }] }, samples),
  );
  const found = gaps.map(({ missing, detail }) => `${missing}: ${detail}`);
  return {
    name,
    differences: [...difference('gaps', parsed.data.gaps, found), ...differencesOf(parsed.data, episodes)],
  };
}

function siteOf({ stations, assets }: RuleCase) {
  const things = stations.map(({ id, asset, neighbours, datastreams }): StationSpec => ({
    kind: 'station',
    id,
    name: id,
    ...(asset === undefined ? {} : { asset }),
    ...(neighbours === undefined ? {} : { neighbours }),
    datastreams: datastreams.map(({ property, instance, datum, interval, maxGap, thresholds }) => ({
      property,
      ...(instance === undefined ? {} : { instance }),
      ...(datum === undefined ? {} : { datum }),
      intervalMs: interval,
      ...(maxGap === undefined ? {} : { maxGapMs: maxGap }),
      // Cases are written with the code; wrong names show as gaps.
      ...(thresholds === undefined ? {} : { thresholds }),
    })),
  }));
  return {
    registry: { version: 1, things: new Map(things.map(thing => [thing.id, thing])) },
    district: { assets: new Map((assets as unknown as Asset[]).map(asset => [asset.id, asset])) },
  };
}

function samplesOf({ start, every, series, silences, outages }: RuleCase): readonly Sample[] {
  const at = (offset: number): EpochMs => epochMs(Number(start) + offset);
  const readings = Object.entries(series).flatMap(([input, text]) =>
    tokensOf(text).flatMap((token, index): readonly Sample[] => {
      if (token === '_') return [];
      const t = at(index * every);
      const v = Number(token.replace(/^[?!]/, ''));
      const said = { deviceFlag: NORMAL_FLAG, source: SOURCE_RANK.device, sent: t, received: t, position: 1 };
      return [{ kind: 'reading', input, t, v, quality: qualityOf(token), ...said }];
    }),
  );
  return [
    ...readings,
    ...silences.map(({ input, since, decided }): Sample => ({
      kind: 'silence',
      input,
      since: at(since),
      t: at(decided),
    })),
    ...outages.map(({ from, to }): Sample => ({ kind: 'outage', from: at(from), t: at(to) })),
  ];
}

function tokensOf(text: string): readonly string[] {
  return text
    .trim()
    .split(/\s+/)
    .flatMap(token => {
      const [, value = token, times = '1'] = /^(.+)x(\d+)$/.exec(token) ?? [];
      return Array.from({ length: Number(times) }, () => value);
    });
}

function qualityOf(token: string): QualityFlag {
  if (token.startsWith('?')) return QUALITY.suspect;
  return token.startsWith('!') ? QUALITY.fail : QUALITY.good;
}

function differencesOf({ start, expect }: RuleCase, episodes: readonly Episode[]): readonly string[] {
  const minutes = (t: number): string => `${durationMs(t - Number(start)) / 60_000}m`;
  return [
    ...difference('number of episodes', expect.length, episodes.length),
    ...expect.flatMap((wanted, index) => {
      const episode = episodes[index];
      if (episode === undefined) return [];
      const at = (offset: number | undefined) =>
        offset === undefined ? 'open' : minutes(Number(start) + offset);
      const steps = episode.steps.map(({ severity, t }) => `${severity} ${minutes(t)}`);
      return [
        ...difference(`[${index}].begin`, at(wanted.begin), minutes(episode.begin)),
        ...difference(
          `[${index}].end`,
          at(wanted.end),
          episode.end === undefined ? 'open' : minutes(episode.end),
        ),
        ...difference(`[${index}].severity`, wanted.severity, episode.severity),
        ...difference(`[${index}].toVerify`, wanted.toVerify, episode.toVerify),
        ...(wanted.steps === undefined ? [] : difference(`[${index}].steps`, wanted.steps, steps)),
        ...(wanted.peak === undefined
          ? []
          : difference(`[${index}].peak`, wanted.peak, rounded(episode.peak.value))),
        ...(wanted.ending === undefined
          ? []
          : difference(`[${index}].ending`, wanted.ending, episode.ending)),
      ];
    }),
  ];
}

/** Differences of decimals carry the noise of binary numbers. */
function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function difference(what: string, wanted: unknown, found: unknown): readonly string[] {
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(found)];
  return left === right ? [] : [`${what}: expected ${left}, found ${right}`];
}
