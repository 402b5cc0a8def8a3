import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { counterReset, rainIntensity, rainNeighbour } from './rain-checks.ts';
import type { RainKind } from './rain-amount.ts';

const LIMITS = {
  limits: [
    { overMs: MINUTE_MS, suspectThreshold: 30 },
    { overMs: 3 * MINUTE_MS, suspectThreshold: 60 },
  ],
};
const TOTALS = { kind: 'period_total', maxGapMs: 2 * MINUTE_MS } as const;

describe('rainIntensity', () => {
  it.each<{ name: string; values: (number | undefined)[]; kind: RainKind; flag: number }>([
    { name: 'heavy rain', values: [20, 20, 20], kind: 'period_total', flag: 1 },
    { name: 'more than ever in one period', values: [0, 0, 30.1], kind: 'period_total', flag: 3 },
    { name: 'more than ever over several', values: [25, 25, 25], kind: 'period_total', flag: 3 },
    { name: 'rain that lies too far back', values: [25, 0, 25, 25, 0, 1], kind: 'period_total', flag: 1 },
    { name: 'no rain after too much of it', values: [25, 25, 25, 0], kind: 'period_total', flag: 1 },
    { name: 'a counter that jumps', values: [10, 11, 50], kind: 'counter', flag: 3 },
    { name: 'a counter that is high but steady', values: [95, 96, 97], kind: 'counter', flag: 1 },
    { name: 'a counter that starts again', values: [95, 96, 2], kind: 'counter', flag: 1 },
    { name: 'a counter after a gap', values: [5, undefined, undefined, 90], kind: 'counter', flag: 1 },
  ])('$name has flag $flag', ({ values, kind, flag }) => {
    const series = minuteSeries(values);
    expect(rainIntensity(series, series.size - 1, LIMITS, { ...TOTALS, kind }).flag).toBe(flag);
  });
});

describe('rainNeighbour', () => {
  const steady = (mm: number): number[] => [mm, mm, mm];
  const parameters = { overMs: 3 * MINUTE_MS, wetMm: 10, ratio: 5, minNeighbours: 2 };
  it.each<{ name: string; own: number[]; others: number[][]; flag: number; reason?: string }>([
    { name: 'rain like that around', own: steady(5), others: [steady(4), steady(9)], flag: 1 },
    {
      name: 'zero while all around it rains',
      own: steady(0),
      others: [steady(4), steady(9)],
      flag: 3,
      reason: 'blocked',
    },
    { name: 'zero while it rains at one', own: steady(0), others: [steady(0), steady(9)], flag: 1 },
    { name: 'zero in drizzle', own: steady(0), others: [steady(3), steady(2)], flag: 1 },
    { name: 'zero while one has drizzle', own: steady(0), others: [steady(3), steady(9)], flag: 1 },
    { name: 'a part of the least around', own: steady(1), others: [steady(4), steady(9)], flag: 1 },
    {
      name: 'rain where it rains nowhere else',
      own: steady(4),
      others: [steady(0), steady(0)],
      flag: 3,
      reason: 'isolated',
    },
    { name: 'a single tip on a dry day', own: [0, 0.1, 0], others: [steady(0), steady(0)], flag: 1 },
    {
      name: 'a neighbour without readings',
      own: steady(0),
      others: [steady(9), []],
      flag: 2,
      reason: 'nothing_to_compare',
    },
    { name: 'one neighbour', own: steady(0), others: [steady(9)], flag: 2, reason: 'nothing_to_compare' },
  ])('$name has flag $flag', ({ own, others, reason, flag }) => {
    const series = minuteSeries(own);
    const neighbours = others.map(values => minuteSeries(values));
    const verdict = rainNeighbour(series, series.size - 1, parameters, { ...TOTALS, neighbours });
    expect(verdict.flag).toBe(flag);
    expect(verdict.detail?.['reason']).toBe(reason);
  });
});

describe('counterReset', () => {
  it.each([
    { name: 'a counter that grows', values: [5, 6], flag: 1 },
    { name: 'a counter that stands', values: [5, 5], flag: 1 },
    { name: 'a counter set back', values: [95, 0.2], flag: 1 },
    { name: 'a counter that goes back anywhere else', values: [95, 40], flag: 3 },
    { name: 'a counter behind a gap', values: [95, undefined, undefined, undefined, 40], flag: 2 },
  ])('$name has flag $flag', ({ values, flag }) => {
    const series = minuteSeries(values);
    expect(counterReset(series, series.size - 1, { resetMaxMm: 1 }, 2 * MINUTE_MS).flag).toBe(flag);
  });
});
