import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { flatLine } from './flat-line.ts';
import type { FlatLineParameters } from './flat-line.ts';

const PARAMETERS: FlatLineParameters = {
  tolerance: 0.1,
  suspectThresholdMs: 3 * MINUTE_MS,
  failThresholdMs: 5 * MINUTE_MS,
};
const ALONE = { maxGapMs: 2 * MINUTE_MS, rain: [] };

function lastFlag(
  values: readonly (number | null | undefined)[],
  parameters: FlatLineParameters = PARAMETERS,
  around: Parameters<typeof flatLine>[3] = ALONE,
): number {
  const series = minuteSeries(values);
  return flatLine(series, series.size - 1, parameters, around).flag;
}

describe('flatLine', () => {
  it.each([
    { name: 'too short a run', values: [5, 5, 5], flag: 1 },
    { name: 'a run as long as the suspect threshold', values: [5, 5, 5, 5], flag: 3 },
    { name: 'a run as long as the fail threshold', values: [5, 5, 5, 5, 5, 5], flag: 4 },
    { name: 'a run within the tolerance', values: [5, 5.1, 5, 5.1], flag: 3 },
    { name: 'a slow drift, each step within the tolerance', values: [5, 5.05, 5.1, 5.15], flag: 1 },
    { name: 'a run that just moved', values: [5, 5, 5, 5, 6], flag: 1 },
    { name: 'a run with missing values in it', values: [5, null, 5, 5], flag: 3 },
    { name: 'a run with a gap in it', values: [5, undefined, undefined, 5, 5], flag: 1 },
  ])('$name has flag $flag', ({ values, flag }) => {
    expect(lastFlag(values)).toBe(flag);
  });

  it('lets values of the exempt span stand still', () => {
    const dry = { ...PARAMETERS, exemptSpan: [0, 0.02] as const };
    expect(lastFlag([0.01, 0.01, 0.01, 0.01], dry)).toBe(1);
    expect(lastFlag([0.03, 0.03, 0.03, 0.03], dry)).toBe(3);
  });

  it.each([
    { name: 'no gauge', rain: [], flag: 2 },
    { name: 'a silent gauge', rain: [[5]], flag: 2 },
    { name: 'a dry gauge', rain: [[0, 0, 0, 0]], flag: 1 },
    { name: 'rain before the run alone', rain: [[9, 0, 0, 0]], flag: 1 },
    {
      name: 'one gauge with rain',
      rain: [
        [0, 0, 0, 0],
        [0, 3, 3, 0],
      ],
      flag: 3,
    },
  ])('where stillness counts in rain, $name gives flag $flag', ({ rain, flag }) => {
    const parameters = { tolerance: 0, suspectThresholdMs: 3 * MINUTE_MS, minRainMm: 5 };
    const around = { maxGapMs: 2 * MINUTE_MS, rain: rain.map(values => minuteSeries(values)) };
    expect(lastFlag([5, 5, 5, 5], parameters, around)).toBe(flag);
  });
});
