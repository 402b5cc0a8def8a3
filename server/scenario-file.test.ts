import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { districtOf } from '../domain/model/district.ts';
import type { StationSpec } from '../domain/model/registry.ts';
import { HOUR_MS, durationMs, epochMs } from '../domain/time/instant.ts';
import { castBehaviours } from '../sensors-sim/scenario/cast-behaviours.ts';
import { BEHAVIOUR_SCHEMA } from '../sensors-sim/scenario/behaviour-kinds.ts';
import { scenarioSpan } from '../sensors-sim/scenario/scenario.ts';
import type { Scenario } from '../sensors-sim/scenario/scenario.ts';
import type { SimulatedSend } from '../sensors-sim/player/simulated-step.ts';
import type { Stage } from '../sensors-sim/player/stage-scenario.ts';
import { stageScenario } from '../sensors-sim/player/stage-scenario.ts';
import { thisProgram } from './program.ts';
import { readScenarioFile } from './scenario-file.ts';
import { scenarioPath } from './scenario-path.ts';
import { loadSite } from './site/load-site.ts';

const { folder } = thisProgram();
const NOW = epochMs(Date.UTC(2026, 8, 15, 22));
const NAMES = readdirSync(join(folder, 'config/scenarios')).map(file => file.replace(/\.yaml$/, ''));

const read = (name: string) =>
  readScenarioFile(scenarioPath(name, { programFolder: folder, workingFolder: '/nowhere' }));

async function demo() {
  const { parts } = await loadSite(join(folder, 'config/demo'));
  const stations = parts.filter((part): part is StationSpec => part.kind === 'station');
  return { stations, district: districtOf(parts) };
}

describe('the scenarios of the program', () => {
  it('are the three that the how-to names', () => {
    expect(NAMES.sort()).toEqual(['device-trouble', 'ordinary-day', 'storm-night']);
  });

  it.each(NAMES)('%s has a part for somebody of the demo district in each behaviour', async name => {
    const { behaviours, seed, ...rest } = read(name);
    const { stations } = await demo();
    const span = scenarioSpan({ behaviours, seed, ...rest }, NOW);
    for (const behaviour of behaviours) {
      expect(castBehaviours([behaviour], { stations, span, seed }).size).toBeGreaterThan(0);
    }
  });

  it('show every kind of behaviour in the storm night', () => {
    const kinds = new Set(read('storm-night').behaviours.map(({ kind }) => kind));
    const all = BEHAVIOUR_SCHEMA.options.flatMap(option => [...option.shape.kind.values]);
    expect([...kinds].sort()).toEqual(all.sort());
  });

  it('bring the rain of a typhoon over the whole district in the storm night', async () => {
    const { stations } = await demo();
    const gauges = stations.filter(({ datastreams }) =>
      datastreams.some(({ property }) => property === 'rainfall'),
    );
    const depthMm = new Map<string, number>();
    for (const { station, message } of sendsOf(read('storm-night'), {
      stations: gauges,
      district: districtOf([]),
    })) {
      for (const { p, v } of message.obs) {
        if (p === 'rainfall') depthMm.set(station, (depthMm.get(station) ?? 0) + (v ?? 0));
      }
    }
    const depths = [...depthMm.values()];
    const mean = depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
    expect(depths.length).toBe(gauges.length);
    expect(Math.min(...depths)).toBeGreaterThan(120);
    expect(mean).toBeGreaterThan(200);
    expect(mean).toBeLessThan(300);
  });

  it('send the same bytes each time', async () => {
    const scenario = { ...read('storm-night'), duration: durationMs(HOUR_MS / 2) };
    const stage = await demo();
    const play = () => sendsOf(scenario, stage).map(({ message }) => Buffer.from(message.payload).toString());
    const first = play();
    expect(first.length).toBeGreaterThan(1_000);
    expect(play().join() === first.join()).toBe(true);
  });
});

/** What is sent in a scenario without its behaviours. */
function sendsOf(scenario: Scenario, stage: Omit<Stage, 'now'>): readonly SimulatedSend[] {
  const sends: SimulatedSend[] = [];
  const { steps, span } = stageScenario({ ...scenario, behaviours: [] }, { ...stage, now: NOW });
  for (const step of steps) {
    if (step.at >= span.to) break;
    if (step.kind === 'send') sends.push(step);
  }
  return sends;
}

describe('readScenarioFile', () => {
  it('names the file and what is wrong with it', () => {
    expect(() => readScenarioFile('/nowhere/x.yaml')).toThrow(
      expect.objectContaining({ code: 'scenario_invalid', problems: [expect.stringContaining('ENOENT')] }),
    );
    expect(() => readScenarioFile(join(folder, 'config/demo/site.yaml'))).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining(['start is missing', 'demo is not known']),
      }),
    );
  });
});
