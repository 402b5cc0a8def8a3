import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { districtOf } from '../../domain/model/district.ts';
import { NORMAL_FLAG, QUALITY, SOURCE_RANK } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, durationMs, epochMs } from '../../domain/time/instant.ts';
import { compileRules } from '../../rules/compile-rules.ts';
import type { PlannedRule } from '../../rules/compile-rules.ts';
import { evaluateSeries } from '../../rules/evaluate-series.ts';
import { RuleTrack } from '../../rules/rule-track.ts';
import type { TrackState } from '../../rules/rule-track.ts';
import type { Reading } from '../../rules/sample.ts';
import { parseRuleSet } from '../../rules/schema.ts';
import { loadSite } from '../../server/site/load-site.ts';
import { printFigure } from '../harness/print-figure.ts';

const CONFIG = new URL('../../config/', import.meta.url);
const START = Date.UTC(2026, 5, 1);

async function compileDefault() {
  const text = readFileSync(fileURLToPath(new URL('rules/default.yaml', CONFIG)), 'utf8');
  const outcome = parseRuleSet(parse(text));
  if (!outcome.ok) throw new Error(outcome.problems.join('; '));
  const { parts } = await loadSite(fileURLToPath(new URL('demo', CONFIG)));
  const stations = parts.filter((part): part is StationSpec => part.kind === 'station');
  const registry = { version: 1, things: new Map(stations.map(station => [station.id, station])) };
  return compileRules(outcome.ruleSet, { registry, district: districtOf(parts) });
}

function bindingOf({ rule, subject, plan }: PlannedRule) {
  return { rule, subject, basis: [{ from: epochMs(0), versions: { ruleSet: 1, registry: 1 }, plan }] };
}

function readingOf(input: string, at: number, v: number): Reading {
  const t = epochMs(START + at);
  const [quality, source] = [QUALITY.good, SOURCE_RANK.device];
  return {
    kind: 'reading',
    input,
    t,
    v,
    quality,
    deviceFlag: NORMAL_FLAG,
    source,
    sent: t,
    received: t,
    position: 1,
  };
}

const { planned, gaps } = await compileDefault();

describe('the rules a district starts with, in the demo district', () => {
  it('find all they need, or say what is missing', () => {
    const byRule = new Set(planned.map(({ rule }) => rule));
    printFigure(`demo district: ${planned.length} rules on subjects, ${gaps.length} gaps`);
    expect(byRule.size).toBe(19);
    // The demo district has stations without limits, as every district has.
    expect(gaps.map(({ rule, detail }) => `${rule}: ${detail}`)).toEqual([
      'river-stage: blue needs the threshold warning, which is not set',
      'river-stage: yellow needs the threshold warning, which is not set',
      'river-stage: orange needs the threshold guarantee, which is not set',
      'river-stage: red needs the threshold crest or record, which is not set',
      'river-stage: orange needs the threshold guarantee, which is not set',
      'reservoir-level: yellow needs the threshold floodLimit, which is not set',
      'ponding-road: blue needs the threshold blue, which is not set',
      'ponding-road: yellow needs the threshold yellow, which is not set',
      'ponding-road: orange needs the threshold orange, which is not set',
      'ponding-road: red needs the threshold red, which is not set',
      'ponding-underpass: orange needs the threshold orange, which is not set',
      'ponding-underpass: red needs the threshold red, which is not set',
      'waterlogging: orange needs the threshold yellow, which is not set',
      'manhole-freeboard: the freeboard needs the threshold ground, which is not set',
      'sump-rising: no pump says whether it runs',
      'sump-rising: no pump says whether it runs',
      'sump-rising: no pump says whether it runs',
    ]);
  });

  it('of every kind give the same episodes in any order and across restarts, with many inputs too', () => {
    const byKind = new Map(planned.map(entry => [entry.plan.kind, entry]));
    const plans = fc.constantFrom(...byKind.values());
    const steps = fc.array(
      fc.tuple(
        fc.nat(),
        fc.integer({ min: 0, max: 40 }),
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      {
        minLength: 5,
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(plans, steps, fc.infiniteStream(fc.boolean()), (entry, drawn, restarts) => {
        const binding = bindingOf(entry);
        const { inputs, stepsAt } = entry.plan;
        const highest = Math.max(...stepsAt(epochMs(START)).map(({ limit }) => Math.abs(limit))) * 1.3;
        const readings = drawn.map(([which, at, , level]) => {
          const input = inputs[which % inputs.length]!;
          return readingOf(input.key, at * input.intervalMs, Number((level * highest).toFixed(2)));
        });
        const order = drawn
          .map(([, , key], index) => ({ key, reading: readings[index]! }))
          .sort((a, b) => a.key - b.key);
        const options = { binding, horizonMs: durationMs(1_000 * DAY_MS), acknowledgedAt: () => undefined };
        let track = new RuleTrack(options);
        for (const { reading } of order) {
          if (restarts.next().value === true) {
            track = new RuleTrack(options, JSON.parse(JSON.stringify(track.state())) as TrackState);
          }
          track.offer([reading]);
        }
        expect(track.episodes.map(({ episode }) => episode)).toEqual(evaluateSeries(binding, readings));
      }),
      { numRuns: 1_500, endOnFailure: true },
    );
  });

  it('cost little for each reading of a river gauge in a flood', () => {
    const gauge = planned.find(({ rule }) => rule === 'river-stage')!.subject;
    const tracks = planned
      .filter(({ subject }) => subject === gauge)
      .flatMap(entry => [entry, entry, entry])
      .map(
        entry =>
          new RuleTrack({ binding: bindingOf(entry), horizonMs: HOUR_MS, acknowledgedAt: () => undefined }),
      );
    const limits = planned.find(({ rule }) => rule === 'river-stage')!.plan.stepsAt(epochMs(START));
    const [low, high] = [limits[0]!.limit - 1, limits.at(-1)!.limit];
    const readings = Array.from({ length: 20_000 }, (_, index) =>
      readingOf(gauge, index * 5 * MINUTE_MS, low + ((high - low) * (1 + Math.sin(index / 40))) / 2),
    );
    const from = process.cpuUsage();
    for (const reading of readings) for (const track of tracks) track.offer([reading]);
    const { user, system } = process.cpuUsage(from);
    const each = (user + system) / readings.length / tracks.length;
    printFigure(
      `river gauge in a flood, ${tracks.length} rules: ${each.toFixed(2)} µs CPU for a reading and a rule`,
    );
    expect(tracks.some(track => track.episodes.length > 0)).toBe(true);
  });
});
