import { describe, expect, it } from 'vitest';

import { AppError } from '../errors.ts';
import { HOUR_MS, MINUTE_MS } from '../time/instant.ts';
import { DEFAULT_PARAMETERS } from './default-parameters.ts';
import { parseQualityParameters } from './quality-parameter-file.ts';
import { believableLevels, resolveParameters } from './resolve-parameters.ts';

const EMPTY = { version: 2, entries: [] };
const proposal = { source: 'proposal' };

function problemsOf(content: unknown): readonly string[] {
  try {
    parseQualityParameters(content);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('config_invalid');
    return (error as AppError).problems;
  }
}

describe('parseQualityParameters', () => {
  it('takes the shipped defaults', () => {
    expect(problemsOf({ ...EMPTY, entries: DEFAULT_PARAMETERS })).toEqual([]);
  });

  it.each<{ name: string; content: unknown; problem: RegExp }>([
    { name: 'an unknown key', content: { ...EMPTY, colour: 1 }, problem: /colour/ },
    { name: 'no version', content: { entries: [] }, problem: /^version: / },
    {
      name: 'an unknown property',
      content: one({ property: 'depth' }),
      problem: /^entries\.0\.property: "depth" is no/,
    },
    {
      name: 'an unknown asset type',
      content: one({ property: 'ph', assetTypes: ['lake'] }),
      problem: /^entries\.0\.assetTypes\.0: /,
    },
    {
      name: 'what is usual in a month where no place is named',
      content: one({
        property: 'ph',
        climatology: { months: Array.from({ length: 12 }, () => [6, 9]), ...proposal },
      }),
      problem: /^entries\.0\.climatology: is for stations only/,
    },
    {
      name: 'a year of eleven months',
      content: one({
        property: 'ph',
        stations: ['S-1'],
        climatology: { months: Array.from({ length: 11 }, () => [6, 9]), ...proposal },
      }),
      problem: /^entries\.0\.climatology\.months: /,
    },
    {
      name: 'stations beside types of assets',
      content: one({ property: 'ph', stations: ['S-1'], assetTypes: ['reservoir'] }),
      problem: /^entries\.0\.stations: /,
    },
    {
      name: 'a number without its mark',
      content: one({ property: 'ph', spike: { suspectThreshold: 1 } }),
      problem: /^entries\.0\.spike\.source: /,
    },
    {
      name: 'a misspelt threshold',
      content: one({ property: 'ph', spike: { suspectThreshold: 1, failTreshold: 2, ...proposal } }),
      problem: /^entries\.0\.spike: .*failTreshold/,
    },
    {
      name: 'thresholds in the wrong order',
      content: one({ property: 'ph', spike: { suspectThreshold: 2, failThreshold: 1, ...proposal } }),
      problem: /^entries\.0\.spike\.failThreshold: \(1\) must be more than suspectThreshold \(2\)/,
    },
    {
      name: 'a suspect span that leaves the fail span',
      content: one({ property: 'ph', grossRange: { suspectSpan: [5, 15], ...proposal } }),
      problem: /^entries\.0\.grossRange\.suspectSpan: \[5,15\] must fall within the sensor's span \[0,14\]/,
    },
    {
      name: 'a span upside down',
      content: one({ property: 'ph', grossRange: { suspectSpan: [9, 5], ...proposal } }),
      problem: /from low to high, but is \[9,5\]/,
    },
    {
      name: 'a FAIL for what floods are read from',
      content: one({
        property: 'water_level',
        spike: { suspectThreshold: 1, failThreshold: 2, ...proposal },
      }),
      problem: /^entries\.0\.spike\.failThreshold: water_level is suspect at most/,
    },
    {
      name: 'a rain test for a level',
      content: one({ property: 'water_level', counterReset: { resetMaxMm: 1, ...proposal } }),
      problem: /^entries\.0\.counterReset: is for rainfall_counter, not for water_level/,
    },
    {
      name: 'the same property twice',
      content: { ...EMPTY, entries: [{ property: 'ph' }, { property: 'ph' }] },
      problem: /^entries\.1: ph at any asset stands in entry 0 too/,
    },
  ])('refuses $name', ({ content, problem }) => {
    expect(problemsOf(content)).toEqual([expect.stringMatching(problem)]);
  });

  function one(entry: unknown): unknown {
    return { ...EMPTY, entries: [entry] };
  }
});

