import { describe, expect, it } from 'vitest';

import { minuteSeries } from '../../test/harness/quality-window.ts';
import { MINUTE_MS } from '../time/instant.ts';
import { neighbour } from './neighbour.ts';

const PARAMETERS = { overMs: 2 * MINUTE_MS, maxAgeMs: MINUTE_MS, suspectThreshold: 1, minNeighbours: 2 };

describe('neighbour', () => {
  it.each([
    {
      name: 'a change like those around',
      own: [5, 6, 7],
      others: [
        [1, 2, 3],
        [30, 31, 32],
      ],
      flag: 1,
    },
    {
      name: 'a change that no neighbour has',
      own: [5, 6, 7],
      others: [
        [1, 1, 1],
        [30, 30, 30.9],
      ],
      flag: 3,
    },
    {
      name: 'no change while all around change',
      own: [5, 5, 5],
      others: [
        [1, 2, 3],
        [30, 31, 32],
      ],
      flag: 3,
    },
    {
      name: 'one wrong neighbour of three',
      own: [5, 6, 7],
      others: [
        [1, 2, 3],
        [3, 4, 5],
        [9, 9, 1],
      ],
      flag: 1,
    },
    { name: 'too few neighbours', own: [5, 6, 7], others: [[1, 1, 1]], flag: 2 },
    { name: 'a neighbour that has gone silent', own: [5, 6, 7], others: [[1, 1, 1], [1]], flag: 2 },
    {
      name: 'a neighbour beyond its sensor',
      own: [5, 6, 7],
      others: [
        [1, 1, 1],
        [1, 999, 999],
      ],
      flag: 2,
    },
    {
      name: 'a neighbour that still holds its value',
      own: [5, 6, 7],
      others: [
        [1, 1, 1],
        [1, 1],
      ],
      flag: 3,
    },
    {
      name: 'no reading of its own to compare with',
      own: [undefined, undefined, 7],
      others: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      flag: 2,
    },
  ])('$name has flag $flag', ({ own, others, flag }) => {
    const series = minuteSeries(own);
    const around = others.map(values => minuteSeries(values));
    expect(neighbour(series, series.size - 1, PARAMETERS, around).flag).toBe(flag);
  });
});
