import { describe, expect, it } from 'vitest';

import { GB3838_ITEMS } from './gb3838.ts';
import { itemClass } from './item-class.ts';
import { toItemUnit } from './item-unit.ts';

describe('toItemUnit', () => {
  it('takes cadmium in ug/L for what it is: 0.5 ug/L is class I', () => {
    const cadmium = toItemUnit('cadmium', 0.5, 'ug/L');
    expect(cadmium).toEqual({ kind: 'converted', value: 0.0005 });
    expect(
      itemClass('cadmium', cadmium.kind === 'converted' ? cadmium.value : null, { waterBody: 'river' }),
    ).toMatchObject({
      class: 1,
    });
    // Without the conversion the cleanest river would be worse than class V.
    expect(itemClass('cadmium', 0.5, { waterBody: 'river' })).toMatchObject({ class: 6 });
  });

  it.each([
    ['mercury', 0.05, 0.00005],
    ['mercury', 0.1, 0.0001],
    ['arsenic', 0.9, 0.0009],
    ['cadmium', 4.1, 0.0041],
    ['lead', 50, 0.05],
    ['lead', 2.5e-7, 2.5e-10],
    ['lead', 1e21, 1e18],
  ])('moves the decimal point of %s = %d ug/L exactly', (property, value, converted) => {
    expect(toItemUnit(property, value, 'ug/L')).toEqual({ kind: 'converted', value: converted });
  });

  it('leaves values in the unit of the item alone', () => {
    for (const { property, unit } of GB3838_ITEMS) {
      expect(toItemUnit(property, 0.123_456_789, unit)).toEqual({ kind: 'converted', value: 0.123_456_789 });
    }
  });

  it.each([
    ['cadmium', 'µg/l', 'unknown_unit'],
    ['cadmium', '', 'unknown_unit'],
    ['cadmium', 'constructor', 'unknown_unit'],
    ['cadmium', '1/L', 'other_quantity'],
    ['ph', 'mg/L', 'other_quantity'],
    ['faecal_coliform', 'mg/L', 'other_quantity'],
    ['turbidity', 'NTU', 'no_limits'],
  ])('refuses %s in %j: %s', (property, unit, reason) => {
    expect(toItemUnit(property, 1, unit)).toEqual({ kind: 'refused', reason });
  });
});
