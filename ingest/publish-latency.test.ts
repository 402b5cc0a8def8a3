import { describe, expect, it } from 'vitest';

import { PublishLatency } from './publish-latency.ts';

function summaryOf(...delays: number[]) {
  const latency = new PublishLatency();
  for (const delay of delays) latency.record(delay);
  return latency.summary();
}

describe('PublishLatency', () => {
  it('says nothing before the first reading', () => {
    expect(summaryOf()).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
  });

  it('gives quantiles in whole milliseconds', () => {
    const delays = Array.from({ length: 1_000 }, (_, n) => (n % 100) + 1);
    expect(summaryOf(...delays)).toEqual({ count: 1_000, p50: 50, p99: 99, max: 100 });
    expect(summaryOf(3)).toEqual({ count: 1, p50: 3, p99: 3, max: 3 });
  });

  it('takes a clock that was set back for no delay, and a day for a minute', () => {
    expect(summaryOf(-5_000, 0.4, 86_400_000)).toEqual({ count: 3, p50: 0, p99: 60_000, max: 60_000 });
  });
});
