import { describe, expect, it } from 'vitest';

import { isAppError } from '../../domain/errors.ts';
import type { ThingId } from '../../domain/model/identifier.ts';
import type { StationSpec } from '../../domain/model/registry.ts';
import { HOUR_MS, MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import { castBehaviours } from './cast-behaviours.ts';
import { parseScenario, scenarioSpan } from './scenario.ts';
import { mergeSpans, spanAt } from './span.ts';

const NOW = epochMs(1_790_000_099_999);

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (isAppError(error, 'scenario_invalid')) return error.problems;
    throw error;
  }
  return [];
}

describe('parseScenario', () => {
  it('reads weather and behaviours, spans as people write them', () => {
    const scenario = parseScenario(`
name: 台风夜
seed: 3
start: -12h
duration: 1h30m
weather:
  climate: flood_season
  storms:
    - { from: 30m, duration: 8h, depthMm: 250, latitude: 22.7, longitude: 114.2, radiusKm: 20, driftKmPerH: [-3, 1] }
behaviours:
  - { kind: outage, share: 0.1, from: 10m, duration: 20m }
  - { kind: stuck, stations: [A-1], properties: [ph] }
`);
    expect(scenario).toMatchObject({
      name: '台风夜',
      seed: 3,
      start: { kind: 'before_now', span: 12 * HOUR_MS },
      duration: 1.5 * HOUR_MS,
      weather: { storms: [{ from: 30 * MINUTE_MS, driftKmPerH: [-3, 1] }] },
      behaviours: [
        { kind: 'outage', share: 0.1, from: 10 * MINUTE_MS, duration: 20 * MINUTE_MS, messagesPerS: 1 },
        { kind: 'stuck', stations: ['A-1'], from: 0 },
      ],
    });
    const from = NOW - 59_999 - 12 * HOUR_MS;
    expect(scenarioSpan(scenario, NOW)).toEqual({ from, to: from + 1.5 * HOUR_MS });
  });

  it('begins at an instant, or now', () => {
    const at = (start: string) =>
      scenarioSpan(parseScenario(`{name: a, start: ${start}, duration: 1h}`), NOW).from;
    expect(at('"2026-09-15T20:00:00+08:00"')).toBe(Date.UTC(2026, 8, 15, 12));
    expect(at('now')).toBe(NOW - 59_999);
  });

  it('names every problem with its path at once', () => {
    const problems = problemsOf(() =>
      parseScenario(`
name: x
start: 3h
duration: soon
colour: red
weather: { storms: [{ from: -1h, duration: 1h, depthMm: 0, latitude: 22, longitude: 114 }] }
behaviours:
  - { kind: outage, share: 2, fro: 1h }
  - { kind: explode }
  - { kind: missing, properties: [ph, nonsense], probability: 0 }
`),
    );
    for (const path of [
      'start "3h" is no start',
      'duration "soon" is no span',
      'colour is not known',
      'weather.storms[0].from "-1h" is no span',
      'weather.storms[0].depthMm',
      'weather.storms[0].radiusKm is missing',
      'behaviours[0].share',
      'behaviours[0].fro is not known',
      'behaviours[1].kind',
      'behaviours[2].properties[1] is no observed property',
      'behaviours[2].probability',
    ]) {
      expect(problems.filter(problem => problem.startsWith(path))).toHaveLength(1);
    }
    expect(problems).toHaveLength(11);
  });

  it('refuses bad YAML by line, doubled keys, and both ways to choose', () => {
    expect(problemsOf(() => parseScenario('name: a\nname: b\n'))).toEqual([
      expect.stringMatching(/^line 2: /),
    ]);
    const both =
      'name: a\nstart: now\nduration: 1h\nbehaviours: [{ kind: stuck, stations: [A], share: 0.5 }]';
    expect(problemsOf(() => parseScenario(both))).toEqual([
      expect.stringContaining('behaviours[0] has both'),
    ]);
    expect(problemsOf(() => parseScenario(''))).toContain('name is missing');
  });
});

describe('castBehaviours', () => {
  const station = (id: string, property: string): StationSpec => ({
    kind: 'station',
    id: id as ThingId,
    name: id,
    datastreams: [{ property, intervalMs: 60_000 }],
  });
  const stations = Array.from({ length: 20 }, (_, index) =>
    station(`S-${index}`, index < 10 ? 'rainfall' : 'ph'),
  );
  const span = { from: epochMs(0), to: epochMs(HOUR_MS) };
  const cast = (behaviours: string, seed = 1) => {
    const scenario = parseScenario(`{name: a, start: now, duration: 1h, behaviours: [${behaviours}]}`);
    return [...castBehaviours(scenario.behaviours, { stations, span, seed }).keys()].sort();
  };

  it('takes the named stations, a share of the able ones, or all of them', () => {
    expect(cast('{kind: stuck, stations: [S-3, S-12]}')).toEqual(['S-12', 'S-3']);
    expect(cast('{kind: stuck, stations: [S-3, S-12], properties: [ph]}')).toEqual(['S-12']);
    expect(cast('{kind: stuck, properties: [ph]}')).toHaveLength(10);
    expect(cast('{kind: stuck}')).toHaveLength(20);
    const drawn = cast('{kind: stuck, properties: [ph], share: 0.3}');
    expect(drawn).toHaveLength(3);
    expect(drawn).toEqual(cast('{kind: stuck, properties: [ph], share: 0.3}'));
    expect(drawn).not.toEqual(cast('{kind: stuck, properties: [ph], share: 0.3}', 2));
    expect(cast('{kind: stuck, share: 0.001}')).toHaveLength(1);
  });

  it('lets one station do several things, each in its own span', () => {
    const { behaviours } = parseScenario(
      '{name: a, start: now, duration: 1h, behaviours: [{kind: outage, stations: [S-1], from: 10m}, {kind: stuck, stations: [S-1]}]}',
    );
    const effects = castBehaviours(behaviours, { stations, span, seed: 1 }).get('S-1')!;
    expect(effects.map(({ kind }) => kind)).toEqual(['outage', 'stuck']);
    expect(effects[0]!.offline).toEqual([{ from: 10 * MINUTE_MS, to: HOUR_MS }]);
  });

  it('names stations that are not there', () => {
    expect(problemsOf(() => cast('{kind: stuck, stations: [S-1, S-99]}'))).toEqual([
      'behaviours[0].stations[1] "S-99" is no simulated station',
    ]);
  });
});

describe('spans', () => {
  const span = (from: number, to: number) => ({ from: epochMs(from), to: epochMs(to) });

  it('merge where they touch or overlap, and are found by an instant', () => {
    const merged = mergeSpans([span(50, 60), span(0, 10), span(10, 20), span(5, 7), span(55, 58)]);
    expect(merged).toEqual([span(0, 20), span(50, 60)]);
    expect([-1, 0, 19, 20, 49, 50, 59, 60].map(at => spanAt(merged, epochMs(at))?.from)).toEqual([
      undefined,
      0,
      0,
      undefined,
      undefined,
      50,
      50,
      undefined,
    ]);
  });
});
