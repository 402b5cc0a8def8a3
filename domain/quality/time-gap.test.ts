import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { rollUp } from './quality-finding.ts';
import { qualifySeries } from './qualify-series.ts';
import { timeGap } from './time-gap.ts';
import { epochMs } from '../time/instant.ts';
import { seriesPoint } from '../../test/harness/quality-window.ts';

const PARAMETERS = { suspectThresholdMs: 2 * MINUTE_MS };

describe('timeGap', () => {
  it.each([
    { name: 'a reading in time', values: [5, undefined, 5], flag: 1 },
    { name: 'a reading too late', values: [5, undefined, undefined, 5], flag: 9 },
    { name: 'a reading after one with a missing value', values: [5, undefined, null, 5], flag: 1 },
    { name: 'the first reading', values: [5], flag: 9 },
  ])('$name has flag $flag', ({ values, flag }) => {
    const series = minuteSeries(values);
    expect(timeGap(series, series.size - 1, PARAMETERS).flag).toBe(flag);
  });

  it('says nothing of the value that ends the gap', () => {
    const [judged] = qualifySeries(
      [seriesPoint(0, 5)],
      { maxGapMs: 1, suspectAtMost: false, grossRange: { failSpan: [0, 9] }, timeGap: PARAMETERS },
      { from: epochMs(0), to: epochMs(0) },
    );
    expect(judged?.quality).toBe(1);
    expect(judged && rollUp(judged.flags)).toBe(1);
    expect(judged?.findings.map(({ test, flag }) => [test, flag])).toEqual([['time_gap', 9]]);
  });
});
