import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import { RuleTrack } from '../../rules/rule-track.ts';
import type { Reading } from '../../rules/sample.ts';
import { printFigure } from '../harness/print-figure.ts';
import { bindOneRule, measuredRows, stationWith } from '../harness/rule-evidence.ts';
import { sharedData } from '../harness/shared-data.ts';

const path = sharedData('river-flood-uk/don-hadfields-2007-15min.csv.gz');

const DATUM = 'local stage datum';
const BATCH_MS = 6 * HOUR_MS;

function readingOf([time, stage]: readonly string[], index: number): Reading {
  const t = epochMs(Date.parse(time!));
  return {
    kind: 'reading',
    input: 'DON/water_level',
    t,
    v: stage === '' ? null : Number(stage),
    quality: stage === '' ? QUALITY.missing : QUALITY.good,
    deviceFlag: NORMAL_FLAG,
    source: SOURCE_RANK.device,
    sent: t,
    received: t,
    position: index,
  };
}

function batchesOf(readings: readonly Reading[]): readonly (readonly Reading[])[] {
  const batches = new Map<number, Reading[]>();
  for (const reading of readings) {
    const number = Math.floor(reading.t / BATCH_MS);
    const batch = batches.get(number) ?? [];
    batch.push(reading);
    batches.set(number, batch);
  }
  return [...batches.values()];
}

describe.skipIf(path === undefined)('the flood of the river Don, 2007', () => {
  const readings = path === undefined ? [] : measuredRows(path).map(readingOf);
  // Levels for this test, chosen so that the year has several episodes and the flood of June goes through all four.
  const binding = bindOneRule(
    {
      id: 'river-stage',
      kind: 'threshold_ladder',
      subjects: { property: 'water_level' },
      timing: { readings: 2, offDelay: '30m' },
      params: {
        deadband: 0.1,
        drownable: true,
        steps: [
          { severity: 'blue', threshold: ['warning'], margin: 0.3 },
          { severity: 'yellow', threshold: ['warning'] },
          { severity: 'orange', threshold: ['guarantee'] },
          { severity: 'red', threshold: ['crest', 'record'] },
        ],
      },
    },
    stationWith('DON', {
      property: 'water_level',
      datum: DATUM,
      intervalMs: 15 * MINUTE_MS,
      thresholds: { datum: DATUM, warning: 1.8, guarantee: 3, crest: 4 },
    }),
  );
  const episodes = evaluateSeries(binding, readings);

  function episodesOfBatches(batches: readonly (readonly Reading[])[]) {
    const horizonMs = durationMs(400 * DAY_MS);
    const track = new RuleTrack({ binding, horizonMs, acknowledgedAt: () => undefined });
    for (const batch of batches) track.offer(batch.toReversed());
    return track.episodes.map(({ episode }) => episode);
  }

  it('goes up the ladder on 25 June, step by step, and down again', () => {
    expect(readings).toHaveLength(35_040);
    const flood = episodes.find(({ severity }) => severity === 'red');
    expect(flood?.peak).toEqual({ value: 4.675, t: Date.parse('2007-06-25T18:30:00Z') });
    expect(flood?.steps.map(({ severity }) => severity)).toEqual(['blue', 'yellow', 'orange', 'red']);
    const times = flood!.steps.map(({ t }) => t);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { t, limit } of flood!.steps) {
      const at = readings.findIndex(reading => reading.t === t);
      expect(readings[at]!.v).toBeGreaterThanOrEqual(limit);
      expect(readings[at - 1]!.v).toBeLessThan(limit);
    }
    const end = readings.find(({ t }) => t === flood!.end);
    expect(end?.v).toBeLessThan(1.4);
    printFigure(
      `Don 2007: ${episodes.length} episodes in the year; that of June reached ${flood?.peak.value} m`,
    );
  });

  it('has the same episodes in 6-hour batches, also when the batches and their readings come in any order', () => {
    const inTurn = batchesOf(readings);
    expect(inTurn).toHaveLength(1_460);
    expect(episodesOfBatches(inTurn)).toEqual(episodes);
    const june = batchesOf(readings.filter(({ t }) => new Date(t).getUTCMonth() === 5));
    const ofJune = evaluateSeries(binding, june.flat());
    expect(ofJune).toHaveLength(3);
    const orders = fc.shuffledSubarray([...june], { minLength: june.length });
    for (const order of fc.sample(orders, { numRuns: 20, seed: 7 })) {
      expect(episodesOfBatches(order)).toEqual(ofJune);
    }
  });

  it('costs little for each reading', () => {
    const track = new RuleTrack({
      binding,
      horizonMs: durationMs(BATCH_MS),
      acknowledgedAt: () => undefined,
    });
    const from = process.cpuUsage();
    for (const reading of readings) track.offer([reading]);
    const { user, system } = process.cpuUsage(from);
    printFigure(
      `Don 2007: ${((user + system) / readings.length).toFixed(2)} µs CPU for a reading and a rule`,
    );
    expect(track.episodes.length).toBeLessThanOrEqual(episodes.length);
  });
});
