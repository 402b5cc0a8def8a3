import { describe, expect, it } from 'vitest';

import { COUNTED_ITEMS } from './gb3838.ts';
import { improvementPercent, indexSum, singleIndex, sumImprovement } from './indices.ts';
import type { SectionValues } from './section-assessment.ts';
import { shenzhenIndex } from './shenzhen-index.ts';

/** Every item at its class III limit in a river, pH at its upper edge: 21 indices of 1. */
const AT_CLASS_III: SectionValues = {
  ph: 9,
  dissolved_oxygen: 5,
  permanganate_index: 6,
  chemical_oxygen_demand: 20,
  biochemical_oxygen_demand: 4,
  ammonia_nitrogen: 1,
  total_phosphorus: 0.2,
  copper: 1,
  zinc: 1,
  fluoride: 1,
  selenium: 0.01,
  arsenic: 0.05,
  mercury: 0.0001,
  cadmium: 0.005,
  hexavalent_chromium: 0.05,
  lead: 0.05,
  cyanide: 0.2,
  volatile_phenol: 0.005,
  petroleum: 0.05,
  anionic_surfactant: 0.2,
  sulfide: 0.2,
};

describe('singleIndex', () => {
  it.each([
    { property: 'ph', value: 7, index: 0 },
    { property: 'ph', value: 6, index: 1 },
    { property: 'ph', value: 9, index: 1 },
    { property: 'ph', value: 8, index: 0.5 },
    { property: 'ph', value: 5, index: 2 },
    { property: 'dissolved_oxygen', value: 5, index: 1 },
    { property: 'dissolved_oxygen', value: 10, index: 0.5 },
    { property: 'ammonia_nitrogen', value: 2.5, index: 2.5 },
    { property: 'total_phosphorus', value: 0.1, index: 0.5 },
  ])('is $index for $property = $value', ({ property, value, index }) => {
    expect(singleIndex(property, value, 'river')).toEqual({ property, index, isClamped: false });
  });

  it('uses the phosphorus limit of lakes for lakes', () => {
    expect(singleIndex('total_phosphorus', 0.1, 'lake')).toMatchObject({ index: 2 });
  });

  it('stays finite without oxygen, and says that it was clamped', () => {
    expect(singleIndex('dissolved_oxygen', 0, 'river')).toMatchObject({ index: 25, isClamped: true });
    expect(singleIndex('dissolved_oxygen', 0.2, 'river')).toMatchObject({ index: 25, isClamped: false });
  });

  it.each([
    ['ammonia_nitrogen', null, 'missing'],
    ['ammonia_nitrogen', -1, 'impossible'],
    ['dissolved_oxygen', Number.NaN, 'not_finite'],
    ['total_nitrogen', 1, 'not_counted'],
    ['water_temperature', 20, 'not_counted'],
    ['turbidity', 20, 'not_counted'],
  ])('gives %s = %j no index: %s', (property, value, reason) => {
    expect(singleIndex(property, value, 'lake')).toBe(reason);
  });
});

describe('indexSum', () => {
  it('is CWQI over all 21 items only', () => {
    expect(Object.keys(AT_CLASS_III)).toHaveLength(21);
    const whole = indexSum(AT_CLASS_III, 'river');
    expect(whole).toMatchObject({ kind: 'cwqi', nameEn: 'CWQI', left: [] });
    expect(whole.items).toHaveLength(COUNTED_ITEMS.length);
    expect(whole.sum).toBeCloseTo(21, 9);
  });

  it('goes by another name, with its number of items, as soon as one is left out', () => {
    const online = indexSum({ ...AT_CLASS_III, sulfide: null, total_nitrogen: 9.9 }, 'river');
    expect(online).toMatchObject({
      kind: 'online_sum',
      nameZh: '在线单项指数和（20项）',
      nameEn: 'online single-index sum (20 items)',
      left: [{ property: 'sulfide', reason: 'missing' }],
      source: 'proposal',
    });
    expect(online.sum).toBeCloseTo(20, 9);
  });

  it('has no sum of nothing', () => {
    expect(indexSum({ turbidity: 3 }, 'river')).toMatchObject({ sum: undefined, items: [] });
  });
});

describe('improvement', () => {
  it('is positive where the index fell: 19.802 to 6.214 prints 68.6 %', () => {
    expect(improvementPercent(19.802, 6.214)?.toFixed(1)).toBe('68.6');
    expect(improvementPercent(4, 5)).toBe(-25);
  });

  it('has no percentage of a base that is not positive', () => {
    expect(improvementPercent(0, 5)).toBeUndefined();
    expect(improvementPercent(Number.NaN, 5)).toBeUndefined();
  });

  it('does not take an item that is no longer measured for an improvement', () => {
    const base = indexSum({ ammonia_nitrogen: 2, total_phosphorus: 0.4 }, 'river');
    expect(sumImprovement(base, indexSum({ ammonia_nitrogen: 1, total_phosphorus: 0.2 }, 'river'))).toBe(50);
    expect(sumImprovement(base, indexSum({ ammonia_nitrogen: 2 }, 'river'))).toBeUndefined();
    expect(sumImprovement(indexSum({}, 'river'), indexSum({}, 'river'))).toBeUndefined();
  });
});

describe('shenzhenIndex', () => {
  it('holds ammonia nitrogen, phosphorus and COD against class III', () => {
    const index = shenzhenIndex({
      ammonia_nitrogen: 2,
      total_phosphorus: 0.3,
      chemical_oxygen_demand: 50,
      ph: 4,
    });
    expect(index).toMatchObject({ kind: 'index', source: 'memory' });
    if (index.kind !== 'index') throw new Error('The index is there.');
    expect(index.ratios.ammonia_nitrogen).toBe(2);
    expect(index.ratios.total_phosphorus).toBeCloseTo(1.5, 9);
    expect(index.ratios.chemical_oxygen_demand).toBe(2.5);
    expect(index.sum).toBeCloseTo(6, 9);
    expect(index.mean).toBeCloseTo(2, 9);
  });

  it('is incomplete without one of the three', () => {
    expect(shenzhenIndex({ ammonia_nitrogen: 2, total_phosphorus: null })).toEqual({
      kind: 'incomplete',
      missing: ['total_phosphorus', 'chemical_oxygen_demand'],
    });
  });
});
