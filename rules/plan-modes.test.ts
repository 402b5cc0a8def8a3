import { describe, expect, it } from 'vitest';

import { epochMs } from '../domain/time/instant.ts';
import { ladderPlan, minute } from '../test/harness/rule-samples.ts';
import { planInMode, withModes } from './plan-modes.ts';
import { NO_SIGNALS, SIGNAL_STANDS_MS } from './signals-in-force.ts';
import type { SeenSignals } from './signals-in-force.ts';

const CALM = ladderPlan([10]);
const STORM = ladderPlan([5], { holdMin: 30 });
const WINTER = ladderPlan([8]);

describe('a season', () => {
  const plan = withModes(CALM, [{ when: { season: { from: '11-16', to: '02-29' } }, plan: WINTER }], ['*']);
  const inForce = (text: string) => planInMode(plan, epochMs(Date.parse(text)), NO_SIGNALS);

  it.each([
    ['2026-11-15T23:59:59.999+08:00', plan],
    ['2026-11-16T00:00:00+08:00', WINTER],
    ['2026-12-31T23:59:59.999+08:00', WINTER],
    ['2027-01-01T00:00:00+08:00', WINTER],
    ['2027-02-28T12:00:00+08:00', WINTER],
    ['2028-02-29T23:59:59.999+08:00', WINTER],
    ['2028-03-01T00:00:00+08:00', plan],
  ])('runs over the new year by the days of the district: %s', (text, expected) => {
    expect(inForce(text)).toBe(expected);
  });

  it('asks for no signals', () => {
    expect(plan.zones).toEqual([]);
  });
});

describe('a storm', () => {
  const plan = withModes(CALM, [{ when: { signal: 'orange' }, plan: STORM }], ['B', '*']);
  const inForce = (seen: SeenSignals, at = minute(0)) => planInMode(plan, at, seen);

  it('is a signal of at least the severity in one of the zones', () => {
    const of = (severity: 'yellow' | 'orange' | 'red' | null) => ({ t: minute(0), severity });
    expect(inForce(NO_SIGNALS)).toBe(plan);
    expect(inForce({ B: of('yellow'), C: of('red') })).toBe(plan);
    expect(inForce({ B: of('orange') })).toBe(STORM);
    expect(inForce({ B: of(null), '*': of('red') })).toBe(STORM);
    expect(inForce({ '*': of(null), B: of('red') })).toBe(STORM);
  });

  it('is over a day after the last signal', () => {
    const seen: SeenSignals = { B: { t: minute(0), severity: 'red' } };
    expect(inForce(seen, epochMs(minute(0) + SIGNAL_STANDS_MS))).toBe(STORM);
    expect(inForce(seen, epochMs(minute(0) + SIGNAL_STANDS_MS + 1))).toBe(plan);
  });

  it('judges as far back and after as short a silence as any mode does', () => {
    expect(plan.reachMs).toBe(STORM.reachMs);
    expect(plan.reachMs).toBeGreaterThan(CALM.reachMs);
  });
});

it('takes the first mode that holds, and one of season and signal only where both do', () => {
  const season = { from: '06-01', to: '06-30' };
  const plan = withModes(
    CALM,
    [
      { when: { season, signal: 'red' }, plan: STORM },
      { when: { season }, plan: WINTER },
    ],
    ['*'],
  );
  const seen: SeenSignals = { '*': { t: minute(-60), severity: 'red' } };
  // minute(0) is the first of June.
  expect(planInMode(plan, minute(0), seen)).toBe(STORM);
  expect(planInMode(plan, minute(0), NO_SIGNALS)).toBe(WINTER);
  expect(planInMode(plan, minute(-1), seen)).toBe(plan);
});

it('refuses a mode that measures something else', () => {
  const other = { ...STORM, measureKey: 'other' };
  expect(() => withModes(CALM, [{ when: { signal: 'red' }, plan: other }], ['*'])).toThrow(
    'measures something else',
  );
});
