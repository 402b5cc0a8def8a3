import { expect, it } from 'vitest';

import { resolveParameters } from '../domain/quality/resolve-parameters.ts';
import { MINUTE_MS } from '../domain/time/instant.ts';
import { fittingTests } from './fitting-tests.ts';

function testsOf(property: string, intervalMs: number): readonly string[] {
  const { parameters } = resolveParameters({ property, intervalMs });
  const { flatLine, rainIntensity, rainNeighbour } = fittingTests(parameters, intervalMs, 2_000);
  return [
    ...(flatLine === undefined ? [] : ['flat line']),
    ...(rainIntensity?.limits ?? []).map(({ overMs }) => `rain ${overMs / MINUTE_MS}`),
    ...(rainNeighbour === undefined ? [] : ['neighbours']),
  ];
}

it('runs every test at one reading a minute, and at one a second those that need minutes', () => {
  expect(testsOf('water_level', MINUTE_MS)).toEqual(['flat line']);
  expect(testsOf('rainfall', MINUTE_MS)).toEqual(['rain 5', 'rain 60', 'rain 1440', 'neighbours']);
  expect(testsOf('water_level', 1_000)).toEqual([]);
  expect(testsOf('rainfall', 1_000)).toEqual(['rain 5']);
});
