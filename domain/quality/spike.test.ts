import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { spike } from './spike.ts';

const PARAMETERS = { suspectThreshold: 1, failThreshold: 3 };

describe('spike', () => {
  it.each([
    { name: 'a value above both neighbours', values: [5, 7, 5], flag: 3 },
    { name: 'a value below both neighbours', values: [5, 3, 5], flag: 3 },
    { name: 'a high spike', values: [5, 9, 5], flag: 4 },
    { name: 'a height equal to the threshold', values: [5, 6, 5], flag: 1 },
    { name: 'a height equal to the fail threshold', values: [5, 8, 5], flag: 3 },
    { name: 'the start of a flood', values: [5, 5, 50], flag: 1 },
    { name: 'the middle of a steep rise', values: [5, 30, 55], flag: 1 },
    { name: 'a peak that falls slowly', values: [5, 30, 29.5], flag: 1 },
    { name: 'a good value beside a spike', values: [5, 4.9, 60], flag: 1 },
    { name: 'a spike beside a value beyond the sensor', values: [5, 7, 999, 5], flag: 3 },
    { name: 'a spike beside a missing value', values: [5, 7, null, 5], flag: 3 },
    { name: 'the newest value', values: [5, 50], flag: 2 },
    { name: 'a neighbour beyond the gap', values: [5, 7, undefined, undefined, 5], flag: 2 },
  ])('$name has flag $flag', ({ values, flag }) => {
    expect(spike(minuteSeries(values), 1, PARAMETERS, 2 * MINUTE_MS).flag).toBe(flag);
  });

  it('does not judge the first value', () => {
    expect(spike(minuteSeries([50, 5]), 0, PARAMETERS, MINUTE_MS).flag).toBe(2);
  });

  it('names its height and the threshold', () => {
    expect(spike(minuteSeries([5, 7, 5.5]), 1, PARAMETERS, MINUTE_MS).detail).toEqual({
      height: 1.5,
      suspectThreshold: 1,
    });
  });
});
