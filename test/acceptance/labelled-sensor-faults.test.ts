import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import { flagsByTest, QUALITY_TESTS } from '../../domain/quality/quality-finding.ts';
import type { PackedFlags } from '../../domain/quality/quality-finding.ts';
import { reachOf } from '../../domain/quality/quality-parameters.ts';
import type { QualityParameters } from '../../domain/quality/quality-parameters.ts';
import { QualitySeries } from '../../domain/quality/quality-series.ts';
import { resolveParameters } from '../../domain/quality/resolve-parameters.ts';
import { durationMs, epochMs } from '../../domain/time/instant.ts';
import { loganSeries, pumpSeries, queenslandSeries } from '../harness/labelled-series.ts';
import type { LabelledReading, LabelledSeries } from '../harness/labelled-series.ts';
import { printFigure } from '../harness/print-figure.ts';
import { sharedData } from '../harness/shared-data.ts';

const folder = sharedData('sensor-qc-labelled');

/** Labelled readings of temp, cond, ph, do, turb and stage, as the set's README counts them. */
const LOGAN_LABELS: Readonly<Record<string, readonly number[]>> = {
  BlackSmithFork2015: [115, 230, 570, 116, 6, 1],
  FranklinBasin2014: [29, 3_694, 3_438, 0, 254, 4_925],
  TonyGrove2014: [26, 3_280, 2_036, 0, 984, 1_862],
  MainStreet2019: [198, 519, 123, 5_674, 71, 5_021],
  Mendon2019: [3_798, 4_453, 4_534, 727, 479, 72],
  WaterLab2020: [0, 0, 0, 13, 0, 0],
};
/** Labelled readings of level, cond and turb. */
const QUEENSLAND_LABELS: Readonly<Record<string, readonly number[]>> = {
  sandy: [2, 2, 920],
  pioneer: [6, 519, 731],
};
/** What was done to the pump in the numbered runs. */
function pumpFault(run: string): string {
  const [kind = '', number = '0'] = run.split('-');
  if (kind === 'valve1') return 'inlet valve closed';
  if (kind === 'valve2') return 'outlet valve closed';
  if (Number(number) <= 4) return 'leak and top-up';
  return Number(number) <= 9 ? 'rotor imbalance' : 'water added';
}

/** What a reading was, and which tests doubted it. Readings with a missing value are no part of it. */
interface Judgement {
  readonly fault: string | undefined;
  readonly by: readonly string[];
}

/** The flags of a series as the stream gives them, one reading after the other. */
function judge(series: LabelledSeries, parameters: QualityParameters): readonly Judgement[] {
  const stream = new QualitySeries(parameters, {
    horizonMs: durationMs(reachOf(parameters).beforeMs),
    maxReadings: 100_000,
  });
  const flags = new Map<number, { readonly quality: number; readonly flags: PackedFlags }>();
  for (const [index, { t, v }] of series.readings.entries()) {
    const at = epochMs(t);
    const { changes } = stream.offer([
      { t: at, v, deviceFlag: 0, source: SOURCE_RANK.device, sent: at, received: at, position: index + 1 },
    ]);
    for (const change of changes) flags.set(change.t, change);
  }
  return series.readings.flatMap(({ t, v, fault }) => {
    const told = flags.get(t);
    if (v === null || told === undefined) return [];
    const by = Object.entries(flagsByTest(told.flags)).flatMap(([test, flag]) =>
      flag === QUALITY.suspect || flag === QUALITY.fail ? [test] : [],
    );
    return [{ fault, by }];
  });
}

/** Counts of a part of the readings: labelled ones found, and good ones doubted. */
class Score {
  labelled = 0;
  found = 0;
  good = 0;
  doubted = 0;
  /** Unbroken runs of the label, and those of which at least one reading was doubted. */
  events = 0;
  eventsFound = 0;
  #event: 'none' | 'open' | 'found' = 'none';

