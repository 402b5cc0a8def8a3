import { readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import type { Observation } from '../../domain/model/observation.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { districtOf } from '../../domain/model/district.ts';
import type { StoredDatastream } from '../../domain/ports/telemetry-store.ts';
import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { createDistrictWater } from '../../sensors-sim/hydrology/district-water.ts';
import type { BacktestReport } from '../../server/rules/backtest-report.ts';
import { parseRuleText } from '../../server/rules/rule-files.ts';
import { runBacktest } from '../../server/rules/run-backtest.ts';
import { siteViewOf } from '../../server/rules/site-view.ts';
import { loadSite } from '../../server/site/load-site.ts';
import { observation } from '../harness/fake-application.ts';
import { printFigure } from '../harness/print-figure.ts';

const START = epochMs(Date.parse('2026-06-10T18:00:00+08:00'));
const HOURS = 24;
const END = epochMs(START + HOURS * HOUR_MS);
const DEFAULT = readFileSync('config/rules/default.yaml', 'utf8');

/** A typhoon night over the whole district. */
const TYPHOON = {
  climate: 'dry',
  storms: [
    {
      begin: epochMs(START + 2 * HOUR_MS),
      durationMs: 8 * HOUR_MS,
      depthMm: 250,
      latitude: 22.69,
      longitude: 114.2,
      radiusKm: 25,
    },
  ],
} as const;
/** One station in ten is cut off in the worst hours, and sends what it measured afterwards. */
const CUT_OFF = { from: epochMs(START + 4 * HOUR_MS), to: epochMs(START + 8 * HOUR_MS) };

interface Stored {
  readonly datastream: StoredDatastream;
  readonly winners: Observation[];
}

const { parts } = await loadSite('config/demo');
const stations = parts.filter((part): part is StationSpec => part.kind === 'station');
const stored: Stored[] = [];

function measure(): void {
  const water = createDistrictWater({
    district: districtOf(parts),
    stations,
    seed: 1,
    start: START,
    weather: TYPHOON,
  });
  const points = stations.flatMap((station, place) =>
    station.datastreams.map(spec => {
      const { property, instance } = spec;
      const id = stored.length + 1;
      const named = instance === undefined ? { property } : { property, instance };
      const winners: Observation[] = [];
      stored.push({ datastream: { id, station: station.id, ...named }, winners });
      return { station, spec, id, winners, isCutOff: place % 10 === 0 };
    }),
  );
  for (let at = START + MINUTE_MS; at <= END; at += MINUTE_MS) {
    const t = epochMs(at);
    water.advance(t);
    for (const { station, spec, id, winners, isCutOff } of points) {
      if (at % spec.intervalMs !== 0) continue;
      const v = water.read(station, spec);
      if (v === undefined) continue;
      const isLate = isCutOff && t >= CUT_OFF.from && t < CUT_OFF.to;
      const received = isLate ? CUT_OFF.to : epochMs(t + 1_000);
      winners.push(observation({ datastream: id, t, v, sent: received, received, position: winners.length }));
    }
  }
}

async function backtested(text: string): Promise<BacktestReport> {
  const begun = process.cpuUsage();
  const report = await runBacktest(
    {
      store: {
        range: async ({ datastream, from, to, limit }) =>
          (stored[datastream - 1]?.winners ?? []).filter(({ t }) => t >= from && t < to).slice(0, limit),
        corrections: async () => [],
      },
      episodes: { decisions: async () => [] },
    },
    {
      inForce: parseRuleText({ name: 'default', text: DEFAULT }),
      next: parseRuleText({ name: 'next', text }),
      site: siteViewOf(parts, 1),
      datastreams: stored.map(({ datastream }) => datastream),
      period: { from: START, to: END },
      hindsight: true,
    },
  );
  const { user, system } = process.cpuUsage(begun);
  const readings = stored.reduce((sum, { winners }) => sum + winners.length, 0);
  printFigure(
    `back-test of ${report.next.tracks} rules on subjects over ${readings} readings: ` +
      `${((user + system) / 1e6).toFixed(1)} CPU s, ${report.next.load.alarms} alarms`,
  );
  return report;
}

describe('a back-test of a typhoon night in the demo district', () => {
  beforeAll(measure, 120_000);

  it('finds that the rules in force tell what they tell, and what they could not know', async () => {
    const { next, inForce, added, removed, changed, same, misses } = await backtested(
      DEFAULT.replace('version: 1', 'version: 2'),
    );
    expect(next.load).toEqual(inForce.load);
    expect([added.count, removed.count, changed.count, misses.count]).toEqual([0, 0, 0, 0]);
    expect(same).toBe(next.episodes);
    expect(next.episodes).toBeGreaterThan(100);
    const { hindsight } = next;
    printFigure(
      `typhoon night: ${hindsight?.episodes} episodes, ${hindsight?.told} told in time, ` +
        `${hindsight?.untold.count} known only later`,
    );
    // Nothing was corrected: all that was told is there. Of a station that is cut off nobody hears in time.
    expect(hindsight?.unfounded.count).toBe(0);
    expect(hindsight?.untold.count).toBeGreaterThan(0);
    const isOfCutOff = ({ subject }: { readonly subject: string }): boolean =>
      stations.some(({ id }, place) => place % 10 === 0 && subject.startsWith(`${id}/`));
    expect(hindsight?.untold.first.filter(isOfCutOff)).toEqual(hindsight?.untold.first);
  }, 120_000);

  it('shows what a rule left out no longer tells', async () => {
    const next = DEFAULT.replace('version: 1', 'version: 2').replace(
      /\n {2}- id: river-stage\n[^]*?(?=\n {2}- id: )/,
      '',
    );
    const report = await backtested(next);
    const rivers = report.inForce.load.rules.find(({ rule }) => rule === 'river-stage');
    expect(rivers?.episodes).toBeGreaterThan(0);
    expect(report.removed.count).toBe(rivers?.episodes);
    expect(report.removed.first.every(({ rule }) => rule === 'river-stage')).toBe(true);
    expect([report.added.count, report.changed.count]).toEqual([0, 0]);
    expect(report.hits + report.misses.count).toBe(report.inForce.episodes);
  }, 120_000);
});
