import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ThingId } from '../../domain/model/identifier.ts';
import type { GatewaySpec, StationSpec } from '../../domain/model/registry.ts';
import { loadStationId } from '../../sensors-sim/load/load-registry.ts';

/** How often a watched datastream is due, milliseconds. */
export const WATCHED_INTERVAL_MS = 60_000;
const LINES = 20;

/**
 * The rules of the benchmark. They select by property alone, so that every station has all of them. A datastream is
 * absent after ten intervals.
 */
const WATCHED_RULES = [
  {
    id: 'level',
    kind: 'threshold_ladder',
    subjects: { property: 'water_level' },
    timing: { readings: 2, offDelay: '30m' },
    params: {
      deadband: 0.1,
      drownable: true,
      steps: [
        { severity: 'yellow', threshold: ['warning'] },
        { severity: 'orange', threshold: ['guarantee'] },
        { severity: 'red', threshold: ['crest'] },
      ],
    },
  },
  {
    id: 'rise',
    kind: 'rate_of_rise',
    subjects: { property: 'water_level' },
    params: { steps: [{ severity: 'yellow', rise: 0.5, within: '30m' }] },
  },
  { id: 'ponding', kind: 'ponding', subjects: { property: 'ponding_depth' } },
  ...['water_level', 'ponding_depth'].flatMap(property => [
    {
      id: `absent-${property.replace('_', '-')}`,
      kind: 'absence',
      subjects: { property },
      params: { steps: [{ severity: 'blue', silentFor: '10m' }] },
    },
    {
      id: `stuck-${property.replace('_', '-')}`,
      kind: 'stuck',
      subjects: { property },
      params: { steps: [{ severity: 'blue', flatFor: '2h' }], notAtOrBelow: 0.02 },
    },
  ]),
];

/** The rule set as its file says it. */
export function watchedRuleSet(): object {
  return ruleSetOf(WATCHED_RULES);
}

function ruleSetOf(rules: typeof WATCHED_RULES): object {
  const complete = rules.map(rule => ({ ...rule, name: rule.id, nameEn: rule.id, source: 'proposal' }));
  return { version: 1, validFrom: 0, rules: complete };
}

/** Writes the rule set into a folder; answers its path, for `WW_RULES`. JSON is YAML. */
export function writeWatchedRules(folder: string): string {
  const path = join(folder, 'rules.yaml');
  writeFileSync(path, JSON.stringify(watchedRuleSet()));
  return path;
}

/** The same for rules that judge no datastream: what ingest costs without them. */
export function writeIdleRules(folder: string): string {
  const path = join(folder, 'idle-rules.yaml');
  const idle = WATCHED_RULES.map(rule => ({ ...rule, subjects: { ...rule.subjects, stations: ['nobody'] } }));
  writeFileSync(path, JSON.stringify(ruleSetOf(idle)));
  return path;
}

/** Stations with a level and a depth, each with its thresholds; the first of them has that number. */
export function watchedStations(count: number, first = 1): readonly StationSpec[] {
  return Array.from({ length: count }, (_, index): StationSpec => {
    const id = loadStationId(first + index);
    return {
      kind: 'station',
      id,
      name: id,
      basin: 'load',
      simulated: true,
      datastreams: [
        {
          property: 'water_level',
          datum: 'gauge zero',
          intervalMs: WATCHED_INTERVAL_MS,
          thresholds: { datum: 'gauge zero', warning: 5, guarantee: 6, crest: 7 },
        },
        {
          property: 'ponding_depth',
          intervalMs: WATCHED_INTERVAL_MS,
          thresholds: { blue: 0.1, yellow: 0.2, orange: 0.4, red: 0.6 },
        },
      ],
    };
  });
}

/** Gateways that speak for stations: a load of many stations over few connections. */
export function gatewaysFor(stations: readonly StationSpec[], name: string): readonly GatewaySpec[] {
  const share = Math.ceil(stations.length / LINES);
  return Array.from({ length: LINES }, (_, index): GatewaySpec => {
    const id = `${name}-${index + 1}` as ThingId;
    const behind = stations.slice(index * share, (index + 1) * share);
    return { kind: 'gateway', id, name: id, stations: behind.map(station => station.id) };
  });
}

/**
 * What the n-th station measures at an instant: a level that moves slowly and never stands still, and a dry road, or one
 * that stands above its second limit.
 */
export function measuredBy(
  station: string,
  t: number,
  isWet: boolean,
): { readonly level: number; readonly depth: number } {
  const number = Number(station.slice(-5));
  const minute = Math.floor(t / 60_000);
  const level = 2 + 0.3 * Math.sin(t / 3_600_000 + number) + 0.002 * (minute % 3);
  return { level: Number(level.toFixed(3)), depth: isWet ? 0.25 + 0.001 * (minute % 7) : 0 };
}