  addLabelled(isDoubted: boolean): void {
    this.labelled += 1;
    if (this.#event === 'none') {
      this.#event = 'open';
      this.events += 1;
    }
    if (!isDoubted) return;
    this.found += 1;
    if (this.#event === 'open') this.eventsFound += 1;
    this.#event = 'found';
  }

  addGood(isDoubted: boolean): void {
    this.endEvent();
    this.good += 1;
    if (isDoubted) this.doubted += 1;
  }

  endEvent(): void {
    this.#event = 'none';
  }

  /** Youden's J: the share of faults found less the share of good readings doubted; 0 is what blind guessing gives. */
  get informedness(): number {
    return this.found / this.labelled - this.doubted / this.good;
  }
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`;
}

const WAYS = ['gross range', 'all tests'] as const;
type Way = (typeof WAYS)[number];

/** Scores of several series together: over all, by fault and by test. */
class Table {
  readonly #scores = new Map<string, Score>();
  readonly #faults = new Set<string>();

  of(way: Way, part = 'all'): Score {
    const key = `${part} | ${way}`;
    const score = this.#scores.get(key) ?? new Score();
    this.#scores.set(key, score);
    return score;
  }

  addBoth(judgements: readonly Judgement[]): void {
    this.#add('gross range', grossRangeOnly(judgements));
    this.#add('all tests', judgements);
  }

  print(title: string): void {
    for (const way of WAYS) {
      const { found, labelled, doubted, good } = this.of(way);
      printFigure(
        `${title}: ${way}: recall ${share(found, labelled)}, precision ${share(found, found + doubted)}, ` +
          `good readings doubted ${share(doubted, good)}`,
      );
    }
    for (const fault of [...this.#faults].sort()) {
      const [alone, all] = WAYS.map(way => this.of(way, fault));
      printFigure(
        `${title}: ${fault}: gross range ${share(alone?.found ?? 0, alone?.labelled ?? 0)}, ` +
          `all tests ${share(all?.found ?? 0, all?.labelled ?? 0)}; ` +
          `events ${alone?.eventsFound}, ${all?.eventsFound} of ${all?.events}`,
      );
    }
    for (const test of QUALITY_TESTS) {
      const { found, doubted } = this.of('all tests', test);
      if (found + doubted > 0) printFigure(`${title}: ${test}: precision ${share(found, found + doubted)}`);
    }
  }

  #add(way: Way, judgements: readonly Judgement[]): void {
    const all = this.of(way);
    for (const { fault, by } of judgements) {
      if (fault === undefined) all.addGood(by.length > 0);
      else all.addLabelled(by.length > 0);
      for (const test of by) {
        const score = this.of(way, test);
        if (fault === undefined) score.addGood(true);
        else score.addLabelled(true);
      }
    }
    for (const fault of new Set(judgements.map(judgement => judgement.fault))) {
      if (fault === undefined) continue;
      this.#faults.add(fault);
      const score = this.of(way, fault);
      for (const judgement of judgements) {
        if (judgement.fault === fault) score.addLabelled(judgement.by.length > 0);
        else score.endEvent();
      }
      score.endEvent();
    }
    all.endEvent();
  }
}

/** What the gross range alone doubts; no test hears another, so it is a part of what all of them say. */
function grossRangeOnly(judgements: readonly Judgement[]): readonly Judgement[] {
  return judgements.map(({ fault, by }) => ({ fault, by: by.filter(test => test === 'gross_range') }));
}

function shippedParameters({ property, intervalMs }: LabelledSeries): QualityParameters {
  expect(property).toBeDefined();
  return resolveParameters({ property: property ?? '', intervalMs }).parameters;
}

/**
 * The shipped parameters with thresholds for spike and rate from the first third of the series, without its labels:
 * three times the 99 % quantile of the step from one reading to the next. The rest is what is scored.
 */
function siteParameters(series: LabelledSeries): QualityParameters {
  const shipped = shippedParameters(series);
  const values = firstThird(series.readings).flatMap(({ v }) => (v === null ? [] : [v]));
  const steps = values.slice(1).map((v, at) => Math.abs(v - (values[at] ?? v)));
  const suspectThreshold = 3 * quantile(steps, 0.99);
  return {
    ...shipped,
    spike: { suspectThreshold },
    rateOfChange: { suspectThreshold, perMs: series.intervalMs },
  };
}

/** A test bed stands in no climate, so its first third says what is usual: the 0.1 % to 99.9 % quantiles. */
function testBedParameters({ readings, intervalMs }: LabelledSeries): QualityParameters {
  const values = firstThird(readings).flatMap(({ v }) => (v === null ? [] : [v]));
  const steps = values.slice(1).map((v, at) => Math.abs(v - (values[at] ?? v)));
  const suspectThreshold = 3 * quantile(steps, 0.99);
  const usual = [quantile(values, 0.001), quantile(values, 0.999)] as const;
  return {
    maxGapMs: 5 * intervalMs,
    suspectAtMost: false,
    grossRange: { failSpan: [-1_000, 1_000] },
    spike: { suspectThreshold },
    rateOfChange: { suspectThreshold, perMs: intervalMs },
    climatology: { version: 1, months: Array.from({ length: 12 }, () => usual) },
  };
}

function firstThird(readings: readonly LabelledReading[]): readonly LabelledReading[] {
  return readings.slice(0, Math.floor(readings.length / 3));
}

function lastTwoThirds(judgements: readonly Judgement[]): readonly Judgement[] {
  return judgements.slice(Math.floor(judgements.length / 3));
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

function labels(series: readonly LabelledSeries[]): readonly number[] {
  return series.map(({ readings }) => readings.filter(({ fault }) => fault !== undefined).length);
}

describe.skipIf(folder === undefined)('labelled sensor faults', () => {
  const path = (...parts: string[]): string => join(folder ?? '', ...parts);
  const logan = Object.entries(LOGAN_LABELS).map(([site, expected]) => ({
    site,
    expected,
    read: () => loganSeries(path('logan-river', `${site}.csv.gz`), site),
  }));
  const queensland = Object.entries(QUEENSLAND_LABELS).map(([site, expected]) => ({
    site,
    expected,
    read: () => queenslandSeries(path('queensland', `${site}.csv.gz`), site),
  }));

  it.each([...logan, ...queensland])('$site has the labels its README counts', ({ expected, read }) => {
    expect(labels(read())).toEqual(expected);
  });

  it.each([
    { name: 'logan-river', sites: logan },
    { name: 'queensland', sites: queensland },
  ])('$name: all tests tell more than the gross range alone', { timeout: 120_000 }, ({ name, sites }) => {
    const shipped = new Table();
    const site = new Table();
    for (const { read } of sites) {
      for (const series of read()) {
        shipped.addBoth(judge(series, shippedParameters(series)));
        site.addBoth(lastTwoThirds(judge(series, siteParameters(series))));
      }
    }
    shipped.print(`${name}, shipped parameters`);
    site.print(`${name}, thresholds of the site, last two thirds`);
    for (const table of [shipped, site]) {
      expect(table.of('all tests').informedness).toBeGreaterThan(table.of('gross range').informedness);
    }
  });

  it('skab-pump: all tests tell more than the gross range alone', { timeout: 120_000 }, () => {
    const runs = readdirSync(path('skab-pump')).filter(file => file.endsWith('.csv.gz'));
    expect(runs).toHaveLength(26);
    const table = new Table();
    for (const file of runs) {
      const run = basename(file, '.csv.gz');
      const channels = pumpSeries(path('skab-pump', file), pumpFault(run));
      const rows = channels[0]?.readings.length ?? 0;
      if (run.startsWith('anomaly-free')) expect(rows).toBe(9_405);
      else expect(rows >= 745 && rows <= 1_327).toBe(true);
      const judged = channels.map(channel => judge(channel, testBedParameters(channel)));
      const together = (judged[0] ?? []).map(({ fault }, at) => {
        const by = [...new Set(judged.flatMap(channel => channel[at]?.by ?? []))];
        return { fault, by };
      });
      table.addBoth(lastTwoThirds(together));
    }
    table.print('skab-pump, parameters of the first third, last two thirds');
    expect(table.of('all tests').informedness).toBeGreaterThan(table.of('gross range').informedness);
  });
});
