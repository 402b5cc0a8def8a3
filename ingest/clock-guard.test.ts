import { describe, expect, it } from 'vitest';

import { ClockGuard } from './clock-guard.ts';

function hear(guard: ClockGuard, stations: { present: number; future: number }, atMs: number): void {
  for (let n = 0; n < stations.future; n++) guard.observe(`future-${n}`, true, atMs);
  for (let n = 0; n < stations.present; n++) guard.observe(`present-${n}`, false, atMs);
}

describe('ClockGuard', () => {
  it('trusts our clock while nobody is in the future', () => {
    const guard = new ClockGuard();
    hear(guard, { present: 50, future: 0 }, 0);
    expect(guard.trust).toBe('trusted');
    expect(guard.poll(60_000)).toBe('none');
  });

  it.each([
    { name: 'one device of many is wrong itself', present: 19, future: 1, verdict: 'devices_wrong' },
    { name: 'a fifth of the stations accuse nobody yet', present: 8, future: 2, verdict: 'devices_wrong' },
    { name: 'more than a fifth accuse our clock', present: 7, future: 3, verdict: 'ours_wrong' },
    { name: 'all stations accuse our clock', present: 0, future: 10, verdict: 'ours_wrong' },
    { name: 'a lone station accuses nobody', present: 0, future: 1, verdict: 'devices_wrong' },
    { name: 'four stations are too few to accuse', present: 0, future: 4, verdict: 'devices_wrong' },
  ])('$name', ({ present, future, verdict }) => {
    const guard = new ClockGuard();
    hear(guard, { present, future }, 0);
    expect(guard.poll(4_999)).toBe('none');
    expect(guard.trust).toBe('watching');
    expect(guard.poll(5_000)).toBe(verdict);
    expect(guard.trust).toBe(verdict === 'ours_wrong' ? 'suspect' : 'trusted');
  });

  it('stays suspect in silence and is cleared only by enough stations', () => {
    const guard = new ClockGuard();
    hear(guard, { present: 0, future: 10 }, 0);
    guard.poll(5_000);
    expect(guard.poll(10_000)).toBe('none');
    hear(guard, { present: 3, future: 0 }, 11_000);
    expect(guard.poll(15_000)).toBe('none');
    expect(guard.trust).toBe('suspect');
    hear(guard, { present: 10, future: 1 }, 16_000);
    expect(guard.poll(20_000)).toBe('ours_right_again');
    expect(guard.trust).toBe('trusted');
  });

  it('clears a suspect clock also where stations speak seldom', () => {
    const guard = new ClockGuard();
    hear(guard, { present: 0, future: 10 }, 0);
    guard.poll(5_000);
    const verdicts: string[] = [];
    for (let n = 0; n < 5; n++) {
      guard.observe(`present-${n}`, false, 10_000 * n);
      verdicts.push(guard.poll(10_000 * (n + 1)));
    }
    expect(verdicts).toEqual(['none', 'none', 'none', 'none', 'ours_right_again']);
  });
});
