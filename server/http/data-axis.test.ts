import { describe, expect, it } from 'vitest';
import { QUALITY } from '../../domain/model/observation.ts';
import type { QualityFlag } from '../../domain/model/observation.ts';
import { epochMs } from '../../domain/time/instant.ts';
import { dataState, worstDataState } from './data-axis.ts';

const now = epochMs(10_000);

describe('dataState', () => {
  it('is blind without any reading', () => {
    expect(dataState(undefined, 1000, now)).toBe('blind');
  });

  it.each([
    [3000, 'good'],
    [3001, 'blind'],
    [-500, 'good'],
  ])('at an age of %i ms and an interval of 1000 ms is %s', (ageMs, state) => {
    expect(dataState({ t: epochMs(now - ageMs), quality: QUALITY.good }, 1000, now)).toBe(state);
  });

  it.each<[QualityFlag, string]>([
    [QUALITY.good, 'good'],
    [QUALITY.unknown, 'suspect'],
    [QUALITY.suspect, 'suspect'],
    [QUALITY.fail, 'blind'],
    [QUALITY.missing, 'blind'],
  ])('with a fresh reading of flag %i is %s', (quality, state) => {
    expect(dataState({ t: now, quality }, 1000, now)).toBe(state);
  });
});

describe('worstDataState', () => {
  it('is blind for a station without a point', () => {
    expect(worstDataState([])).toBe('blind');
  });
  it('takes the worst point', () => {
    expect(worstDataState(['good', 'suspect', 'good'])).toBe('suspect');
    expect(worstDataState(['suspect', 'blind', 'good'])).toBe('blind');
    expect(worstDataState(['good'])).toBe('good');
  });
});
