import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { QuarantineQuota } from './quarantine-quota.ts';

const at = (minute: number) => epochMs(minute * 60_000);

describe('QuarantineQuota', () => {
  it('admits so many an hour of receivedTime and starts anew with the next hour', () => {
    const quota = new QuarantineQuota(2);
    const admitted = [0, 1, 2, 59, 60].map(minute => quota.admit('a', 'message', at(minute)));
    expect(admitted).toEqual([true, true, false, false, true]);
    expect(quota.admit('b', 'message', at(0))).toBe(true);
  });

  it('admits nothing where the quota is 0', () => {
    expect(new QuarantineQuota(0).admit('a', 'reading', at(0))).toBe(false);
  });

  it('does not begin an hour anew when the lanes come to it in turns', () => {
    const quota = new QuarantineQuota(2);
    const admitted = [0, 60, 0, 60, 0, 60].map(minute => quota.admit('a', 'reading', at(minute)));
    expect(admitted).toEqual([true, true, true, true, false, false]);
  });

  it('counts messages and readings apart', () => {
    const quota = new QuarantineQuota(1);
    expect(quota.admit('a', 'message', at(0))).toBe(true);
    expect(quota.admit('a', 'reading', at(0))).toBe(true);
    expect(quota.admit('a', 'message', at(0))).toBe(false);
  });

  it('forgets hours long past, and only those', () => {
    const quota = new QuarantineQuota(1);
    for (let hour = 0; hour < 73; hour++) quota.admit('a', 'reading', at(hour * 60));
    expect(quota.admit('a', 'reading', at(60))).toBe(false);
    expect(quota.admit('a', 'reading', at(0))).toBe(true);
  });
});