describe('resolveParameters', () => {
  const level = { property: 'water_level', intervalMs: 5 * MINUTE_MS };

  it('knows every default by its mark', () => {
    const { parameters, version, sources } = resolveParameters({ ...level, assetType: 'river_gauge' });
    expect(version).toBe(0);
    expect(parameters).toMatchObject({
      maxGapMs: 15 * MINUTE_MS,
      suspectAtMost: true,
      grossRange: { failSpan: [-100, 9_000] },
      timeGap: { suspectThresholdMs: 10 * MINUTE_MS },
      spike: { suspectThreshold: 0.15 },
      rateOfChange: { suspectThreshold: 0.5, perMs: 5 * MINUTE_MS },
      flatLine: { tolerance: 0.001, suspectThresholdMs: 12 * HOUR_MS, minRainMm: 5 },
    });
    expect(sources).toEqual({
      timeGap: 'proposal',
      spike: 'proposal',
      rateOfChange: 'proposal',
      flatLine: 'proposal',
      neighbour: 'proposal',
    });
  });

  it('gives a test for one type of asset to no other', () => {
    expect(resolveParameters({ ...level, assetType: 'reservoir' }).parameters.neighbour).toBeUndefined();
    expect(resolveParameters(level).parameters.neighbour).toBeUndefined();
  });

  it('lays the file over the defaults, test by test, and the type of the asset over the property', () => {
    const file = parseQualityParameters({
      ...EMPTY,
      entries: [
        {
          property: 'water_level',
          assetTypes: ['reservoir'],
          spike: { suspectThreshold: 0.05, source: 'memory' },
        },
        { property: 'water_level', spike: { suspectThreshold: 9, ...proposal }, flatLine: 'off' },
      ],
    });
    const { parameters, version, sources } = resolveParameters({ ...level, assetType: 'reservoir' }, file);
    expect(version).toBe(2);
    expect(parameters.spike?.suspectThreshold).toBe(0.05);
    expect(sources.spike).toBe('memory');
    expect(parameters.flatLine).toBeUndefined();
    expect(parameters.rateOfChange?.suspectThreshold).toBe(0.5);
    expect(resolveParameters(level, file).parameters.spike?.suspectThreshold).toBe(9);
  });

  it('lays what is said of a station over everything else, and knows what is usual there', () => {
    const months = Array.from({ length: 12 }, (_, at) => (at === 6 ? null : ([1, 2] as const)));
    const file = parseQualityParameters({
      ...EMPTY,
      entries: [
        {
          property: 'water_level',
          stations: ['S-1'],
          climatology: { months, ...proposal },
          spike: { suspectThreshold: 7, ...proposal },
        },
        { property: 'water_level', assetTypes: ['reservoir'], spike: { suspectThreshold: 9, ...proposal } },
      ],
    });
    const at = (station: string) =>
      resolveParameters({ ...level, assetType: 'reservoir', station }, file).parameters;
    expect(at('S-1').climatology).toEqual({ version: 2, months });
    expect(at('S-2').climatology).toBeUndefined();
    expect([at('S-1'), at('S-2')].map(({ spike }) => spike?.suspectThreshold)).toEqual([7, 9]);
  });

  it('takes span and gap from the datastream, and counts a counter as one', () => {
    const { parameters } = resolveParameters({
      property: 'rainfall_counter',
      intervalMs: MINUTE_MS,
      maxGapMs: HOUR_MS,
      sensorSpan: [0, 999],
      suspectSpan: [0, 900],
    });
    expect(parameters.rainKind).toBe('counter');
    expect(parameters.maxGapMs).toBe(HOUR_MS);
    expect(parameters.grossRange).toEqual({ failSpan: [0, 999], suspectSpan: [0, 900] });
  });

  it('believes levels from a little below the bed to a little above the crest', () => {
    expect(believableLevels(10, 20)).toEqual([9.8, 22]);
  });
});
