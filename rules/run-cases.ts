import type { Asset } from '../domain/model/district.ts';
import type { Episode } from '../domain/model/episode.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../domain/model/observation.ts';
import type { QualityFlag } from '../domain/model/observation.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { durationMs, epochMs } from '../domain/time/instant.ts';
import type { EpochMs } from '../domain/time/instant.ts';
import { compileRules } from './compile-rules.ts';
import { evaluateSeries } from './evaluate-series.ts';
import type { RuleCase } from './rule-case.ts';
import type { Sample } from './sample.ts';

export interface CaseOutcome {
  readonly name: string;
  /** Empty where the case holds; else a line for each difference. */
  readonly differences: readonly string[];
}

/** Runs one case: series in, and what comes out against the episodes and gaps that are expected. */
export function runCase(ruleCase: RuleCase): CaseOutcome {
  const { planned, gaps } = compileRules(ruleCase.rule, siteOf(ruleCase));
  const samples = samplesOf(ruleCase);
  const versions = { ruleSet: 1, registry: 1 };
  const episodes = planned.flatMap(({ rule, subject, plan }) =>
    evaluateSeries({ rule, subject, basis: [{ from: epochMs(0), versions, plan }] }, samples),
  );
  const found = gaps.map(({ missing, detail }) => `${missing}: ${detail}`);
  return {
    name: ruleCase.name,
    differences: [...difference('gaps', ruleCase.gaps, found), ...differencesOf(ruleCase, episodes)],
  };
}

function siteOf({ stations, assets }: RuleCase) {
  const things = stations.map((station): StationSpec => ({
    ...station,
    kind: 'station',
    name: station.id,
    datastreams: station.datastreams.map(({ interval, maxGap, thresholds, ...datastream }) => ({
      ...datastream,
      intervalMs: interval,
      ...(maxGap === undefined ? {} : { maxGapMs: maxGap }),
      ...(thresholds === undefined ? {} : { thresholds }),
    })),
  }));
  return {
    registry: { version: 1, things: new Map(things.map(thing => [thing.id, thing])) },
    district: { assets: new Map((assets as Asset[]).map(asset => [asset.id, asset])) },
  };
}

function samplesOf({ start, every, series, silences, outages, signals }: RuleCase): readonly Sample[] {
  const at = (offset: number): EpochMs => epochMs(Number(start) + offset);
  const readings = Object.entries(series).flatMap(([input, tokens]) =>
    tokens.flatMap((token, index): readonly Sample[] => {
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
    ...signals.map(({ zone, at: offset, severity }): Sample => ({
      kind: 'signal',
      zone,
      t: at(offset),
      severity,
    })),
  ];
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
