import { expect, it } from 'vitest';

import { readLine } from './reading-line.ts';

it.each([
  ['1790000000000,water_level,3.217', { p: 'water_level', t: 1_790_000_000_000, v: 3.217 }],
  [' 1790000000000 , pump_running.2 , 1 \r', { p: 'pump_running.2', t: 1_790_000_000_000, v: 1 }],
  ['1790000000000,water_level,', { p: 'water_level', t: 1_790_000_000_000, v: null }],
  ['1790000000000,water_level,-1.5e-3', { p: 'water_level', t: 1_790_000_000_000, v: -0.0015 }],
  ['', 'It has not three fields.'],
  ['1790000000000,water_level', 'It has not three fields.'],
  ['1790000000000,water_level,1,N', 'It has not three fields.'],
  ['2026-01-01,water_level,1', 'The time is not epoch milliseconds.'],
  ['1790000000000,waterlevel,1', 'The property is unknown.'],
  ['1790000000000,water_level,0x10', 'The value is no number.'],
  ['1790000000000,water_level,1e999', 'The value is no number.'],
  ['1790000000000,water_level,--', 'The value is no number.'],
])('reads "%s"', (line, expected) => {
  expect(readLine(line)).toEqual(expected);
});
