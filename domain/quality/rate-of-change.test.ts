import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { rateOfChange } from './rate-of-change.ts';

const PARAMETERS = { suspectThreshold: 2, perMs: 5 * MINUTE_MS };

describe('rateOfChange', () => {
  it.each([
    { name: 'a step over the threshold', values: [5, 7.1], flag: 3 },
    { name: 'a fall over the threshold', values: [7.1, 5], flag: 3 },
    { name: 'a step equal to the threshold', values: [5, 7], flag: 1 },
    { name: 'a climb in small steps', values: [5, 5.5, 6, 6.5, 7, 7.5], flag: 3 },
    {
      name: 'the same climb over a longer time',
      values: [5, 5.3, 5.6, 5.9, 6.2, 6.5, 6.8, 7.1, 7.4],
      flag: 1,
    },
    { name: 'twice the threshold in three times the time', values: [0, ...Array<undefined>(14), 4], flag: 1 },
    {
      name: 'four times the threshold in three times the time',
      values: [0, ...Array<undefined>(14), 8],
      flag: 3,
    },
    { name: 'a change since a value beyond the sensor', values: [5, 999, 5], flag: 1 },
    { name: 'the first value', values: [5], flag: 2 },
    { name: 'a value behind the gap', values: [5, ...Array<undefined>(20), 50], flag: 2 },
  ])('$name has flag $flag', ({ values, flag }) => {
    const series = minuteSeries(values);
    expect(rateOfChange(series, series.size - 1, PARAMETERS, 20 * MINUTE_MS).flag).toBe(flag);
  });
});
