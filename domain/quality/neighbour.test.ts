import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { neighbour } from './neighbour.ts';

const PARAMETERS = { overMs: 2 * MINUTE_MS, maxAgeMs: MINUTE_MS, suspectThreshold: 1, minNeighbours: 2 };

const rising = (from: number): number[] => [from, from + 1, from + 2];
const still = (at: number): number[] => [at, at, at];

describe('neighbour', () => {
  it.each<{ name: string; own: (number | undefined)[]; others: number[][]; flag: number }>([
    { name: 'a change like those around', own: rising(5), others: [rising(1), rising(30)], flag: 1 },
    { name: 'a change that no neighbour has', own: rising(5), others: [still(1), [30, 30, 30.9]], flag: 3 },
    { name: 'no change while all around change', own: still(5), others: [rising(1), rising(30)], flag: 3 },
    {
      name: 'one wrong neighbour of three',
      own: rising(5),
      others: [rising(1), rising(3), [9, 9, 1]],
      flag: 1,
    },
    { name: 'too few neighbours', own: rising(5), others: [still(1)], flag: 2 },
    { name: 'a neighbour that has gone silent', own: rising(5), others: [still(1), [1]], flag: 2 },
    { name: 'a neighbour beyond its sensor', own: rising(5), others: [still(1), [1, 999, 999]], flag: 2 },
    { name: 'a neighbour that still holds its value', own: rising(5), others: [still(1), [1, 1]], flag: 3 },
    {
      name: 'no reading of its own to compare with',
      own: [undefined, undefined, 7],
      others: [still(1), still(1)],
      flag: 2,
    },
  ])('$name has flag $flag', ({ own, others, flag }) => {
    const series = minuteSeries(own);
    const around = others.map(values => minuteSeries(values));
    expect(neighbour(series, series.size - 1, PARAMETERS, around).flag).toBe(flag);
  });
});
