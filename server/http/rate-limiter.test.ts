import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/harness/http-probe.ts';
import { RateLimiter } from './rate-limiter.ts';

function limiter(options: { burst?: number; concurrent?: number; maxClients?: number } = {}) {
  const clock = new ManualClock();
  return {
    clock,
    limiter: new RateLimiter({
      clock,
      requestsPerSecond: 10,
      burst: options.burst ?? 3,
      concurrentPerClient: options.concurrent ?? 100,
      maxClients: options.maxClients ?? 100,
    }),
  };
}

describe('RateLimiter', () => {
  it('lets a burst through, then one request for each tenth of a second', () => {
    const { clock, limiter: limits } = limiter();
    expect([1, 2, 3].map(() => limits.acquire('a'))).toEqual([0, 0, 0]);
    expect(limits.acquire('a')).toBe(100);
    clock.advance(99);
    expect(limits.acquire('a')).toBeGreaterThan(0);
    clock.advance(1);
    expect(limits.acquire('a')).toBe(0);
    expect(limits.acquire('a')).toBe(100);
  });

  it('saves up no more than the burst', () => {
    const { clock, limiter: limits } = limiter();
    limits.acquire('a');
    clock.advance(3_600_000);
    expect([1, 2, 3, 4].map(() => limits.acquire('a') === 0)).toEqual([true, true, true, false]);
  });

  it('keeps clients apart', () => {
    const { limiter: limits } = limiter({ burst: 1 });
    expect(limits.acquire('a')).toBe(0);
    expect(limits.acquire('a')).toBeGreaterThan(0);
    expect(limits.acquire('b')).toBe(0);
  });

  it('refuses more unanswered requests than allowed, and charges nothing for the refusal', () => {
    const { limiter: limits } = limiter({ burst: 3, concurrent: 2 });
    expect([limits.acquire('a'), limits.acquire('a')]).toEqual([0, 0]);
    expect(limits.acquire('a')).toBe(1000);
    limits.release('a');
    expect(limits.acquire('a')).toBe(0);
  });

  it('gives a token back, but never more than the burst', () => {
    const { limiter: limits } = limiter({ burst: 2 });
    limits.refund('nobody');
    expect([1, 2, 3].map(() => limits.acquire('a') === 0)).toEqual([true, true, false]);
    limits.refund('a');
    expect([1, 2].map(() => limits.acquire('a') === 0)).toEqual([true, false]);
    for (let n = 0; n < 5; n += 1) limits.refund('a');
    expect([1, 2, 3].map(() => limits.acquire('a') === 0)).toEqual([true, true, false]);
  });

  it('forgets the client unused for longest when there are too many', () => {
    const { limiter: limits } = limiter({ burst: 1, maxClients: 2 });
    limits.acquire('a');
    limits.acquire('b');
    limits.acquire('a');
    limits.acquire('c');
    expect(limits.clients).toBe(2);
    expect(limits.acquire('a')).toBeGreaterThan(0);
  });
});
